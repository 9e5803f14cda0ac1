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

/// The edits that `answer` means in `files`: one for each file, all of a file's blocks or none.
///
/// # Errors
/// A [`Complaint`] where a block cannot be applied, which keeps the edits of the other files, or
/// where nothing would change.
pub fn resolve(answer: &Answer, files: &dyn Files) -> Result<Vec<FileEdit>, Complaint> {
    let mut work = work::Work::new(files);
    for block in &answer.blocks {
        work.take(block);
    }
    let (edits, problems) = work.finish();
    if !problems.is_empty() {
        return Err(Complaint::about(problems, edits));
    }
    if edits.is_empty() {
        return Err(Complaint::new(
            "Nothing would change: every file already has the text that you sent. If the step is \
             done, say so without a block; else send what shall be different.",
        ));
    }
    Ok(edits)
}
