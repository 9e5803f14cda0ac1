//! The index under git's own lock. libgit2 takes the lock only while it writes, so that what
//! another program staged since the index was read would be lost.

use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use git2::Index;

use crate::VcsError;

/// An index without entries: signature, version 2, count 0, and the SHA-1 of these 12 bytes.
const EMPTY: &[u8] = b"DIRC\0\0\0\x02\0\0\0\0\
    \x39\xd8\x90\x13\x9e\xe5\x35\x6c\x7e\xf5\x72\x21\x6c\xeb\xcd\x27\xaa\x41\xf9\xdf";

/// How long another program's lock is waited for: editors look at the index again and again, for some
/// milliseconds each.
const PATIENCE: Duration = Duration::from_secs(3);

/// The time between two looks at it.
const LOOK: Duration = Duration::from_millis(20);

/// A copy of the index that becomes the index, and that keeps other programs from changing it.
pub(crate) struct LockedIndex {
    pub(crate) index: Index,
    lock: PathBuf,
}

impl LockedIndex {
    /// Takes the lock, which is given back when the value is dropped. Another program's is waited for,
    /// for three seconds, and never removed.
    pub(crate) fn take(git: &git2::Repository) -> Result<Self, VcsError> {
        let lock = git.path().join("index.lock");
        let mut file = made(&lock)?;
        let copied = match fs::read(git.path().join("index")) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => file.write_all(EMPTY),
            read => read.and_then(|content| file.write_all(&content)),
        };
        let opened =
            copied.map_err(|error| failed(&lock, &error)).and_then(|()| Ok(Index::open(&lock)?));
        match opened {
            Ok(index) => Ok(Self { index, lock }),
            Err(error) => {
                remove(&lock);
                Err(error)
            }
        }
    }

    /// Makes it the index.
    pub(crate) fn publish(mut self) -> Result<(), VcsError> {
        self.index.write()?;
        fs::rename(&self.lock, self.lock.with_extension(""))
            .map_err(|error| failed(&self.lock, &error))?;
        // Another program may take the lock from here on; it is not this one's to remove.
        self.lock.clear();
        Ok(())
    }
}

impl Drop for LockedIndex {
    fn drop(&mut self) {
        if !self.lock.as_os_str().is_empty() {
            remove(&self.lock);
        }
    }
}

/// The lock's file, as soon as nobody else has it.
fn made(lock: &Path) -> Result<fs::File, VcsError> {
    let end = Instant::now() + PATIENCE;
    loop {
        match fs::File::create_new(lock) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                if Instant::now() >= end {
                    return Err(VcsError::Locked { path: lock.to_path_buf() });
                }
                thread::sleep(LOOK);
            }
            made => return made.map_err(|error| failed(lock, &error)),
        }
    }
}

fn remove(lock: &Path) {
    if let Err(error) = fs::remove_file(lock) {
        tracing::error!(lock = %lock.display(), %error, "a lock of git cannot be removed");
    }
}

fn failed(path: &Path, error: &io::Error) -> VcsError {
    VcsError::Other(format!("{}: {error}", path.display()))
}
