//! Where HEAD points.

use std::{thread, time::Instant};

use git2::{BranchType, ErrorCode, Oid};

use crate::at_work::{LOCK_PATIENCE, LOOK};
use crate::{Repository, VcsError};

/// More branches of one name are a sign of something that goes wrong again and again.
const MAX_NUMBER: u32 = 1000;

/// Longer slugs are cut: a branch name is read in prompts and status lines.
const MAX_SLUG: usize = 40;

/// HEAD at one moment.
pub(crate) struct Head {
    /// The reference a commit moves: a branch's full name, or `HEAD` itself where it is detached.
    pub(crate) reference: String,
    /// None on a branch without commits.
    pub(crate) commit: Option<Oid>,
}

impl Head {
    /// The branch's short name, or `HEAD`.
    pub(crate) fn branch(&self) -> String {
        self.reference.strip_prefix("refs/heads/").unwrap_or(&self.reference).to_owned()
    }
}

impl Repository {
    /// Makes the task branch `devika/<slug>` at HEAD (numbered where that is taken) and points HEAD
    /// to it; no file and nothing staged is touched. On a branch without commits HEAD stays. A
    /// branch of that name that was made at this very commit and never used, as a crash leaves it,
    /// is taken again. The branch's name.
    ///
    /// # Errors
    /// [`VcsError::InProgress`], [`VcsError::SparseIndex`], [`VcsError::Locked`], [`VcsError::Other`].
    pub fn begin(&self, slug: &str) -> Result<String, VcsError> {
        self.check_idle()?;
        // Before anything is changed: nothing could be committed.
        self.git.index()?;
        let _at_work = self.at_work()?;
        let head = self.read_head()?;
        let Some(commit) = head.commit else { return Ok(head.branch()) };
        let commit = self.git.find_commit(commit)?;
        let name = self.branch_for(slug, &commit)?;
        self.git.set_head(&format!("refs/heads/{name}"))?;
        Ok(name)
    }

    /// The branch of a task that begins at `commit`, made where there is none.
    fn branch_for(&self, slug: &str, commit: &git2::Commit<'_>) -> Result<String, VcsError> {
        let until = Instant::now() + LOCK_PATIENCE;
        loop {
            let (name, is_there) = self.name_for(&branch_name(slug), commit.id())?;
            if is_there {
                return Ok(name);
            }
            // `Repository::branch` looks whether it is there before it has the lock, so that two may make it.
            let (full, why) =
                (format!("refs/heads/{name}"), format!("branch: Created from {}", commit.id()));
            match self.git.reference_matching(&full, commit.id(), false, Oid::ZERO_SHA1, &why) {
                Ok(_) => return Ok(name),
                // A task in another worktree was quicker.
                Err(error) if matches!(error.code(), ErrorCode::Exists | ErrorCode::Modified) => {}
                // It is at it now: git's lock of a branch is held for moments.
                Err(error) if error.code() == ErrorCode::Locked && Instant::now() < until => {
                    thread::sleep(LOOK);
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// The branch that HEAD is on; none where it is detached.
    ///
    /// # Errors
    /// [`VcsError::Other`].
    pub fn current_branch(&self) -> Result<Option<String>, VcsError> {
        let head = self.read_head()?;
        Ok((head.reference != "HEAD").then(|| head.branch()))
    }

    /// The full id of the commit that HEAD is at; none on a branch without commits.
    ///
    /// # Errors
    /// [`VcsError::Other`].
    pub fn head(&self) -> Result<Option<String>, VcsError> {
        Ok(self.read_head()?.commit.map(|id| id.to_string()))
    }

    pub(crate) fn read_head(&self) -> Result<Head, VcsError> {
        let head = self.git.find_reference("HEAD")?;
        let reference = head.symbolic_target()?.unwrap_or("HEAD").to_owned();
        let commit = match self.git.head() {
            Ok(resolved) => Some(resolved.peel_to_commit()?.id()),
            Err(error) if error.code() == ErrorCode::UnbornBranch => None,
            Err(error) => return Err(error.into()),
        };
        Ok(Head { reference, commit })
    }

    /// The name, or the first number of it, that a task can have that begins at `commit`; and whether there
    /// is such a branch already, unused. One that comes to be a moment later is another task's.
    fn name_for(&self, name: &str, commit: Oid) -> Result<(String, bool), VcsError> {
        // A branch called `devika` leaves no room for branches below it.
        let name = match self.has_reference("refs/heads/devika")? {
            true => name.replacen('/', "-", 1),
            false => name.to_owned(),
        };
        let numbered = (2..=MAX_NUMBER).map(|number| format!("{name}-{number}"));
        for candidate in std::iter::once(name.clone()).chain(numbered) {
            let taken = self.has_reference(&format!("refs/heads/{candidate}"))?;
            if !taken || self.is_unused(&candidate, commit)? {
                return Ok((candidate, taken));
            }
        }
        Err(VcsError::Other(format!("there are {MAX_NUMBER} branches `{name}`: delete some")))
    }

    /// Whether the branch was made at `commit`, never moved, and is not another work tree's.
    fn is_unused(&self, name: &str, commit: Oid) -> Result<bool, VcsError> {
        let branch = self.git.find_branch(name, BranchType::Local)?;
        let moves = self.git.reflog(&format!("refs/heads/{name}"))?.len();
        let has_other_trees = self.git.is_worktree() || !self.git.worktrees()?.is_empty();
        let may_be_elsewhere = has_other_trees && !branch.is_head();
        Ok(branch.get().target() == Some(commit) && moves == 1 && !may_be_elsewhere)
    }

    pub(crate) fn has_reference(&self, name: &str) -> Result<bool, VcsError> {
        match self.git.find_reference(name) {
            Ok(_) => Ok(true),
            Err(error) if error.code() == ErrorCode::NotFound => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}

/// A name that every git and every file system takes, whatever the plan is about.
fn branch_name(slug: &str) -> String {
    let letters = slug.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { ' ' });
    let words = letters.collect::<String>().to_ascii_lowercase();
    let joined = words.split_ascii_whitespace().collect::<Vec<_>>().join("-");
    let short = joined[..joined.len().min(MAX_SLUG)].trim_end_matches('-');
    format!("devika/{}", if short.is_empty() { "task" } else { short })
}

#[cfg(test)]
mod tests {
    use super::branch_name;

    #[test]
    fn whatever_a_plan_is_about_names_a_branch() {
        let names = ["Add a CSV export!", "", "../..//.lock", "日本語", &"long word ".repeat(9)]
            .map(branch_name);
        assert_eq!(
            names,
            [
                "devika/add-a-csv-export",
                "devika/task",
                "devika/lock",
                "devika/task",
                "devika/long-word-long-word-long-word-long-word",
            ]
        );
    }
}
