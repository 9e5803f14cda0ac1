//! How a task branch ends: its work goes to the branch that it began on, or is left.

use std::collections::BTreeSet;

use git2::{ErrorCode, MergeOptions, Oid};

use crate::{ChangedFile, Repository, VcsError, message};

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
    /// Each of them anew, on top of what that branch has got.
    Rebase,
}

/// How a task's branch came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// Its work is on the branch that the task began on.
    Accepted,
    /// Its work was left.
    Discarded,
}

/// Whether a branch can be joined to the one that it began on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Merged {
    /// These changes of the files bring in what that branch has got meanwhile; none where it has not
    /// moved.
    Clean(Vec<ChangedFile>),
    /// Both have changed the same lines of these files.
    Conflict(Vec<String>),
    /// That branch has changed these files, which are no text, or outside of the root.
    OutOfReach(Vec<String>),
}

impl Repository {
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

    /// The full names of the branches that tasks began on, which the end of a task moves.
    pub(crate) fn branches_that_tasks_began_on(&self) -> BTreeSet<String> {
        let Ok(all) = self.git.references_glob(&from_of("*")) else { return BTreeSet::new() };
        let name = |from: git2::Reference<'_>| from.symbolic_target().ok()?.map(str::to_owned);
        all.filter_map(Result::ok).filter_map(name).collect()
    }

    /// What has to change in the files for HEAD's branch to hold all that `origin`'s branch has got
    /// since the task began.
    ///
    /// # Errors
    /// [`VcsError::Other`].
    pub fn merged_with(&self, origin: &Origin) -> Result<Merged, VcsError> {
        let (ours, theirs) = (self.head_commit()?, self.tip(&origin.branch)?);
        if self.holds(ours, theirs) {
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
        let changed = self.files_between(Some(&ours.tree()?), &tree)?;
        let beyond = [changed.odd, changed.outside].concat();
        Ok(if beyond.is_empty() {
            Merged::Clean(changed.files)
        } else {
            Merged::OutOfReach(beyond)
        })
    }

    /// Puts the task's work onto the branch that it began on, and HEAD with it: HEAD's tree becomes
    /// that branch's tree. No file and nothing staged is touched. The new commit's id.
    ///
    /// # Errors
    /// Those of [`joined`](Self::joined). Branches and HEAD are then as they were.
    pub fn join(
        &self,
        task: &str,
        origin: &Origin,
        joining: Joining,
        text: &str,
        trailers: &[(String, String)],
    ) -> Result<String, VcsError> {
        let theirs = self.tip(&origin.branch)?;
        let id = self.joined(origin, joining, text, trailers)?;
        let to = Oid::from_str(&id)?;
        let _at_work = self.at_work()?;
        self.note_end(task, End::Accepted, to)?;
        self.move_branch(&origin.branch, theirs, to)?;
        Ok(id)
    }

    /// The commit that the branch which the task began on is to come to, made where there is none yet;
    /// HEAD is on the task's branch. No branch is moved. The commit's id.
    ///
    /// # Errors
    /// [`VcsError::Moved`] where HEAD's tree does not hold all that the branch has got meanwhile: see
    /// [`merged_with`](Self::merged_with). [`VcsError::InProgress`], [`VcsError::Rebase`],
    /// [`VcsError::Unsigned`], [`VcsError::Other`].
    pub fn joined(
        &self,
        origin: &Origin,
        joining: Joining,
        text: &str,
        trailers: &[(String, String)],
    ) -> Result<String, VcsError> {
        self.check_idle()?;
        if self.merged_with(origin)? != Merged::Clean(Vec::new()) {
            return Err(VcsError::Moved { branch: origin.branch.clone() });
        }
        let (ours, theirs) = (self.head_commit()?, self.tip(&origin.branch)?);
        let (onto, work) = (self.git.find_commit(theirs)?, self.git.find_commit(ours)?);
        // All of it is there, as after a crash.
        let is_there = joining != Joining::Merge || self.holds(theirs, ours);
        if onto.tree_id() == work.tree_id() && is_there {
            return Ok(theirs.to_string());
        }
        let parents = match joining {
            Joining::Merge => vec![&onto, &work],
            Joining::Squash => vec![&onto],
            Joining::Rebase => Vec::new(),
        };
        let id = if joining == Joining::Rebase {
            self.rebased(origin)?
        } else if joining == Joining::Merge && self.holds(ours, theirs) {
            ours
        } else {
            let author = self.signature()?;
            let text = message::compose(text, trailers);
            self.write_commit(&author, &text, &work.tree()?, &parents)?.id
        };
        if self.git.find_commit(id)?.tree_id() != work.tree_id() {
            return Err(VcsError::Moved { branch: origin.branch.clone() });
        }
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
        let _at_work = self.at_work()?;
        self.note_end(task, End::Discarded, ours)?;
        self.move_branch(&origin.branch, theirs, theirs)
    }

    /// The commit that a task's end came to, where that end was cut off once HEAD was on the branch that the
    /// task began on; none also where the task's branch has got other work since.
    ///
    /// # Errors
    /// [`VcsError::Other`].
    pub fn cut_off(
        &self,
        task: &str,
        end: End,
        origin: &Origin,
        branch: &str,
    ) -> Result<Option<String>, VcsError> {
        let Some(noted) = self.reference(&end_of(task, end))?.and_then(|noted| noted.target())
        else {
            return Ok(None);
        };
        let is_there = end == End::Discarded || self.holds(self.head_commit()?, noted);
        if self.read_head()?.branch() != origin.branch || !is_there {
            return Ok(None);
        }
        let has_other_work = match self.reference(&format!("refs/heads/{branch}"))? {
            Some(left) => left.peel_to_tree()?.id() != self.git.find_commit(noted)?.tree_id(),
            None => false,
        };
        Ok((!has_other_work).then(|| noted.to_string()))
    }

    /// Notes the commit that a task's end comes to, for whoever goes on with it after a crash.
    pub(crate) fn note_end(&self, task: &str, end: End, commit: Oid) -> Result<(), VcsError> {
        self.git.reference(&end_of(task, end), commit, true, "a task ends")?;
        Ok(())
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

    /// Whether a commit has another among those that it stands on.
    pub(crate) fn holds(&self, commit: Oid, other: Oid) -> bool {
        self.git.merge_base(commit, other).ok() == Some(other)
    }

    pub(crate) fn head_commit(&self) -> Result<Oid, VcsError> {
        self.read_head()?.commit.ok_or_else(|| VcsError::Other("there is no commit yet".to_owned()))
    }

    /// The commit that a task began at, where that is known.
    pub(crate) fn base(&self, task: &str) -> Result<Option<Oid>, VcsError> {
        Ok(self.reference(&base_of(task))?.and_then(|base| base.target()))
    }

    pub(crate) fn tip(&self, branch: &str) -> Result<Oid, VcsError> {
        Ok(self.git.find_reference(&format!("refs/heads/{branch}"))?.peel_to_commit()?.id())
    }

    fn reference(&self, name: &str) -> Result<Option<git2::Reference<'_>>, VcsError> {
        match self.git.find_reference(name) {
            Ok(reference) => Ok(Some(reference)),
            Err(error) if error.code() == ErrorCode::NotFound => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

fn base_of(task: &str) -> String {
    format!("refs/devika/{task}/base")
}

fn from_of(task: &str) -> String {
    format!("refs/devika/{task}/from")
}

/// Where it is noted what a task's end came to.
fn end_of(task: &str, end: End) -> String {
    let end = match end {
        End::Accepted => "accepted",
        End::Discarded => "discarded",
    };
    format!("refs/devika/{task}/{end}")
}
