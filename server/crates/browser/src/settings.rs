//! What a reader of the web is told once.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::search::Engine;
use crate::{Names, Upstream};

/// How the web is searched and read.
#[derive(Clone, Default)]
pub struct Settings {
    /// Search engines, in the order in which they are asked. Without one nothing is searched.
    pub engines: Vec<Engine>,
    /// Hosts that may be read although they are this machine or in a private network, and ports other
    /// than 80 and 443: `localhost:8080`, `*.corp.example`.
    pub hosts: Vec<String>,
    /// Bounds of one page.
    pub limits: Limits,
    /// Where pages and results are kept. `None` keeps nothing.
    pub cache: Option<CacheSettings>,
    /// Who looks names up. `None` is the system.
    pub names: Option<Arc<dyn Names>>,
    /// The proxy through which the internet is read. `None` is none, whatever the environment says.
    pub proxy: Option<Upstream>,
}

/// Bounds of what is asked of others, and taken from them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of one page, after it was unpacked.
    pub page_bytes: usize,
    /// How long one page may take, its redirects included, waits for the host's turn not.
    pub time: Duration,
    /// Redirects that are followed.
    pub redirects: usize,
    /// Between two visits to one host; up to half of it more, by chance.
    pub pace: Duration,
    /// How long a visit waits for its turn at the most.
    pub patience: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            page_bytes: 10 * 1024 * 1024,
            time: Duration::from_secs(20),
            redirects: 5,
            pace: Duration::from_secs(1),
            patience: Duration::from_secs(30),
        }
    }
}

/// Where pages are kept, and for how long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CacheSettings {
    /// A folder for this alone; it is made when something is kept.
    pub folder: PathBuf,
    /// Bytes of all that is kept, over all sessions.
    pub bytes: u64,
    /// How old what is kept may be to be used.
    pub age: Duration,
}

impl CacheSettings {
    /// 200 MiB for a day in `folder`.
    #[must_use]
    pub fn in_folder(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
            bytes: 200 * 1024 * 1024,
            age: Duration::from_secs(24 * 60 * 60),
        }
    }
}
