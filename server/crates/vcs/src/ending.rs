//! How a task branch ends: its work goes to the branch that it began on, or is left.

use git2::{ErrorCode, MergeOptions, Oid, Tree};

use crate::{CommitFile, Repository, VcsError, message};

/// Files larger than this are not undone or merged, in bytes.
const LARGEST_FILE: usize = 16 * 1024 * 1024;

/// Where a task branch began.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The branch that HEAD was on.
    pub branch: String,
    /// The commit that it was at.
    pub commit: String,
}

/// How a task's commits come to the branch that it began on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Joining {
    /// All of them, under a merge commit where that branch has moved on.
    Merge,
    /// As one commit.
    Squash,
}

/// Whether a branch can be joined to the one that it began on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Merged {
    /// These changes of the files bring in what that branch has got meanwhile; none where it has not
    /// moved.
    Clean(Vec<CommitFile>),
    /// Both have changed the same lines of these files.
    Conflict(Vec<String>),
}

impl Repository {
    /// What a commit changed below the root, file by file, as git keeps the texts. Files that are no
    /// text, or larger than 16 MiB, are named in the second list.
    ///
    /// # Errors
    /// [`VcsError::Other`], also where there is no such commit.
    pub fn changed_by(&self, commit: &str) -> Result<(Vec<CommitFile>, Vec<String>), VcsError> {
        let commit = self.git.find_commit(Oid::from_str(commit)?)?;
        let before = commit.parent(0).ok().map(|parent| parent.tree()).transpose()?;
        self.files_between(before.as_ref(), &commit.tree()?)
    }

    /// Remembers where a task's branch begins, in references of its own, which no branch list shows.
    ///
    /// # Errors
    /// [`VcsError::Other`].
    pub fn remember_origin(&self, task: &str) -> Result<(), VcsError> {
        // A task that is taken up after a crash in the midst of this has its branch already.
        if self.reference(&from_of(task))?.is_some() {
            return Ok(());
        }
        let head = self.read_head()?;
        let (Some(commit), true) = (head.commit, head.reference.starts_with("refs/heads/")) else {
            return Ok(());
        };
        self.git.reference(&base_of(task), commit, true, "a task begins")?;
        self.git.reference_symbolic(&from_of(task), &head.reference, true, "a task begins")?;
        Ok(())
    }

    /// Where a task's branch began; none where that is not known, or the branch is gone.
    ///
    /// # Errors
    /// [`VcsError::Other`].
    pub fn origin(&self, task: &str) -> Result<Option<Origin>, VcsError> {
        let (Some(from), Some(base)) =
            (self.reference(&from_of(task))?, self.reference(&base_of(task))?)
        else {
            return Ok(None);
        };
        let branch = from.symbolic_target()?.unwrap_or_default();
        if self.reference(branch)?.is_none() {
            return Ok(None);
        }
        let branch = branch.strip_prefix("refs/heads/").unwrap_or(branch).to_owned();
        let commit = base.target().map(|id| id.to_string()).unwrap_or_default();
        Ok(Some(Origin { branch, commit }))
    }

    /// What has to change in the files for HEAD's branch to hold all that `origin`'s branch has got
    /// since the task began.
    ///
    /// # Errors
    /// [`VcsError::Other`].
    pub fn merged_with(&self, origin: &Origin) -> Result<Merged, VcsError> {
        let theirs = self.tip(&origin.branch)?;
        let ours = self.head_commit()?;
        if self.git.merge_base(ours, theirs).ok() == Some(theirs) {
            return Ok(Merged::Clean(Vec::new()));
        }
        let (ours, theirs) = (self.git.find_commit(ours)?, self.git.find_commit(theirs)?);
        let mut index = self.git.merge_commits(&ours, &theirs, Some(&MergeOptions::new()))?;
        if index.has_conflicts() {
            let path = |conflict: git2::IndexConflict| {
                let entry = conflict.our.or(conflict.their).or(conflict.ancestor);
                entry.map(|entry| String::from_utf8_lossy(&entry.path).into_owned())
            };
            let paths = index.conflicts()?.filter_map(Result::ok).filter_map(path);
            return Ok(Merged::Conflict(paths.collect()));
        }
        let tree = self.git.find_tree(index.write_tree_to(&self.git)?)?;
        let (files, odd) = self.files_between(Some(&ours.tree()?), &tree)?;
        Ok(if odd.is_empty() { Merged::Clean(files) } else { Merged::Conflict(odd) })
    }

