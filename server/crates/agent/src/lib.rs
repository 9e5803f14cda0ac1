//! The agent: queue, task and pipeline, behind ports.

mod ports;
mod snapshot;

pub use ports::{Ask, Editor, EditorError, User, UserReply, Workspace};
pub use snapshot::{MAX_FILE_BYTES, ReadError, Snapshot, read_disk, resolve};
