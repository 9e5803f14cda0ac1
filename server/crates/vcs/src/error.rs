//! What can go wrong, by what the caller will do.

use std::path::PathBuf;

use git2::ErrorCode;

/// Why git was left as it was.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VcsError {
    /// A commit cannot be made anew on top of another branch.
    #[error(
        "the commit `{subject}` cannot be put on top of the branch by itself: it is a merge, or both have changed the same lines. Accept by `merge` or `squash`"
    )]
    Rebase {
        /// Its first line.
        subject: String,
    },
    /// Refuse: there is no work tree.
    #[error("{path} is a bare repository, which has no files to work on: open a clone of it")]
    Bare {
        /// The repository.
        path: PathBuf,
    },
    /// Refuse: the repository cannot be read.
    #[error(
        "the git repository {path} is broken ({why}): repair it with `git fsck`, then try again"
    )]
    Broken {
        /// The repository.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// Wait for the user: their operation comes first.
    #[error("a {what} is in progress in the repository: finish or abort it, then try again")]
    InProgress {
        /// The operation, as git names it.
        what: &'static str,
    },
    /// Refuse: what is opened is not where it claims to be.
    #[error("the git repository of {path} is not its own ({why}): Devika does not commit to it")]
    Foreign {
        /// The work tree.
        path: PathBuf,
        /// Where it leads.
        why: String,
    },
    /// Refuse until the user says that the repository is theirs.
    #[error(
        "the git repository of {path} belongs to another user of this machine: if you trust it, \
         run `git config --global --add safe.directory {path}`"
    )]
    Owner {
        /// The work tree.
        path: PathBuf,
    },
    /// Try again: another git program is at work, or died at it.
    #[error(
        "another git program holds {path}: try again when it is done; if none runs, delete the file"
    )]
    Locked {
        /// The lock file.
        path: PathBuf,
    },
    /// Pause: the user's uncommitted lines and Devika's are the same ones.
    #[error(
        "`{path}` has uncommitted changes of yours in the lines that Devika changed: commit or \
         stash them, then resume"
    )]
    Overlap {
        /// The file, relative to the root.
        path: String,
    },
    /// Refuse the file.
    #[error("`{path}` cannot be committed: {why}")]
    Path {
        /// The file, relative to the root.
        path: String,
        /// Why not.
        why: &'static str,
    },
    /// Go on without a commit: the files are as HEAD has them, or ignored.
    #[error("there is nothing to commit")]
    Nothing {
        /// The files left out because git ignores them.
        ignored: Vec<String>,
    },
    /// Try again: somebody else commits to the branch at the same time.
    #[error("the branch `{branch}` moves while Devika commits to it: try again")]
    Moved {
        /// The branch.
        branch: String,
    },
    /// Tell the user: the server of a repository gave none.
    #[error("{address} cannot be cloned: {why}")]
    Remote {
        /// Where the repository is.
        address: String,
        /// Why not, and what to do.
        why: String,
    },
    /// Tell the user: a repository is larger than is allowed.
    #[error("{address} is not cloned: {what} is larger than {limit} MB")]
    TooLarge {
        /// Where the repository is.
        address: String,
        /// What is too large.
        what: &'static str,
        /// The limit, in megabytes of 1,048,576 bytes.
        limit: u64,
    },
    /// Refuse until the user has changed it: libgit2 cannot read such an index.
    #[error(
        "the repository's index holds whole folders (a sparse index), which Devika cannot read: run `git \
         sparse-checkout reapply --no-sparse-index`, then try again"
    )]
    SparseIndex,
    /// Ask the user to mend it, or to do without.
    #[error(
        "your git is set to sign commits, and this one cannot be signed: {why}. `git.unsigned = \"commit\"` \
         in Devika's configuration commits without"
    )]
    Unsigned {
        /// Why not.
        why: String,
    },
    /// Tell the user: which remote is meant is not known.
    #[error("{}", no_remote(name.as_deref(), there))]
    NoRemote {
        /// The one that is wanted, where one was named.
        name: Option<String>,
        /// Those that there are.
        there: Vec<String>,
    },
    /// Tell the user: the server is as it was.
    #[error("the branch is not pushed: {why}")]
    Push {
        /// Why not, and what to do.
        why: String,
    },
    /// Do without what was to follow: the state before it would take too much of the disk.
    #[error(
        "the checkpoints of this repository would take more than their share of the free disk, of which \
         {room} MB are left: free some space, or raise `checkpoints.disk_percent`"
    )]
    NoRoom {
        /// What is left of the share, in megabytes of 1,048,576 bytes.
        room: u64,
    },
    /// Tell the user: there is no such checkpoint, or a file cannot be put back from it.
    #[error("{0}")]
    Checkpoint(String),
    /// Tell the user: the task works in their files, or not at all.
    #[error("no task can have a worktree of its own here: {why}")]
    Worktree {
        /// Why not, and what to do.
        why: String,
    },
    /// Something unforeseen: report it.
    #[error("git failed: {0}")]
    Other(String),
}

impl From<git2::Error> for VcsError {
    fn from(error: git2::Error) -> Self {
        match error.code() {
            ErrorCode::Locked => Self::Locked { path: PathBuf::from("a file of the repository") },
            _ if error.message().contains("'sdir'") => Self::SparseIndex,
            _ => Self::Other(error.message().to_owned()),
        }
    }
}

fn no_remote(name: Option<&str>, there: &[String]) -> String {
    let all = there.join(", ");
    match (name, there) {
        (_, []) => {
            "the repository has no remote to publish to; add one with `git remote add`".to_owned()
        }
        (Some(name), _) => {
            format!("the repository has no remote `{name}` with an address; there are {all}")
        }
        (None, _) => format!(
            "the repository has several remotes, and the branch follows none: name one of {all} by `--remote`, or by `git.remote` in your configuration"
        ),
    }
}
