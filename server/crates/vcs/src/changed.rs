//! What commits changed, file by file, so that it can be changed back.

use std::path::Path;

use git2::{DiffDelta, DiffFile, DiffFindOptions, FileMode, Oid, Tree};

use crate::{Repository, VcsError};

/// Files larger than this are not undone or merged, in bytes.
const LARGEST_FILE: usize = 16 * 1024 * 1024;

/// One file that was changed. Where the paths differ it was renamed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangedFile {
    /// As it was; none where it is new.
    pub before: Option<FileState>,
    /// As it became; none where it is gone.
    pub after: Option<FileState>,
}

/// A file as a commit has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileState {
    /// Relative to the root, with `/`.
    pub path: String,
    /// Its text, as git keeps it.
    pub text: String,
    /// Whether it may be run.
    pub executable: bool,
}

/// What is different between two trees.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changed {
    /// The texts below the root.
    pub files: Vec<ChangedFile>,
    /// Files below the root that are no text, are links, or are larger than 16 MiB.
    pub odd: Vec<String>,
    /// Files outside of the root, relative to the work tree.
    pub outside: Vec<String>,
}

impl Repository {
    /// What a commit changed against its first parent.
    ///
    /// # Errors
    /// [`VcsError::Other`], also where there is no such commit.
    pub fn changed_by(&self, commit: &str) -> Result<Changed, VcsError> {
        let commit = self.git.find_commit(Oid::from_str(commit)?)?;
        let before = commit.parent(0).ok().map(|parent| parent.tree()).transpose()?;
        self.files_between(before.as_ref(), &commit.tree()?)
    }

    /// What commits changed, one after the other, as one difference in git's unified format. Commits
    /// that others made between them are left out.
    ///
    /// # Errors
    /// [`VcsError::Other`], also where there is no such commit.
    pub fn diff_of(&self, commits: &[String]) -> Result<String, VcsError> {
        let mut text = String::new();
        let mut at = 0;
        while at < commits.len() {
            // Commits in a row are one difference.
            let first = self.git.find_commit(Oid::from_str(&commits[at])?)?;
            let mut last = first.clone();
            while let Some(next) = commits.get(at + 1) {
                let next = self.git.find_commit(Oid::from_str(next)?)?;
                if next.parent_id(0).ok() != Some(last.id()) {
                    break;
                }
                (last, at) = (next, at + 1);
            }
            let before = first.parent(0).ok().map(|parent| parent.tree()).transpose()?;
            let mut diff =
                self.git.diff_tree_to_tree(before.as_ref(), Some(&last.tree()?), None)?;
            diff.find_similar(Some(DiffFindOptions::new().renames(true)))?;
            diff.print(git2::DiffFormat::Patch, |_, _, line| {
                if matches!(line.origin(), '+' | '-' | ' ') {
                    text.push(line.origin());
                }
                text.push_str(&String::from_utf8_lossy(line.content()));
                true
            })?;
            at += 1;
        }
        Ok(text)
    }

    /// A file's text in HEAD's commit; none where it is not there, or no text.
    ///
    /// # Errors
    /// [`VcsError::Other`].
    pub fn text_in_head(&self, path: &str) -> Result<Option<String>, VcsError> {
        let Some(commit) = self.read_head()?.commit else { return Ok(None) };
        let tree = self.git.find_commit(commit)?.tree()?;
        match tree.get_path(&self.prefix.join(path)) {
            Ok(entry) => self.text(entry.id()),
            Err(_) => Ok(None),
        }
    }

    pub(crate) fn files_between(
        &self,
        before: Option<&Tree<'_>>,
        after: &Tree<'_>,
    ) -> Result<Changed, VcsError> {
        let mut diff = self.git.diff_tree_to_tree(before, Some(after), None)?;
        diff.find_similar(Some(DiffFindOptions::new().renames(true)))?;
        let mut changed = Changed::default();
        for delta in diff.deltas() {
            self.sort_in(&delta, &mut changed)?;
        }
        Ok(changed)
    }

    fn sort_in(&self, delta: &DiffDelta<'_>, changed: &mut Changed) -> Result<(), VcsError> {
        let (old, new) = (delta.old_file(), delta.new_file());
        let there = [&old, &new].map(|file| if file.id().is_zero() { None } else { file.path() });
        let is_inside = |path: &&Path| path.starts_with(&self.prefix);
        if !there.iter().flatten().all(is_inside) {
            changed.outside.extend(there.iter().flatten().map(|path| shown(path)));
            return Ok(());
        }
        match (self.state(&old)?, self.state(&new)?) {
            (Some(before), Some(after)) => changed.files.push(ChangedFile { before, after }),
            _ => changed.odd.extend(there[1].or(there[0]).map(|path| self.below(path))),
        }
        Ok(())
    }

    /// The inner `None` where there is no file, the outer where it is none that is worked with.
    fn state(&self, file: &DiffFile<'_>) -> Result<Option<Option<FileState>>, VcsError> {
        if file.id().is_zero() {
            return Ok(Some(None));
        }
        if !matches!(file.mode(), FileMode::Blob | FileMode::BlobExecutable) {
            return Ok(None);
        }
        let (Some(path), Some(text)) = (file.path(), self.text(file.id())?) else {
            return Ok(None);
        };
        let executable = file.mode() == FileMode::BlobExecutable;
        Ok(Some(Some(FileState { path: self.below(path), text, executable })))
    }

    fn below(&self, path: &Path) -> String {
        shown(path.strip_prefix(&self.prefix).unwrap_or(path))
    }

    fn text(&self, id: Oid) -> Result<Option<String>, VcsError> {
        let Ok(blob) = self.git.find_blob(id) else { return Ok(None) };
        if blob.size() > LARGEST_FILE || blob.is_binary() {
            return Ok(None);
        }
        Ok(String::from_utf8(blob.content().to_vec()).ok())
    }
}

fn shown(path: &Path) -> String {
    path.to_string_lossy().replace('\\', "/")
}
