//! What was read, kept in files for a while: one file an address, bounded in bytes, used by several
//! processes at once.

use std::fs::{self, Metadata};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use tempfile::NamedTempFile;

use crate::settings::CacheSettings;

/// The folder is looked over when this part of its bound was written. A sweep leaves three quarters,
/// so that four processes may write at once and stay within the bound.
const SWEEP_PART: u64 = 16;

/// How old a file that was not finished is before nobody can be writing it.
const ABANDONED: Duration = Duration::from_secs(60 * 60);

/// How the names of files begin that are not finished.
const UNFINISHED: &str = ".part-";

/// Keeps what was read.
pub(crate) struct Cache {
    settings: CacheSettings,
    /// Bytes that were written since the folder was looked over. All bits set: never.
    written: AtomicU64,
}

/// What a file holds.
#[derive(Serialize, Deserialize)]
struct Kept<T> {
    /// What was asked for, to the letter.
    key: String,
    /// When it was kept, in milliseconds since 1970 (UTC).
    at: u64,
    value: T,
}

impl Cache {
    pub(crate) fn new(settings: CacheSettings) -> Self {
        Self { settings, written: AtomicU64::new(u64::MAX) }
    }

    /// What was kept under a key, if it is not older than the cache's age at `now`. A file that cannot
    /// be read is as none.
    pub(crate) fn get<T: DeserializeOwned>(&self, key: &str, now: u64) -> Option<T> {
        let text = fs::read(self.file(key)).ok()?;
        let kept: Kept<T> = serde_json::from_slice(&text).ok()?;
        let age = u64::try_from(self.settings.age.as_millis()).unwrap_or(u64::MAX);
        // Neither is what comes from the future of a clock that was set back.
        let is_fresh = kept.at <= now && now - kept.at < age;
        (kept.key == key && is_fresh).then_some(kept.value)
    }

    /// Keeps a value under a key, in place of what was there. What is larger than a sixteenth of the
    /// bound is not kept.
    ///
    /// # Errors
    /// Where the folder cannot be written.
    pub(crate) fn put<T: Serialize>(&self, key: &str, value: &T, now: u64) -> io::Result<()> {
        let text = serde_json::to_vec(&Kept { key: key.to_owned(), at: now, value })?;
        let (size, part) = (text.len() as u64, self.settings.bytes / SWEEP_PART);
        if size > part {
            return Ok(());
        }
        let folder = &self.settings.folder;
        fs::create_dir_all(folder)?;
        if self.written.load(Ordering::Relaxed).saturating_add(size) > part {
            self.sweep()?;
            self.written.store(0, Ordering::Relaxed);
        }
        self.written.fetch_add(size, Ordering::Relaxed);
        // Under another name first: a reader finds the old file or the new one, whole.
        let mut file = tempfile::Builder::new().prefix(UNFINISHED).tempfile_in(folder)?;
        file.write_all(&text)?;
        persist(file, &self.file(key))
    }

    fn file(&self, key: &str) -> PathBuf {
        let name: String = Sha256::digest(key).iter().map(|byte| format!("{byte:02x}")).collect();
        self.settings.folder.join(name)
    }

    /// Deletes what is too old, what was never finished, and, if there is still too much, the oldest.
    fn sweep(&self) -> io::Result<()> {
        let now = SystemTime::now();
        let mut files: Vec<(SystemTime, u64, PathBuf)> = Vec::new();
        for entry in fs::read_dir(&self.settings.folder)?.flatten() {
            // What another process deletes meanwhile is gone, which is as good.
            let Ok(metadata) = entry.metadata() else { continue };
            let (path, changed) = (entry.path(), changed(&metadata));
            let age = now.duration_since(changed).unwrap_or_default();
            let is_unfinished = entry.file_name().to_string_lossy().starts_with(UNFINISHED);
            let longest = if is_unfinished { ABANDONED } else { self.settings.age };
            if age >= longest {
                remove(&path);
            } else {
                files.push((changed, metadata.len(), path));
            }
        }
        files.sort();
        let mut all: u64 = files.iter().map(|(_, size, _)| size).sum();
        for (_, size, path) in files {
            if all <= self.settings.bytes / 4 * 3 {
                break;
            }
            remove(&path);
            all -= size;
        }
        Ok(())
    }
}

fn changed(metadata: &Metadata) -> SystemTime {
    metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH)
}

fn persist(file: NamedTempFile, path: &Path) -> io::Result<()> {
    file.persist(path).map(drop).map_err(|error| error.error)
}

