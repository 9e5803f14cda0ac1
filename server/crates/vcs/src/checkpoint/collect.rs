//! Old checkpoints, and room for new ones. What is removed is the reference: the objects are git's, which
//! removes those that nothing refers to in its own time (`git gc`), since the user may refer to one.

use std::time::{Duration, SystemTime};

use super::Kept;
use crate::{Repository, VcsError};

impl Repository {
    /// Removes the checkpoints that are older than this.
    pub(super) fn remove_old(&self, age: Duration) -> Result<(), VcsError> {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let since = i64::try_from(now.saturating_sub(age).as_secs()).unwrap_or(i64::MAX);
        let all = self.all_checkpoints()?;
        all.iter().filter(|kept| kept.checkpoint.at < since).try_for_each(|kept| self.remove(kept))
    }

    /// Removes the oldest checkpoint that is not of this task and took room; whether there was one.
    pub(super) fn remove_oldest(&self, all: &[Kept], task: &str) -> Result<bool, VcsError> {
        let oldest = all.iter().find(|kept| kept.task != task && kept.checkpoint.bytes > 0);
        oldest.map(|kept| self.remove(kept)).transpose().map(|removed| removed.is_some())
    }

    fn remove(&self, kept: &Kept) -> Result<(), VcsError> {
        tracing::info!(checkpoint = kept.reference, "a checkpoint is removed");
        Ok(self.git.find_reference(&kept.reference)?.delete()?)
    }

    /// Bytes that all checkpoints of the repository may take.
    pub(super) fn share_of_disk(&self, percent: u64) -> u64 {
        free_bytes(self.git.commondir()).map_or(u64::MAX, |free| free / 100 * percent)
    }
}

#[cfg(unix)]
fn free_bytes(folder: &std::path::Path) -> Option<u64> {
    let disk = nix::sys::statvfs::statvfs(folder).ok()?;
    // The types differ from system to system.
    #[expect(clippy::useless_conversion, reason = "they are u64 on Linux and u32 on macOS")]
    let (blocks, size) = (u64::from(disk.blocks_available()), u64::from(disk.fragment_size()));
    Some(blocks * size)
}

#[cfg(not(unix))]
fn free_bytes(_: &std::path::Path) -> Option<u64> {
    None
}
