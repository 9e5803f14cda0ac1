//! One lease a workspace across all processes: a lock on a file, which the system gives back when
//! its holder dies.

use std::fs::{File, OpenOptions, TryLockError};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{Read as _, Seek as _, Write as _};
use std::path::Path;
use std::time::Duration;

/// How often a lease that another process holds is tried again. The system tells nobody when a
/// lock becomes free.
const RETRY: Duration = Duration::from_millis(250);

/// Bytes that tell who holds a lease, at the most.
const MAX_HOLDER: u64 = 200;

/// The right to work on a workspace; given back on drop.
pub(crate) struct Lease {
    lock: File,
}

impl Lease {
    /// Waits for the lease, for `holder`: what works, and where. `say` is told once where another
    /// process has it.
    ///
    /// # Errors
    /// A text, where the lock's file cannot be made.
    pub(crate) async fn take(
        folder: &Path,
        root: &Path,
        holder: &str,
        say: impl Fn(String),
    ) -> Result<Self, String> {
        let mut hasher = DefaultHasher::new();
        root.hash(&mut hasher);
        let path = folder.join(format!("{:016x}.lock", hasher.finish()));
        let refused = |error| format!("cannot lock the workspace ({}: {error})", path.display());
        std::fs::create_dir_all(folder).map_err(refused)?;
        // Never emptied by those who wait, for its text is the holder's.
        let open =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path);
        let lock = open.map_err(refused)?;
        let mut told = false;
        let mut again = tokio::time::interval(RETRY);
        loop {
            again.tick().await;
            match lock.try_lock() {
                Ok(()) => {
                    let lease = Self { lock };
                    // Whoever waits is told less where it cannot be written; the lock holds.
                    if let Err(error) = lease.sign(holder) {
                        tracing::warn!(%error, path = %path.display(), "the lease is not signed");
                    }
                    return Ok(lease);
                }
                Err(TryLockError::Error(error)) => return Err(refused(error)),
                Err(TryLockError::WouldBlock) if told => {}
                Err(TryLockError::WouldBlock) => {
                    told = true;
                    say(format!(
                        "{} runs on this folder; waiting until it is done.",
                        holder_of(&lock).unwrap_or_else(|| "Another Devika".to_owned())
                    ));
                }
            }
        }
    }

    fn sign(&self, holder: &str) -> std::io::Result<()> {
        self.lock.set_len(0)?;
        (&self.lock).rewind()?;
        (&self.lock).write_all(holder.as_bytes())
    }
}

impl Drop for Lease {
    /// The next one who waits must not be told of a task that has ended.
    fn drop(&mut self) {
        if let Err(error) = self.lock.set_len(0) {
            tracing::warn!(%error, "the lease's holder is not erased");
        }
    }
}

/// Who holds the lease, where they have said so.
fn holder_of(mut lock: &File) -> Option<String> {
    let mut text = String::new();
    lock.rewind().ok()?;
    lock.take(MAX_HOLDER).read_to_string(&mut text).ok()?;
    let line = text.lines().next()?.trim();
    (!line.is_empty()).then(|| line.to_owned())
}
