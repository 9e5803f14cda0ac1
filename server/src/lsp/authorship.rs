//! Which lines of which files the tasks of this session wrote, and what became of these lines since.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use devika_edit::{FileEdit, RelPath};
use devika_protocol::TaskId;
use similar::{Algorithm, DiffOp, capture_diff_slices_deadline};

/// How long the smallest difference is looked for; then a larger one has to do, which takes fewer
/// lines for Devika's.
const DIFF_TIME: Duration = Duration::from_millis(200);

/// Files that are remembered at the most; beyond, all are forgotten and it begins anew.
const MOST_FILES: usize = 500;

/// Who wrote a line, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Origin {
    /// The task.
    pub(super) task: TaskId,
    /// The step, counted from 1.
    pub(super) step: u32,
    /// What the user asked for.
    pub(super) prompt: String,
    /// `provider/model`.
    pub(super) model: String,
    /// What the step does.
    pub(super) what: String,
    /// The agent's thought.
    pub(super) why: String,
}

/// A line's writer.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Writer {
    /// The user, or nobody knows.
    Other,
    /// Devika, just now: the event that says for what is still to come.
    Unnamed,
    /// A task.
    Task(Arc<Origin>),
}

/// A file as it was after Devika's last change.
#[derive(Debug, Clone)]
struct Written {
    text: Arc<str>,
    /// One a line.
    writers: Vec<Writer>,
}

/// Which lines of which files the tasks of this session wrote.
#[derive(Debug, Default)]
pub(super) struct Authorships(Mutex<HashMap<(PathBuf, RelPath), Written>>);

impl Authorships {
    /// An edit was applied under a root.
    pub(super) fn applied(&self, root: &Path, edit: &FileEdit) {
        let at = |path: &RelPath| (root.to_path_buf(), path.clone());
        let old = match edit {
            FileEdit::Rename { from, .. } => self.lock().remove(&at(from)),
            _ => self.lock().remove(&at(edit.path())),
        };
        let Some(after) = edit.after() else { return };
        let before = edit.before().unwrap_or_default();
        let writers = match old {
            Some(old) => old.named_only().writers_in(before),
            None => vec![Writer::Other; lines(before).len()],
        };
        let writers = carried(before, &writers, after, &Writer::Unnamed);
        let mut all = self.lock();
        if all.len() >= MOST_FILES {
            all.clear();
        }
        drop(all.insert(at(edit.path()), Written { text: after.into(), writers }));
    }

    /// What was written last in a file was written for this.
    pub(super) fn name(&self, root: &Path, path: &RelPath, origin: &Arc<Origin>) {
        let mut all = self.lock();
        let Some(written) = all.get_mut(&(root.to_path_buf(), path.clone())) else { return };
        for writer in &mut written.writers {
            if *writer == Writer::Unnamed {
                *writer = Writer::Task(Arc::clone(origin));
            }
        }
    }

    /// Whether no task of this session wrote anything.
    pub(super) fn is_empty(&self) -> bool {
        self.lock().is_empty()
    }

