//! How a submodule looks. What is in it is not kept: which commit it is at is, and that what is in it has
//! changed is noticed.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::path::Path;

use git2::{IndexTime, Oid, Repository, StatusOptions};

use super::stamp::Stamp;

/// How a submodule looks at one moment.
pub(super) struct Look {
    /// The commit that it is at.
    pub(super) commit: Option<Oid>,
    /// A sum of what is not as in that commit, in the form of a time of git's index, where it is kept.
    pub(super) sum: IndexTime,
}

/// How the submodule in this folder looks; none where there is none, or its files are elsewhere.
pub(super) fn look(folder: &Path) -> Option<Look> {
    let git = Repository::open(folder).ok()?;
    let files = git.workdir()?.canonicalize().ok()?;
    if files != folder.canonicalize().ok()? {
        return None;
    }
    let mut options = StatusOptions::new();
    options.include_untracked(true).recurse_untracked_dirs(true).exclude_submodules(true);
    let mut sum = DefaultHasher::new();
    for status in &git.statuses(Some(&mut options)).ok()? {
        status.status().bits().hash(&mut sum);
        status.path_bytes().hash(&mut sum);
        let metadata = status.path().ok().and_then(|path| files.join(path).symlink_metadata().ok());
        metadata.map(|metadata| Stamp::of(&metadata)).hash(&mut sum);
    }
    let commit = git.head().ok().and_then(|head| head.target());
    Some(Look { commit, sum: as_time(sum.finish()) })
}

/// The two halves of a sum, as git's index keeps them.
#[expect(clippy::cast_possible_truncation, reason = "halves of a sum")]
fn as_time(sum: u64) -> IndexTime {
    IndexTime::new((sum >> 32) as i32, sum as u32)
}
