//! Git, for commits that hold Devika's changes and nothing else.
//!
//! Everything goes through libgit2: no hook, no filter program and no file system monitor that a
//! repository names is ever run, and no file of the work tree is written. The one program that is run
//! is the user's own, which signs commits where their git is set so. The calls block for as
//! long as the disk takes; an async caller puts them on a blocking thread.

mod at_work;
mod author;
mod branch;
mod changed;
mod changes;
mod checkpoint;
mod clone;
mod commit;
mod ending;
mod error;
mod held;
mod history;
mod locked_index;
mod message;
mod open;
mod place;
mod push;
mod rebase;
mod sign;
mod transplant;
mod worktree;

pub use at_work::AtWork;
pub use author::{Author, user};
pub use changed::{Changed, ChangedFile, FileState};
pub use checkpoint::{Checkpoint, CheckpointLimits, Touched};
pub use clone::{CloneRequest, Cloned, GitServer, Received, RemoteAddress, clone, cloned};
pub use commit::{Commit, CommitFile, CommitRequest};
pub use ending::{End, Joining, Merged, Origin};
pub use error::VcsError;
pub use held::{Held, held};
pub use history::LogEntry;
pub use open::Repository;
pub use push::{PushServer, Pushed, Remote};
pub use sign::Signing;
