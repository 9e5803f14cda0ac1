//! What can go wrong with the local model.

use std::io;
use std::path::{Path, PathBuf};

/// Why the local model cannot be had; each message says what to do.
#[derive(Debug, thiserror::Error)]
pub enum LocalError {
    /// It was never downloaded, or not to its end.
    #[error("the local model is not installed: run `devika models pull local`")]
    NotInstalled,
    /// The disk is too full to begin.
    #[error(
        "the local model needs {needed_mb} MB in {}, and {free_mb} MB are free: make room, then run \
         `devika models pull local` again",
        folder.display()
    )]
    NoSpace {
        /// Where it would go.
        folder: PathBuf,
        /// Megabytes (10^6) that are still to be written.
        needed_mb: u64,
        /// Megabytes (10^6) that are free.
        free_mb: u64,
    },
    /// There is no Python to run it with.
    #[error(
        "the local model runs on Python 3.10 or newer with its `venv` module, but {why}. Install it \
         (Debian, Ubuntu: `apt install python3 python3-venv`) or put llama.cpp's `llama-server` on the \
         PATH, then run `devika models pull local` again"
    )]
    PythonMissing {
        /// What was tried, and what came of it.
        why: String,
    },
    /// The server's package cannot be installed.
    #[error(
        "cannot install the package that serves the local model: {why}. Check the connection, or put \
         llama.cpp's `llama-server` on the PATH; then run `devika models pull local` again"
    )]
    Runtime {
        /// The installer's words.
        why: String,
    },
    /// Neither place gave the whole file. What arrived is kept.
    #[error(
        "cannot download the local model. {address}: {official}. Package mirror: {mirror}. Check the \
         connection and run `devika models pull local` again: it goes on where it stopped"
    )]
    Download {
        /// The official address.
        address: String,
        /// Why it failed there.
        official: String,
        /// Why it failed from the package mirror.
        mirror: String,
    },
    /// The whole file arrived, and is not the one that was pinned. It was removed.
    #[error(
        "the downloaded model is not the expected file (SHA-256 {found}, expected {expected}) and was \
         removed: run `devika models pull local` again; if that repeats, something on the way changes it"
    )]
    Damaged {
        /// The digest of what arrived.
        found: String,
        /// The pinned digest.
        expected: String,
    },
    /// The server did not come up, or ended.
    #[error("the local model's server did not run: {why}. Its log: {}", log.display())]
    Server {
        /// What was seen.
        why: String,
        /// The server's own words.
        log: PathBuf,
    },
    /// A file of its folder cannot be used.
    #[error("cannot {doing} {}: {source}", path.display())]
    File {
        /// What was tried, e.g. `create`.
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// The system's words.
        source: io::Error,
    },
}

impl LocalError {
    /// For `map_err`: what was tried with which file.
    pub(super) fn file(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File { doing, path, source }
    }
}
