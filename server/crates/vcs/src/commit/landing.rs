//! A commit that was made in another work tree becomes HEAD's here, with what the user has staged kept.

use git2::Oid;

use super::{Change, Draft, FileChange, source_of};
use crate::{Changed, ChangedFile, End, Repository, VcsError, sign::WrittenCommit};

impl Repository {
    /// What is different in a commit from HEAD's.
    ///
    /// # Errors
    /// [`VcsError::Other`], also where there is no such commit.
    pub fn changed_up_to(&self, commit: &str) -> Result<Changed, VcsError> {
        let head = self.git.find_commit(self.head_commit()?)?;
        let commit = self.git.find_commit(Oid::from_str(commit)?)?;
        self.files_between(Some(&head.tree()?), &commit.tree()?)
    }

    /// Moves HEAD's branch on to the commit that a task comes to, and what is staged of the files that it changes with it. The
    /// files themselves are the caller's to change, before.
    ///
    /// # Errors
    /// [`VcsError::Moved`] where HEAD is not on `branch`, or somebody moves it; [`VcsError::Locked`],
    /// [`VcsError::InProgress`], [`VcsError::Path`]. What is staged, and the branch, are then as they were.
    pub fn land(&self, task: &str, branch: &str, commit: &str) -> Result<(), VcsError> {
        self.check_idle()?;
        let head = self.read_head()?;
        if head.branch() != branch {
            return Err(VcsError::Moved { branch: branch.to_owned() });
        }
        let (base, new) = (
            self.git.find_commit(self.head_commit()?)?,
            self.git.find_commit(Oid::from_str(commit)?)?,
        );
        let at_work = self.at_work()?;
        self.note_end(task, End::Accepted, new.id())?;
        let changed = self.files_between(Some(&base.tree()?), &new.tree()?)?;
        let mut files = Vec::new();
        for file in &changed.files {
            files.extend(self.as_changes(file)?);
        }
        let sources: Vec<_> = files.iter().map(|file| source_of(file, &files)).collect();
        for (file, source) in files.iter_mut().zip(sources) {
            file.source = source;
        }
        let draft = Draft {
            written: WrittenCommit { id: new.id(), unsigned: None },
            tree: new.tree_id(),
            base: base.tree_id(),
            head,
            subject: "a task's work is accepted".to_owned(),
            adopted: Vec::new(),
        };
        let staged = self.stage(&files, &draft, &at_work)?;
        match self.advance(&draft) {
            Ok(_) => Ok(()),
            Err(error) => {
                self.restore(staged, &at_work)?;
                Err(error)
            }
        }
    }

    /// A changed file as what is staged of it: a renamed one goes under its old name, and comes with that
    /// text under the new one.
    fn as_changes<'a>(&self, file: &'a ChangedFile) -> Result<Vec<FileChange<'a>>, VcsError> {
        let ChangedFile { before, after } = file;
        let text = |state: &'a Option<crate::FileState>| state.as_ref().map(|it| it.text.as_str());
        let change = |path: &str, before, after| {
            let change = Change { before, after };
            self.repo_path(path).map(|path| FileChange { path, change, source: None })
        };
        match (before, after) {
            (Some(old), Some(new)) if old.path != new.path => Ok(vec![
                change(&old.path, text(before), None)?,
                change(&new.path, text(before), text(after))?,
            ]),
            (_, Some(state)) | (Some(state), None) => {
                Ok(vec![change(&state.path, text(before), text(after))?])
            }
            (None, None) => Ok(Vec::new()),
        }
    }
}
