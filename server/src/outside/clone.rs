//! Cloning over HTTP: git's protocol by `devika_vcs`, on a thread of its own, bounded in bytes and time.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use devika_agent::Cloner;
use devika_config::Clones;
use devika_vcs::{CloneRequest, Cloned, Received, RemoteAddress};
use tokio::runtime::Handle;
use tokio::sync::mpsc;

use super::git_server::HttpServer;

/// The time between two reports of how far it has come.
const REPORT: Duration = Duration::from_millis(250);

/// Clones over HTTP.
pub(super) struct HttpCloner {
    clones: Clones,
}

impl HttpCloner {
    pub(super) fn new(clones: Clones) -> Self {
        Self { clones }
    }
}

#[async_trait]
impl Cloner for HttpCloner {
    fn bounds(&self) -> String {
        let Clones { bytes, time_limit } = self.clones;
        format!("{} MB and {} s", bytes >> 20, time_limit.as_secs())
    }

    async fn clone(
        &self,
        address: &RemoteAddress,
        folder: &Path,
        on_progress: &(dyn for<'a> Fn(&'a str) + Send + Sync),
    ) -> Result<Cloned, String> {
        let unwanted = Arc::new(AtomicBool::new(false));
        let _guard = Unwanted(Arc::clone(&unwanted));
        let (tell, mut told) = mpsc::unbounded_channel();
        let work = Work {
            address: address.clone(),
            folder: folder.to_path_buf(),
            clones: self.clones,
            unwanted: Arc::clone(&unwanted),
            tell,
        };
        let runtime = Handle::current();
        let mut work = tokio::task::spawn_blocking(move || work.carry_out(runtime));
        let end = tokio::time::sleep(self.clones.time_limit);
        let mut end = std::pin::pin!(end);
        let mut is_late = false;
        loop {
            tokio::select! {
                Some(text) = told.recv() => on_progress(&text),
                () = &mut end, if !is_late => {
                    is_late = true;
                    unwanted.store(true, Ordering::Relaxed);
                }
                done = &mut work => {
                    let seconds = self.clones.time_limit.as_secs();
                    return match done {
                        Ok(Err(_)) if is_late => Err(format!(
                            "{address} was not cloned within {seconds} s (`projects.clone_time`)."
                        )),
                        Ok(done) => done,
                        Err(error) => Err(format!("Cloning {address} broke off: {error}.")),
                    };
                }
            }
        }
    }
}

/// Ends the work when nobody waits for it any more.
struct Unwanted(Arc<AtomicBool>);

impl Drop for Unwanted {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// What the thread needs.
struct Work {
    address: RemoteAddress,
    folder: PathBuf,
    clones: Clones,
    unwanted: Arc<AtomicBool>,
    tell: mpsc::UnboundedSender<String>,
}

impl Work {
    fn carry_out(self, runtime: Handle) -> Result<Cloned, String> {
        let refused = |why: String| format!("{} cannot be cloned: {why}", self.address);
        let mut server = HttpServer::new(&self.address, runtime).map_err(refused)?;
        let request =
            CloneRequest { address: &self.address, folder: &self.folder, bytes: self.clones.bytes };
        let mut last: Option<Instant> = None;
        let mut go_on = |received: Received| {
            if last.is_none_or(|last| last.elapsed() >= REPORT) {
                last = Some(Instant::now());
                // Nobody may listen any more; then the next line ends it.
                let _unheard = self.tell.send(in_words(received));
            }
            !self.unwanted.load(Ordering::Relaxed)
        };
        devika_vcs::clone(&mut server, request, &mut go_on).map_err(|error| {
            if let Err(error) = std::fs::remove_dir_all(&self.folder)
                && error.kind() != std::io::ErrorKind::NotFound
            {
                tracing::warn!(%error, folder = %self.folder.display(), "a clone is left half done");
            }
            error.to_string()
        })
    }
}

/// `receiving: 120 of 300 objects, 1.2 MB`
fn in_words(received: Received) -> String {
    let Received { objects, of, bytes } = received;
    let megabytes = bytes as f64 / 1e6;
    match of {
        0 => format!("receiving: {megabytes:.1} MB"),
        of => format!("receiving: {objects} of {of} objects, {megabytes:.1} MB"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_far_it_has_come_is_told_in_words() {
        let told = |of| in_words(Received { objects: 120, of, bytes: 1_234_567 });
        assert_eq!(told(300), "receiving: 120 of 300 objects, 1.2 MB");
        assert_eq!(told(0), "receiving: 1.2 MB");
    }
}
