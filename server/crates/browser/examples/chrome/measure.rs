//! How long reading takes over what a page takes to load, and how much memory ten pages need.

use std::error::Error;
use std::io::{self, Write as _, stdout};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use axum::Router;
use axum::response::Html;
use axum::routing::get;
use devika_browser::{Chrome, ChromeLimits, Guard, Names, Render as _, readable};
use futures::future::join_all;
use tokio::net::TcpListener;

use super::setup::settings;

/// How long the server of the page that is timed takes for its answer, which is what the page takes to
/// load.
const SERVER: Duration = Duration::from_millis(200);

/// All names lead to this machine, so that each page can have a site of its own.
struct Here;

#[async_trait]
impl Names for Here {
    async fn addresses(&self, _name: &str) -> io::Result<Vec<IpAddr>> {
        Ok(vec![IpAddr::from([127, 0, 0, 1])])
    }
}

pub(crate) async fn measure() -> Result<(), Box<dyn Error>> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let port = listener.local_addr()?.port();
    let router = Router::new()
        .route(
            "/slow",
            get(|| async {
                tokio::time::sleep(SERVER).await;
                Html(page())
            }),
        )
        .route("/", get(|| async { Html(page()) }));
    tokio::spawn(async move { axum::serve(listener, router).await });

    let folder = tempfile::tempdir()?;
    let guard = Guard::new([format!("*.test:{port}")]).with_names(Arc::new(Here));
    let limits = ChromeLimits { tabs: 10, ..ChromeLimits::default() };
    let browser = Chrome::new(settings(folder.path(), guard, limits)?);

    let begin = Instant::now();
    browser.render(&format!("http://warm.test:{port}/")).await?;
    writeln!(stdout(), "first page, with starting the browser: {:.0?}", begin.elapsed())?;
    over_loading(&browser, port).await?;

    let addresses: Vec<String> =
        (0..10).map(|n| format!("http://site{n}.test:{port}/slow")).collect();
    let begin = Instant::now();
    let mut peak = 0;
    {
        let all = join_all(addresses.iter().map(|address| browser.render(address)));
        tokio::pin!(all);
        loop {
            tokio::select! {
                pages = &mut all => {
                    for page in pages { page?; }
                    break;
                }
                () = tokio::time::sleep(Duration::from_millis(50)) => {
                    peak = peak.max(memory(&folder.path().display().to_string()));
                }
            }
        }
    }
    writeln!(
        stdout(),
        "ten pages of ten sites in parallel: {:.0?}, {} MiB at the most (PSS of all processes)",
        begin.elapsed(),
        peak / 1024
    )?;
    Ok(())
}

/// Twenty pages after another, each a document of 60 KB.
async fn over_loading(browser: &Chrome, port: u16) -> Result<(), Box<dyn Error>> {
    let mut over = Vec::new();
    for n in 0..20 {
        let begin = Instant::now();
        let page = browser.render(&format!("http://warm.test:{port}/slow?{n}")).await?;
        let read = readable(&page.html, &page.address);
        if !read.markdown.contains("Section 99") {
            return Err("the page was not read".into());
        }
        over.push(begin.elapsed().saturating_sub(SERVER));
    }
    over.sort_unstable();
    writeln!(
        stdout(),
        "reading over a page's own load time: median {:.0?}, slowest of 20 {:.0?}",
        over[over.len() / 2],
        over[over.len() - 1]
    )?;
    Ok(())
}

fn page() -> String {
    let section = |n| {
        let text = "A sentence of the documentation, as long as such sentences are. ".repeat(6);
        format!(
            "<h2 id=s{n}>Section {n}</h2><p>{text}</p><pre><code class=language-rust>let x = {n};</code></pre>"
        )
    };
    let sections: String = (0..100).map(section).collect();
    format!(
        "<!doctype html><title>Documentation</title><script>let a = 1;</script><nav><a href=/>Home</a></nav><main><h1>Documentation</h1>{sections}</main>"
    )
}

/// Proportional memory of all processes that name a folder, in KiB.
fn memory(folder: &str) -> u64 {
    let Ok(entries) = std::fs::read_dir("/proc") else { return 0 };
    let of = |entry: std::fs::DirEntry| {
        let line = std::fs::read(entry.path().join("cmdline")).ok()?;
        let line = String::from_utf8_lossy(&line).replace('\0', " ");
        let is_browser = line.contains("--type=") || line.contains(folder);
        let maps =
            is_browser.then(|| std::fs::read_to_string(entry.path().join("smaps_rollup")))?;
        let maps = maps.ok()?;
        let pss = maps.lines().find_map(|line| line.strip_prefix("Pss:"))?;
        pss.trim().trim_end_matches(" kB").trim().parse::<u64>().ok()
    };
    entries.flatten().filter_map(of).sum()
}
