//! Old checkpoints, and room for new ones. What is removed is the reference: the objects are git's, which
//! removes those that nothing refers to in its own time (`git gc`), since the user may refer to one.

use std::collections::HashSet;
use std::time::{Duration, SystemTime};

use git2::{FileMode, Oid};

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

    /// Bytes of the files that checkpoints hold, each counted once however many of them hold it, without
    /// those of the commits that they were made on and of the user's index: these would be there without
    /// any checkpoint.
    pub(super) fn held_bytes(&self, all: &[Kept]) -> Result<u64, VcsError> {
        let staged = self.git.index().map(|index| index.iter().map(|it| it.id).collect());
        let mut counted: HashSet<Oid> = staged.unwrap_or_default();
        let mut looked_at = HashSet::new();
        let (odb, mut bytes) = (self.git.odb()?, 0);
        for kept in all.iter().filter(|kept| looked_at.insert((kept.base, kept.tree))) {
            let base = kept.base.map(|id| self.git.find_tree(id)).transpose()?;
            let tree = self.git.find_tree(kept.tree)?;
            let differing = self.git.diff_tree_to_tree(base.as_ref(), Some(&tree), None)?;
            for file in differing.deltas().map(|delta| delta.new_file()) {
                let is_held = matches!(file.mode(), FileMode::Blob | FileMode::BlobExecutable);
                if is_held && counted.insert(file.id()) {
                    bytes += odb.read_header(file.id())?.0 as u64;
                }
            }
        }
        Ok(bytes)
    }

    /// Removes the oldest checkpoint that is not of this task; whether there was one.
    pub(super) fn remove_oldest(&self, all: &[Kept], task: &str) -> Result<bool, VcsError> {
        let oldest = all.iter().find(|kept| kept.task != task);
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

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::CheckpointLimits;

    #[test]
    fn a_file_counts_once_and_as_long_as_any_checkpoint_holds_it_and_git_would_not() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        let repository = Repository::init(&root).unwrap();
        let day = Duration::from_secs(24 * 60 * 60);
        let limits = CheckpointLimits { file_bytes: 1_000, keep: day, disk_percent: 50 };
        let held = || repository.held_bytes(&repository.all_checkpoints().unwrap()).unwrap();
        fs::write(root.join("long.txt"), "0123456789").unwrap();
        repository.checkpoint("7", 1, limits).unwrap();
        assert_eq!(held(), 10);
        fs::write(root.join("short.txt"), "abc").unwrap();
        repository.checkpoint("8", 1, limits).unwrap();
        assert_eq!(held(), 13);
        let all = repository.all_checkpoints().unwrap();
        assert!(repository.remove_oldest(&all, "8").unwrap());
        assert_eq!(held(), 13, "the other one holds it, too");
        let mut index = repository.git.index().unwrap();
        index.add_path("long.txt".as_ref()).unwrap();
        index.write().unwrap();
        assert_eq!(held(), 3, "the user's index would keep it");
        let all = repository.all_checkpoints().unwrap();
        assert!(repository.remove_oldest(&all, "9").unwrap());
        assert_eq!(held(), 0);
    }
}
