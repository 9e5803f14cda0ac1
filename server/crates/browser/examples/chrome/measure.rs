//! How long reading takes over what a page takes to load, and how much memory ten pages need.

use std::collections::HashMap;
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
                    peak = peak.max(memory());
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
    let (mut over, mut rendering) = (Vec::new(), Vec::new());
    for n in 0..20 {
        let begin = Instant::now();
        let page = browser.render(&format!("http://warm.test:{port}/slow?{n}")).await?;
        rendering.push(begin.elapsed().saturating_sub(SERVER));
        let read = readable(&page.html, &page.address);
        if !read.markdown.contains("Section 99") {
            return Err("the page was not read".into());
        }
        over.push(begin.elapsed().saturating_sub(SERVER));
    }
    over.sort_unstable();
    rendering.sort_unstable();
    writeln!(
        stdout(),
        "reading over a page's own load time: median {:.0?}, slowest of 20 {:.0?}; the browser's part of it: median {:.0?}",
        over[over.len() / 2],
        over[over.len() - 1],
        rendering[rendering.len() / 2]
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

/// Proportional memory of this program's descendants, in KiB: the supervisor and all of the browser.
fn memory() -> u64 {
    let mut parents = HashMap::new();
    for entry in std::fs::read_dir("/proc").into_iter().flatten().flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else {
            continue;
        };
        // The name before the parent may hold any signs, but ends with the last parenthesis.
        let stat = std::fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
        let rest = stat.rsplit(')').next().unwrap_or_default();
        if let Some(parent) = rest.split_whitespace().nth(1).and_then(|it| it.parse().ok()) {
            parents.insert(pid, parent);
        }
    }
    let is_ours = |pid: &u32| {
        let mut above = parents.get(pid);
        while let Some(parent) = above {
            if *parent == std::process::id() {
                return true;
            }
            above = parents.get(parent);
        }
        false
    };
    parents.keys().filter(|pid| is_ours(pid)).filter_map(proportional).sum()
}

fn proportional(pid: &u32) -> Option<u64> {
    let maps = std::fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).ok()?;
    let pss = maps.lines().find_map(|line| line.strip_prefix("Pss:"))?;
    pss.trim().trim_end_matches(" kB").trim().parse().ok()
}
