//! Pages in a headless Chrome or Chromium of the user's.
//!
//! One browser a server, started on first need and stopped when nobody has used it for a while. It has
//! a profile of its own, which is deleted with it, and no network but a proxy of this crate, which
//! connects only to what the [`Guard`](crate::Guard) has checked: whatever a page asks for, by whatever
//! way (sub-resources, redirects, workers, web sockets), is asked of that proxy, since the browser
//! resolves no name by itself.

mod cdp;
mod find;
mod launch;
mod page;
mod pool;
mod proxy;
mod render;
mod screenshot;
mod tab;
mod visit;
mod watch;

pub use find::find_browser;
pub use pool::Chrome;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use devika_sandbox::Runner;

use crate::Guard;

/// What the browser is started with.
#[derive(Clone)]
pub struct ChromeSettings {
    /// The program that the user names; else one is looked for.
    pub program: Option<PathBuf>,
    /// Where it is looked for: the value of `PATH`.
    pub search_path: Option<OsString>,
    /// Its environment, but for the home, which is its profile.
    pub env: BTreeMap<String, String>,
    /// A folder for profiles alone, on a disk. What a killed server has left there is removed.
    pub folder: PathBuf,
    /// Starts it, and kills it with all its children, also where this server is killed; usually a
    /// [`PlainRunner`](devika_sandbox::PlainRunner), since the browser brings a sandbox of its own.
    pub runner: Arc<dyn Runner>,
    /// Which addresses are read.
    pub guard: Guard,
    /// Where pictures of pages go. Without it none are taken, and pages load no images.
    pub screenshots: Option<PathBuf>,
    /// Whether the browser keeps its own sandbox.
    pub sandbox: BrowserSandbox,
    /// Bounds.
    pub limits: ChromeLimits,
}

/// Whether the browser keeps pages from the machine by its own sandbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum BrowserSandbox {
    /// It does. It then refuses to run as the superuser.
    #[default]
    On,
    /// It does not. For tests alone, whose pages are their own and which may run as the superuser.
    OffForTests,
}

/// Bounds of what pages may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChromeLimits {
    /// Pages at one time; others wait.
    pub tabs: usize,
    /// Pages that a tab shows before it is closed, which frees what they have left.
    pub pages_a_tab: usize,
    /// How long one page may take in all.
    pub time: Duration,
    /// How long a page that has loaded, and does not come to rest, is waited for.
    pub rest: Duration,
    /// Bytes that a page loads, all its parts together, unpacked.
    pub bytes: u64,
    /// Redirects of a page, by its server or by itself.
    pub redirects: usize,
    /// How long the browser lives without being used.
    pub idle: Duration,
}

impl Default for ChromeLimits {
    /// Four pages at a time, of 20 s and 20 MiB each; a tab for 20 pages; a browser unused for 2 min
    /// is stopped.
    fn default() -> Self {
        Self {
            tabs: 4,
            pages_a_tab: 20,
            time: Duration::from_secs(20),
            rest: Duration::from_secs(5),
            bytes: 20 * 1024 * 1024,
            redirects: 5,
            idle: Duration::from_secs(120),
        }
    }
}
