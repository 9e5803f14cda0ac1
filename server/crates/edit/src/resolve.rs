//! From blocks to checked edits of files.

mod tell;
mod work;

use crate::{Answer, Complaint, FileEdit, RelPath};

/// The files as they are now.
pub trait Files {
    /// The text of a file, `None` where there is none.
    ///
    /// # Errors
    /// Why it cannot be read, in words for the model.
    fn read(&self, path: &RelPath) -> Result<Option<String>, String>;

    /// The files whose last part is `name`, wherever they are.
    fn find_by_name(&self, name: &str) -> Vec<RelPath>;
}

/// The edits that `answer` means in `files`: one for each file that changes, all of its blocks or
/// none. Empty where every file already has the text that the answer gives it.
///
/// # Errors
/// A [`Complaint`] where a block cannot be applied, which keeps the edits of the other files.
pub fn resolve(answer: &Answer, files: &dyn Files) -> Result<Vec<FileEdit>, Complaint> {
    let mut work = work::Work::new(files);
    for block in &answer.blocks {
        work.take(block);
    }
    let (edits, problems) = work.finish();
    if !problems.is_empty() {
        return Err(Complaint::about(problems, edits));
    }
    Ok(edits)
}