    /// Who wrote a line (counted from 0) of a file that has this text now; none where the user did,
    /// or changed it since.
    pub(super) fn of_line(
        &self,
        root: &Path,
        path: &RelPath,
        text: &str,
        line: u32,
    ) -> Option<Arc<Origin>> {
        let written = self.lock().get(&(root.to_path_buf(), path.clone())).cloned()?;
        let writers = written.writers_in(text);
        match writers.into_iter().nth(usize::try_from(line).ok()?)? {
            Writer::Task(origin) => Some(origin),
            Writer::Other | Writer::Unnamed => None,
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<(PathBuf, RelPath), Written>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Written {
    /// Without the lines that no event has named: an undo wrote them, or a crash came between.
    fn named_only(mut self) -> Self {
        for writer in &mut self.writers {
            if *writer == Writer::Unnamed {
                *writer = Writer::Other;
            }
        }
        self
    }

    /// The writers of the lines of `text`, which others have made of this file.
    fn writers_in(&self, text: &str) -> Vec<Writer> {
        if text == &*self.text {
            return self.writers.clone();
        }
        carried(&self.text, &self.writers, text, &Writer::Other)
    }
}

/// The writers of the lines of `new`: those that `old` has already keep theirs.
fn carried(old: &str, writers: &[Writer], new: &str, of_new: &Writer) -> Vec<Writer> {
    let (old, new) = (lines(old), lines(new));
    let mut carried = vec![of_new.clone(); new.len()];
    let deadline = Some(Instant::now() + DIFF_TIME);
    for operation in capture_diff_slices_deadline(Algorithm::Myers, &old, &new, deadline) {
        if let DiffOp::Equal { old_index, new_index, len } = operation {
            let (from, to) = (old_index..old_index + len, new_index..new_index + len);
            if let Some(writers) = writers.get(from) {
                carried[to].clone_from_slice(writers);
            }
        }
    }
    carried
}

fn lines(text: &str) -> Vec<&str> {
    // Without its end: an editor adds the last one, and may change all of them.
    text.lines().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(task: i64) -> Arc<Origin> {
        Arc::new(Origin {
            task: TaskId(task),
            step: 1,
            prompt: String::new(),
            model: "a/b".to_owned(),
            what: String::new(),
            why: String::new(),
        })
    }

    fn path() -> RelPath {
        RelPath::new("a.py").unwrap()
    }

    fn write(all: &Authorships, task: i64, before: &str, after: &str) {
        let (before, after) = (before.to_owned(), after.to_owned());
        all.applied(Path::new("/p"), &FileEdit::Modify { path: path(), before, after });
        all.name(Path::new("/p"), &path(), &origin(task));
    }

    /// The task of each line of the text, 0 where it is the user's.
    fn tasks(all: &Authorships, text: &str) -> Vec<i64> {
        let of_line = |line| all.of_line(Path::new("/p"), &path(), text, line);
        let count = u32::try_from(text.lines().count()).unwrap();
        (0..count).map(|line| of_line(line).map_or(0, |origin| origin.task.0)).collect()
    }

    #[test]
    fn a_line_is_its_writers_until_the_user_changes_it() {
        let all = Authorships::default();
        write(&all, 7, "one\ntwo\n", "one\nTWO\nthree\n");
        assert_eq!(tasks(&all, "one\nTWO\nthree\n"), [0, 7, 7]);
        assert_eq!(tasks(&all, "new\none\nTWO\nthree, by me\n"), [0, 0, 7, 0]);
        assert_eq!(tasks(&all, "one\r\nTWO\r\nthree"), [0, 7, 7], "line ends are the editor's");
    }

    #[test]
    fn a_later_task_takes_only_the_lines_that_it_writes() {
        let all = Authorships::default();
        write(&all, 7, "", "one\ntwo\n");
        write(&all, 8, "mine\none\ntwo\n", "mine\none\n2\n");
        assert_eq!(tasks(&all, "mine\none\n2\n"), [0, 7, 8]);
    }

    #[test]
    fn what_an_undo_brings_back_is_nobodys() {
        let all = Authorships::default();
        write(&all, 7, "one\n", "1\n");
        let (before, after) = ("1\n".to_owned(), "one\n".to_owned());
        all.applied(Path::new("/p"), &FileEdit::Modify { path: path(), before, after });
        assert_eq!(tasks(&all, "one\n"), [0]);
        write(&all, 8, "one\n", "one\ntwo\n");
        assert_eq!(tasks(&all, "one\ntwo\n"), [0, 8], "and not the next task's either");
    }

    #[test]
    fn a_renamed_file_keeps_its_writers_and_a_deleted_one_has_none() {
        let all = Authorships::default();
        let root = Path::new("/p");
        write(&all, 7, "", "one\n");
        let to = RelPath::new("b.py").unwrap();
        let text = "one\n".to_owned();
        let rename =
            FileEdit::Rename { from: path(), to: to.clone(), before: text.clone(), after: text };
        all.applied(root, &rename);
        assert_eq!(tasks(&all, "one\n"), [0]);
        assert_eq!(all.of_line(root, &to, "one\n", 0).map(|origin| origin.task), Some(TaskId(7)));
        all.applied(root, &FileEdit::Delete { path: to, before: "one\n".to_owned() });
        assert!(all.is_empty());
    }
}
