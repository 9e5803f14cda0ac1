//! Sites on this machine, and a real browser that may read one of them.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use devika_browser::{BrowserSandbox, Chrome, ChromeLimits, ChromeSettings, Guard, Render as _};
use devika_browser::{WebError, readable};
use devika_sandbox::PlainRunner;
use tempfile::TempDir;
use tokio::net::TcpListener;

/// A site that tells what it was asked for.
pub(crate) struct Site {
    at: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Site {
    /// A site that answers a path as `answer` says, which gets its own address, too.
    pub(crate) async fn new<F>(
        answer: impl Fn(String, SocketAddr) -> F + Send + Sync + Clone + 'static,
    ) -> Self
    where
        F: Future<Output = Response> + Send,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = listener.local_addr().unwrap();
        let asked: Arc<Mutex<Vec<String>>> = Arc::default();
        let log = Arc::clone(&asked);
        let router = Router::new().fallback(async move |request: Request| {
            let path = request.uri().path_and_query().unwrap().to_string();
            log.lock().unwrap().push(format!("{} {path}", request.method()));
            answer(path, at).await
        });
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { at, asked }
    }

    pub(crate) fn address(&self, path: &str) -> String {
        format!("http://{}{path}", self.at)
    }

    pub(crate) fn host(&self) -> String {
        self.at.to_string()
    }

    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }

    pub(crate) fn was_asked_for(&self, request: &str) -> bool {
        self.asked().iter().any(|asked| asked == request)
    }
}

pub(crate) fn html(page: impl Into<Body>) -> Response {
    kind("text/html; charset=utf-8", page)
}

pub(crate) fn kind(kind: &str, body: impl Into<Body>) -> Response {
    ([(header::CONTENT_TYPE, kind.to_owned())], body.into()).into_response()
}

pub(crate) fn page(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pages");
    std::fs::read(folder.join(name)).unwrap()
}

/// A browser, and the folder of all that it may write.
pub(crate) struct World {
    pub(crate) chrome: Chrome,
    pub(crate) folder: TempDir,
}

impl World {
    /// A browser that may read one host of this machine. It fails without a browser on this machine:
    /// `apt install chromium`.
    pub(crate) fn new(host: &str, change: impl FnOnce(&mut ChromeSettings)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = std::env::var_os("PATH");
        let shown = path.clone().unwrap().into_string().unwrap();
        let mut settings = ChromeSettings {
            program: None,
            search_path: path,
            env: BTreeMap::from([("PATH".to_owned(), shown)]),
            folder: folder.path().join("profiles"),
            runner: Arc::new(PlainRunner::new(vec![example().into(), "supervise".into()])),
            guard: Guard::new([host]),
            screenshots: None,
            sandbox: sandbox(folder.path()),
            limits: ChromeLimits {
                time: Duration::from_secs(10),
                rest: Duration::from_secs(3),
                bytes: 2 * 1024 * 1024,
                pages_a_tab: 5,
                ..ChromeLimits::default()
            },
        };
        change(&mut settings);
        Self { chrome: Chrome::new(settings), folder }
    }

    /// What a page says.
    pub(crate) async fn read(&self, address: &str) -> Result<String, WebError> {
        let page = self.chrome.render(address).await?;
        Ok(readable(&page.html, &page.address).markdown)
    }

    /// Lines of commands of processes that were started for this world.
    pub(crate) fn processes(&self) -> Vec<String> {
        processes(self.folder.path())
    }
}

/// The superuser's browser refuses to run with its sandbox.
fn sandbox(folder: &Path) -> BrowserSandbox {
    use std::os::unix::fs::MetadataExt as _;
    match std::fs::metadata(folder).unwrap().uid() {
        0 => BrowserSandbox::OffForTests,
        _ => BrowserSandbox::On,
    }
}

/// The example of this crate, which is built along with its tests, next to them.
pub(crate) fn example() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let path = test.parent().and_then(Path::parent).unwrap().join("examples").join("chrome");
    assert!(path.exists(), "{} is missing: run the tests without --test", path.display());
    path
}

/// Lines of commands that name a folder.
pub(crate) fn processes(folder: &Path) -> Vec<String> {
    let folder = folder.display().to_string();
    let line = |entry: std::fs::DirEntry| {
        let line = std::fs::read(entry.path().join("cmdline")).ok()?;
        let line = String::from_utf8_lossy(&line).replace('\0', " ");
        line.contains(&folder).then_some(line)
    };
    std::fs::read_dir("/proc").unwrap().flatten().filter_map(line).collect()
}

/// Waits until something holds, or fails.
pub(crate) async fn until(what: &str, holds: impl Fn() -> bool) {
    for _ in 0..600 {
        if holds() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("it never held that {what}");
}
