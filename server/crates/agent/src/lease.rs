//! One lease a workspace across all processes: a lock on a file, which the system gives back when
//! its holder dies.

use std::fs::{File, TryLockError};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;
use std::time::Duration;

/// How often a lease that another process holds is tried again. The system tells nobody when a
/// lock becomes free.
const RETRY: Duration = Duration::from_millis(250);

/// The right to work on a workspace; given back on drop.
pub(crate) struct Lease {
    _lock: File,
}

impl Lease {
    /// Waits for the lease. `say` is told once where another process holds it.
    ///
    /// # Errors
    /// A text, where the lock's file cannot be made.
    pub(crate) async fn take(
        folder: &Path,
        root: &Path,
        say: impl Fn(String),
    ) -> Result<Self, String> {
        let mut hasher = DefaultHasher::new();
        root.hash(&mut hasher);
        let path = folder.join(format!("{:016x}.lock", hasher.finish()));
        let refused = |error| format!("cannot lock the workspace ({}: {error})", path.display());
        std::fs::create_dir_all(folder).map_err(refused)?;
        let lock = File::create(&path).map_err(refused)?;
        let mut told = false;
        let mut again = tokio::time::interval(RETRY);
        loop {
            again.tick().await;
            match lock.try_lock() {
                Ok(()) => return Ok(Self { _lock: lock }),
                Err(TryLockError::Error(error)) => return Err(refused(error)),
                Err(TryLockError::WouldBlock) if told => {}
                Err(TryLockError::WouldBlock) => {
                    told = true;
                    say("Another Devika works on this folder; waiting until it is done.".to_owned());
                }
            }
        }
    }
}