    /// Puts the task's work onto the branch that it began on, and HEAD with it: HEAD's tree becomes
    /// that branch's tree. No file and nothing staged is touched. The new commit's id.
    ///
    /// HEAD's tree has to hold all that the branch has got meanwhile: see [`merged_with`](Self::merged_with).
    ///
    /// # Errors
    /// [`VcsError::InProgress`], [`VcsError::Moved`], [`VcsError::Other`].
    pub fn join(
        &self,
        origin: &Origin,
        joining: Joining,
        text: &str,
        trailers: &[(String, String)],
    ) -> Result<String, VcsError> {
        self.check_idle()?;
        let (ours, theirs) = (self.head_commit()?, self.tip(&origin.branch)?);
        let onto = self.git.find_commit(theirs)?;
        let work = self.git.find_commit(ours)?;
        let is_ahead = self.git.merge_base(ours, theirs).ok() == Some(theirs);
        let parents = match joining {
            Joining::Merge if is_ahead => Vec::new(),
            Joining::Merge => vec![&onto, &work],
            Joining::Squash => vec![&onto],
        };
        let id = if parents.is_empty() {
            ours
        } else {
            let author = self.signature()?;
            let text = message::compose(text, trailers);
            self.git.commit(None, &author, &author, &text, &work.tree()?, &parents)?
        };
        self.move_branch(&origin.branch, theirs, id)?;
        Ok(id.to_string())
    }

    /// Points HEAD back to the branch that a task began on, where its tree is HEAD's tree: nothing of
    /// the task is left in the files. Its commits stay under a reference of their own.
    ///
    /// # Errors
    /// [`VcsError::InProgress`], [`VcsError::Moved`] where the trees differ.
    pub fn leave(&self, task: &str, origin: &Origin) -> Result<(), VcsError> {
        self.check_idle()?;
        let (ours, theirs) = (self.head_commit()?, self.tip(&origin.branch)?);
        let tree = |id| self.git.find_commit(id).map(|commit| commit.tree_id());
        if tree(ours)? != tree(theirs)? {
            return Err(VcsError::Moved { branch: origin.branch.clone() });
        }
        self.git.reference(&format!("refs/devika/{task}/discarded"), ours, true, "discarded")?;
        self.move_branch(&origin.branch, theirs, theirs)
    }

    /// Moves a branch and HEAD to it, and removes the branch that HEAD was on.
    fn move_branch(&self, branch: &str, from: Oid, to: Oid) -> Result<(), VcsError> {
        let left = self.read_head()?.reference;
        let name = format!("refs/heads/{branch}");
        let moved = self.git.reference_matching(&name, to, true, from, "a task's work is accepted");
        moved.map_err(|_| VcsError::Moved { branch: branch.to_owned() })?;
        self.git.set_head(&name)?;
        if left != name && left.starts_with("refs/heads/") {
            self.git.find_reference(&left)?.delete()?;
        }
        Ok(())
    }

    fn head_commit(&self) -> Result<Oid, VcsError> {
        self.read_head()?.commit.ok_or_else(|| VcsError::Other("there is no commit yet".to_owned()))
    }

    fn tip(&self, branch: &str) -> Result<Oid, VcsError> {
        Ok(self.git.find_reference(&format!("refs/heads/{branch}"))?.peel_to_commit()?.id())
    }

    fn reference(&self, name: &str) -> Result<Option<git2::Reference<'_>>, VcsError> {
        match self.git.find_reference(name) {
            Ok(reference) => Ok(Some(reference)),
            Err(error) if error.code() == ErrorCode::NotFound => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    fn files_between(
        &self,
        before: Option<&Tree<'_>>,
        after: &Tree<'_>,
    ) -> Result<(Vec<CommitFile>, Vec<String>), VcsError> {
        let diff = self.git.diff_tree_to_tree(before, Some(after), None)?;
        let (mut files, mut odd) = (Vec::new(), Vec::new());
        for delta in diff.deltas() {
            let path = delta.new_file().path().or(delta.old_file().path()).unwrap_or("".as_ref());
            let Ok(below) = path.strip_prefix(&self.prefix) else { continue };
            let path = below.to_string_lossy().replace('\\', "/");
            match (self.text(delta.old_file().id())?, self.text(delta.new_file().id())?) {
                (Some(before), Some(after)) => files.push(CommitFile { path, before, after }),
                _ => odd.push(path),
            }
        }
        Ok((files, odd))
    }

    /// A blob's text: the inner `None` where there is no blob, the outer where it is no text that is
    /// worked with.
    fn text(&self, id: Oid) -> Result<Option<Option<String>>, VcsError> {
        if id.is_zero() {
            return Ok(Some(None));
        }
        let Ok(blob) = self.git.find_blob(id) else { return Ok(None) };
        if blob.size() > LARGEST_FILE || blob.is_binary() {
            return Ok(None);
        }
        Ok(String::from_utf8(blob.content().to_vec()).ok().map(Some))
    }
}

fn base_of(task: &str) -> String {
    format!("refs/devika/{task}/base")
}

fn from_of(task: &str) -> String {
    format!("refs/devika/{task}/from")
}
