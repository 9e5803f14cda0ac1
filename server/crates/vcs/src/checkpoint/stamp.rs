//! How a file looks: by that it is known to be unchanged without being read.

use std::fs::Metadata;
use std::time::{Duration, SystemTime};

use git2::{IndexEntry, IndexTime, Oid};

/// A file that was changed less than this ago may be changed again within the same tick of its file
/// system's clock, and then looks as it did. Such a file is read again next time.
const UNSETTLED: Duration = Duration::from_secs(2);

/// The type and the rights of a file, as git keeps them.
const FILE: u32 = 0o100_644;
const PROGRAM: u32 = 0o100_755;
pub(super) const LINK: u32 = 0o120_000;
pub(super) const REPOSITORY: u32 = 0o160_000;

/// What git's index keeps of a file besides what it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Stamp {
    pub(super) mode: u32,
    /// In bytes, the lowest 32 bits.
    size: u32,
    /// Seconds and nanoseconds.
    modified: (i32, u32),
    /// The same for what programs cannot set.
    changed: (i32, u32),
    number: u32,
}

impl Stamp {
    #[cfg(unix)]
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "git's index keeps the lowest 32 bits of each"
    )]
    pub(super) fn of(file: &Metadata) -> Self {
        use std::os::unix::fs::MetadataExt;
        let mode = match (file.is_symlink(), file.mode() & 0o100 != 0) {
            (true, _) => LINK,
            (false, true) => PROGRAM,
            (false, false) => FILE,
        };
        Self {
            mode,
            size: file.size() as u32,
            modified: (file.mtime() as i32, file.mtime_nsec() as u32),
            changed: (file.ctime() as i32, file.ctime_nsec() as u32),
            number: file.ino() as u32,
        }
    }

    /// Without a time that programs cannot set, nothing tells that a file is unchanged: the time of
    /// this stamp is none that an entry is believed by.
    #[cfg(not(unix))]
    pub(super) fn of(file: &Metadata) -> Self {
        let mode = if file.is_symlink() { LINK } else { FILE };
        Self { mode, size: 0, modified: (0, 0), changed: (0, 0), number: 0 }
    }

    pub(super) fn of_entry(entry: &IndexEntry) -> Self {
        let time = |time: IndexTime| (time.seconds(), time.nanoseconds());
        Self {
            mode: entry.mode,
            size: entry.file_size,
            modified: time(entry.mtime),
            changed: time(entry.ctime),
            number: entry.ino,
        }
    }

    /// Whether the file still is what this was taken of.
    pub(super) fn is_of(&self, file: &Self) -> bool {
        self == file && self.modified != (0, 0)
    }

    /// Whether it was changed before this time, by the clock of its file system.
    pub(super) fn is_older_than(&self, time: SystemTime) -> bool {
        let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let since = (i32::try_from(since.as_secs()).unwrap_or(i32::MAX), since.subsec_nanos());
        self.modified < since
    }

    /// The entry of an index for a file that holds this, and looked so at `now`.
    pub(super) fn entry(self, path: &[u8], id: Oid, now: SystemTime) -> IndexEntry {
        let settled = now.checked_sub(UNSETTLED).is_some_and(|time| {
            self.is_older_than(time) && Self { modified: self.changed, ..self }.is_older_than(time)
        });
        let modified = if settled { self.modified } else { (0, 0) };
        IndexEntry {
            ctime: IndexTime::new(self.changed.0, self.changed.1),
            mtime: IndexTime::new(modified.0, modified.1),
            dev: 0,
            ino: self.number,
            mode: self.mode,
            uid: 0,
            gid: 0,
            file_size: self.size,
            id,
            flags: 0,
            flags_extended: 0,
            path: path.to_vec(),
        }
    }
}