fn remove(path: &Path) {
    if let Err(error) = fs::remove_file(path)
        && error.kind() != io::ErrorKind::NotFound
    {
        tracing::debug!(%error, path = %path.display(), "a kept page cannot be deleted");
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::io::{BufRead as _, BufReader};
    use std::process::{Command, Stdio};
    use std::sync::Arc;
    use std::thread;

    use tempfile::TempDir;

    use super::*;

    const HOUR: u64 = 60 * 60 * 1000;

    fn cache(folder: &TempDir, bytes: u64) -> Cache {
        let age = Duration::from_millis(HOUR);
        Cache::new(CacheSettings { folder: folder.path().join("pages"), bytes, age })
    }

    fn get(cache: &Cache, key: &str, now: u64) -> Option<String> {
        cache.get(key, now)
    }

    fn size(cache: &Cache) -> u64 {
        let files = fs::read_dir(&cache.settings.folder).unwrap();
        files.map(|file| file.unwrap().metadata().unwrap().len()).sum()
    }

    #[test]
    fn what_was_kept_is_found_until_it_is_too_old() {
        let folder = TempDir::new().unwrap();
        let cache = cache(&folder, 1 << 20);
        cache.put("a", &"page", 1000).unwrap();
        assert_eq!(get(&cache, "a", 1000), Some("page".to_owned()));
        assert_eq!(get(&cache, "a", 999 + HOUR), Some("page".to_owned()));
        assert_eq!(get(&cache, "a", 1000 + HOUR), None);
        assert_eq!(get(&cache, "a", 999), None);
        assert_eq!(get(&cache, "b", 1000), None);
    }

    #[test]
    fn what_is_kept_again_takes_the_place_of_the_old() {
        let folder = TempDir::new().unwrap();
        let cache = cache(&folder, 1 << 20);
        cache.put("a", &"old", 1).unwrap();
        cache.put("a", &"new", 2).unwrap();
        assert_eq!(get(&cache, "a", 2), Some("new".to_owned()));
        assert_eq!(fs::read_dir(&cache.settings.folder).unwrap().count(), 1);
    }

    #[test]
    fn a_torn_file_is_as_none() {
        let folder = TempDir::new().unwrap();
        let cache = cache(&folder, 1 << 20);
        cache.put("a", &"page", 1).unwrap();
        let file = cache.file("a");
        let text = fs::read(&file).unwrap();
        for length in [0, 1, text.len() / 2, text.len() - 1] {
            fs::write(&file, &text[..length]).unwrap();
            assert_eq!(get(&cache, "a", 1), None, "{length} bytes");
        }
        cache.put("a", &"again", 2).unwrap();
        assert_eq!(get(&cache, "a", 2), Some("again".to_owned()));
    }

    #[test]
    fn no_more_is_kept_than_the_bound_and_the_newest_stays() {
        let folder = TempDir::new().unwrap();
        let cache = cache(&folder, 64 * 1024);
        let page = "x".repeat(2000);
        for number in 0..100 {
            cache.put(&number.to_string(), &page, 1).unwrap();
            assert!(size(&cache) <= 64 * 1024, "{number}");
        }
        assert_eq!(get(&cache, "99", 1), Some(page));
        assert_eq!(get(&cache, "0", 1), None);
    }

    #[test]
    fn one_page_does_not_push_out_the_others() {
        let folder = TempDir::new().unwrap();
        let cache = cache(&folder, 64 * 1024);
        cache.put("huge", &"x".repeat(5000), 1).unwrap();
        assert_eq!(get(&cache, "huge", 1), None);
    }

    #[test]
    fn what_a_killed_process_left_is_cleared_away_and_what_is_being_written_is_not() {
        let folder = TempDir::new().unwrap();
        let cache = cache(&folder, 64 * 1024);
        fs::create_dir_all(&cache.settings.folder).unwrap();
        let [left, new] = [".part-left", ".part-new"].map(|name| cache.settings.folder.join(name));
        let hours_ago = SystemTime::now() - 2 * ABANDONED;
        File::create(&left).unwrap().set_modified(hours_ago).unwrap();
        File::create(&new).unwrap();
        cache.put("a", &"page", 1).unwrap();
        assert!(!left.exists());
        assert!(new.exists());
    }

    #[test]
    fn many_writers_at_once_leave_whole_files_within_the_bound() {
        let folder = TempDir::new().unwrap();
        let caches: Vec<_> = (0..4).map(|_| Arc::new(cache(&folder, 256 * 1024))).collect();
        thread::scope(|scope| {
            for (writer, cache) in caches.iter().enumerate() {
                scope.spawn(move || {
                    for number in 0..50 {
                        let page = writer.to_string().repeat(3000);
                        cache.put(&(number % 10).to_string(), &page, 1).unwrap();
                        let read = get(cache, &(number % 10).to_string(), 1).unwrap();
                        assert_eq!(read.len(), 3000);
                        assert!(read.bytes().all(|byte| byte == read.as_bytes()[0]));
                    }
                });
            }
        });
        assert!(size(&caches[0]) <= 256 * 1024);
    }

    /// Where the writer below writes.
    const FOLDER: &str = "DEVIKA_TEST_CACHE";

    #[test]
    #[ignore = "the next test starts it, and kills it"]
    fn a_writer_without_end() {
        let folder = std::env::var_os(FOLDER).unwrap();
        let age = Duration::from_millis(HOUR);
        let cache = Cache::new(CacheSettings { folder: folder.into(), bytes: 1 << 20, age });
        for number in 0_u64.. {
            cache.put(&(number % 5).to_string(), &"x".repeat(20_000), 1).unwrap();
            if number == 20 {
                // Past the capture of the tests' harness.
                writeln!(io::stderr(), "written").unwrap();
            }
        }
    }

    #[test]
    fn a_writer_that_is_killed_leaves_whole_pages() {
        let folder = TempDir::new().unwrap();
        let cache = cache(&folder, 1 << 20);
        for _ in 0..5 {
            let mut writer = Command::new(std::env::current_exe().unwrap())
                .args(["--exact", "cache::tests::a_writer_without_end", "--ignored", "--nocapture"])
                .env(FOLDER, &cache.settings.folder)
                .stdout(Stdio::null())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap();
            let mut told = BufReader::new(writer.stderr.take().unwrap()).lines();
            assert!(told.any(|line| line.unwrap() == "written"));
            writer.kill().unwrap();
            writer.wait().unwrap();
            for number in 0..5 {
                let page = get(&cache, &number.to_string(), 1).unwrap();
                assert_eq!(page.len(), 20_000);
            }
        }
    }
}
