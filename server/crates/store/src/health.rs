//! How the store's file is.

use std::path::Path;

use crate::{Store, StoreError, writer::Batch};

/// How the store's file is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Health {
    /// The number of the last migration.
    pub format: u32,
    /// Bytes of the file, without its write-ahead log.
    pub bytes: u64,
    /// Bytes that are free where the file is; none where the system does not say.
    pub free_bytes: Option<u64>,
    /// What SQLite's `quick_check` finds wrong; nothing where the file is whole.
    pub faults: Vec<String>,
}

impl Store {
    /// Examines the whole file, which takes about a second for a gigabyte.
    ///
    /// # Errors
    /// [`StoreError`] where the file cannot even be read.
    pub async fn health(&self) -> Result<Health, StoreError> {
        self.read(|batch| batch.health()).await
    }
}

impl Batch<'_> {
    fn health(&self) -> Result<Health, StoreError> {
        let number = |name| self.connection.pragma_query_value(None, name, |row| row.get(0));
        let (format, pages, page) =
            (number("user_version")?, number("page_count")?, number("page_size")?);
        let mut check = self.connection.prepare("PRAGMA quick_check(10)")?;
        let found = check.query_map([], |row| row.get(0))?.collect::<Result<Vec<String>, _>>()?;
        Ok(Health {
            format,
            bytes: u64::from(pages) * u64::from(page),
            free_bytes: self.connection.path().and_then(|file| free_bytes(Path::new(file))),
            faults: found.into_iter().filter(|line| line != "ok").collect(),
        })
    }
}

#[cfg(unix)]
fn free_bytes(file: &Path) -> Option<u64> {
    let disk = nix::sys::statvfs::statvfs(file.parent()?).ok()?;
    // The types differ from system to system.
    #[expect(clippy::useless_conversion, reason = "they are u64 on Linux and u32 on macOS")]
    let (blocks, size) = (u64::from(disk.blocks_available()), u64::from(disk.fragment_size()));
    Some(blocks * size)
}

#[cfg(not(unix))]
fn free_bytes(_: &Path) -> Option<u64> {
    None
}

#[cfg(test)]
mod tests {
    use super::Health;
    use crate::{Store, migrate::MIGRATIONS};

    #[tokio::test]
    async fn a_new_store_is_whole_and_of_the_newest_format() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("devika.db")).unwrap();
        let Health { format, bytes, faults, .. } = store.health().await.unwrap();
        assert_eq!((format as usize, faults), (MIGRATIONS.len(), Vec::new()));
        assert!(bytes > 0, "the file has tables");
    }
}
