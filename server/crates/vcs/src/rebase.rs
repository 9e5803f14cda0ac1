//! A branch's commits made anew on top of another branch, without touching a file.

use git2::Oid;

use crate::{Origin, Repository, VcsError};

impl Repository {
    /// Checks that each commit of HEAD's branch can be made anew on top of `origin`'s branch.
    ///
    /// # Errors
    /// [`VcsError::Rebase`], [`VcsError::Other`].
    pub fn check_rebase(&self, origin: &Origin) -> Result<(), VcsError> {
        self.rebased(origin).map(drop)
    }

    /// The last of the commits, made anew; no branch has it yet.
    pub(crate) fn rebased(&self, origin: &Origin) -> Result<Oid, VcsError> {
        let (ours, theirs) = (self.head_commit()?, self.tip(&origin.branch)?);
        if self.holds(ours, theirs) {
            return Ok(ours);
        }
        let mut walk = self.git.revwalk()?;
        walk.set_sorting(git2::Sort::TOPOLOGICAL | git2::Sort::REVERSE)?;
        walk.push(ours)?;
        walk.hide(theirs)?;
        let mut onto = theirs;
        for id in walk {
            onto = self.put_onto(id?, onto)?;
        }
        Ok(onto)
    }

    /// A commit made anew on top of another; that other where it brings nothing.
    fn put_onto(&self, commit: Oid, onto: Oid) -> Result<Oid, VcsError> {
        let (commit, onto) = (self.git.find_commit(commit)?, self.git.find_commit(onto)?);
        let subject = String::from_utf8_lossy(commit.summary_bytes().unwrap_or_default());
        let stuck = || VcsError::Rebase { subject: subject.clone().into_owned() };
        if commit.parent_count() != 1 {
            return Err(stuck());
        }
        let mut index = self.git.cherrypick_commit(&commit, &onto, 0, None)?;
        if index.has_conflicts() {
            return Err(stuck());
        }
        let tree = self.git.find_tree(index.write_tree_to(&self.git)?)?;
        if tree.id() == onto.tree_id() {
            return Ok(onto.id());
        }
        let text = String::from_utf8_lossy(commit.message_raw_bytes());
        Ok(self.write_commit(&commit.author(), &text, &tree, &[&onto])?.id)
    }
}
