//! Whether the configuration's files have changed since they were read.

use std::fs::Metadata;
use std::path::Path;
use std::time::SystemTime;

use crate::load::Sources;

/// The state of the configuration's files at one moment. Where it differs from an earlier one, the
/// configuration is to be read again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp([Option<FileStamp>; 2]);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct FileStamp {
    /// `None` where the file system keeps no such time.
    modified: Option<SystemTime>,
    bytes: u64,
    identity: Identity,
}

/// What tells a file from one that took its place, even with the same length and time: inode, and
/// the time of the last change in seconds and nanoseconds, which also moves with permissions.
type Identity = (u64, i64, i64);

/// The state of the files now: two looks at the file system, no reading.
pub fn stamp(sources: &Sources) -> Stamp {
    Stamp([sources.user_file.as_deref(), sources.workspace_file.as_deref()].map(|file| of(file?)))
}

fn of(file: &Path) -> Option<FileStamp> {
    let metadata = std::fs::metadata(file).ok()?;
    Some(FileStamp {
        modified: metadata.modified().ok(),
        bytes: metadata.len(),
        identity: identity(&metadata),
    })
}

#[cfg(unix)]
fn identity(metadata: &Metadata) -> Identity {
    use std::os::unix::fs::MetadataExt as _;
    (metadata.ino(), metadata.ctime(), metadata.ctime_nsec())
}

#[cfg(not(unix))]
fn identity(_metadata: &Metadata) -> Identity {
    (0, 0, 0)
}
