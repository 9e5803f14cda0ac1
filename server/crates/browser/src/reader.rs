//! [`Web`] over the real web: the cache, the search engines, the fetcher and, where there is one, a
//! browser.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use serde::Serialize;
use serde::de::DeserializeOwned;
use url::Url;

use crate::cache::Cache;
use crate::fault::{failed, too_much};
use crate::fetch::{Fetched, Fetcher, Kind};
use crate::guard::{Guard, refused};
use crate::permitted::Permitted;
use crate::readable::{PdfError, Readable, pdf_text, readable, without_hidden};
use crate::search::Search;
use crate::settings::Settings;
use crate::{Hit, Page, Render, Rendered, Visit, Web, WebError, plain};

/// Searches and reads the web.
pub struct Reader {
    fetcher: Arc<Fetcher>,
    search: Search,
    cache: Option<Arc<Cache>>,
    render: Option<Arc<dyn Render>>,
}

impl Reader {
    /// A reader. Nothing is opened or asked before it is used. With `render`, pages are shown to a
    /// browser and read as they look then.
    #[must_use]
    pub fn new(settings: Settings, render: Option<Arc<dyn Render>>) -> Self {
        let search = Search::new(&settings);
        let mut guard = Guard::new(&settings.hosts);
        if let Some(names) = settings.names {
            guard = guard.with_names(names);
        }
        if let Some(proxy) = settings.proxy {
            guard = guard.behind(proxy);
        }
        Self {
            fetcher: Arc::new(Fetcher::new(guard, settings.limits)),
            search,
            cache: settings.cache.map(|cache| Arc::new(Cache::new(cache))),
            render,
        }
    }

    async fn read_now(&self, fetched: Fetched) -> Result<(Page, IsWhole), WebError> {
        let url = fetched.url.clone();
        if fetched.kind == Kind::Html
            && let Some(render) = &self.render
        {
            match render.render(url.as_str()).await {
                Ok(rendered) => {
                    let page = aside(&url, move || Ok(of_rendered(rendered))).await?;
                    return Ok((page, IsWhole(true)));
                }
                Err(error) => {
                    tracing::warn!(%error, "a page is read as its server sent it");
                    let page = aside(&url, move || of_fetched(&fetched)).await?;
                    return Ok((page, IsWhole(false)));
                }
            }
        }
        Ok((aside(&url, move || of_fetched(&fetched)).await?, IsWhole(true)))
    }

    /// What was kept under a key, and is young enough.
    async fn kept<T: DeserializeOwned + Send + 'static>(&self, key: &str) -> Option<T> {
        let (cache, key) = (Arc::clone(self.cache.as_ref()?), key.to_owned());
        tokio::task::spawn_blocking(move || cache.get(&key, now())).await.ok()?
    }

    /// Keeps a value under a key. Where that fails the value is not read again less often, that is all.
    async fn keep<T: Serialize + Send + 'static>(&self, key: String, value: T) {
        let Some(cache) = self.cache.clone() else { return };
        let kept = tokio::task::spawn_blocking(move || cache.put(&key, &value, now())).await;
        if let Ok(Err(error)) = kept {
            tracing::warn!(%error, "what was read cannot be kept for later");
        }
    }
}

/// Whether a page was read as well as it can be, and is worth keeping.
struct IsWhole(bool);

#[async_trait]
impl Web for Reader {
    async fn search(&self, query: &str) -> Result<Vec<Hit>, WebError> {
        let key = format!("search {} {query}", self.search.names());
        if let Some(hits) = self.kept(&key).await {
            return Ok(hits);
        }
        let hits = self.search.ask(query).await?;
        // What is not found today may be tomorrow, or by another word for it.
        if !hits.is_empty() {
            self.keep(key, hits.clone()).await;
        }
        Ok(hits)
    }

    async fn read(&self, address: &str) -> Result<Page, WebError> {
        // First, so that a host which is no longer allowed is not read from the cache either.
        let admitted = self.fetcher.check(address)?;
        let way = if self.render.is_some() { "rendered" } else { "fetched" };
        let key = format!("{way} {}", admitted.url());
        if let Some(page) = self.kept::<Page>(&key).await {
            let screenshot = page.screenshot.filter(|file| file.exists());
            return Ok(Page { screenshot, ..page });
        }
        let fetched = self.fetcher.page(admitted).await?;
        let (page, IsWhole(is_whole)) = self.read_now(fetched).await?;
        if is_whole {
            self.keep(key, page.clone()).await;
        }
        Ok(page)
    }

    async fn visit(&self, address: &str) -> Result<Box<dyn Visit>, WebError> {
        let admitted = self.fetcher.check(address)?;
        let Some(render) = &self.render else {
            return Err(refused(address, "there is no browser in which a page can be used"));
        };
        self.fetcher.permit(&admitted).await?;
        let visit = render.visit(admitted.url().as_str()).await?;
        Ok(Box::new(Permitted::new(visit, Arc::clone(&self.fetcher), admitted.url())))
    }

    fn can_visit(&self) -> bool {
        self.render.is_some()
    }

    fn limits(&self) -> Option<String> {
        self.render.is_none().then(|| {
            format!(
                "Pages are read without a browser: what their scripts would show is missing. \
                 `{INSTALL}` gets one, or name one in `research.browser`."
            )
        })
    }
}

/// How Chromium is installed.
const INSTALL: &str = if cfg!(target_os = "macos") {
    "brew install --cask chromium"
} else if cfg!(windows) {
    "winget install Google.Chrome"
} else {
    "sudo apt install chromium"
};

/// Makes a page of what was read where nobody waits for the thread: a long one takes a while.
async fn aside(
    url: &Url,
    read: impl FnOnce() -> Result<Page, WebError> + Send + 'static,
) -> Result<Page, WebError> {
    tokio::task::spawn_blocking(read)
        .await
        .unwrap_or_else(|error| Err(failed(url, error.to_string())))
}

fn of_rendered(rendered: Rendered) -> Page {
    let Readable { title, markdown, .. } = readable(&rendered.html, &rendered.address);
    Page {
        title: if title.is_empty() { rendered.title } else { title },
        address: rendered.address,
        markdown,
        at: now(),
        rendered: true,
        screenshot: rendered.screenshot,
    }
}

fn of_fetched(fetched: &Fetched) -> Result<Page, WebError> {
    let url = &fetched.url;
    let (title, markdown) = match fetched.kind {
        Kind::Html => {
            let Readable { title, markdown, .. } = readable(&fetched.text(), url.as_str());
            (title, markdown)
        }
        Kind::Pdf => {
            let text = pdf_text(&fetched.body).map_err(|error| match error {
                PdfError::TooLarge(_) => too_much(url, error.to_string()),
                _ => failed(url, error.to_string()),
            })?;
            (String::new(), text)
        }
        Kind::Markdown => {
            let text = visible(fetched);
            (plain::title(&text).unwrap_or_default(), text)
        }
        Kind::Json => (String::new(), plain::fenced(&visible(fetched), "json")),
        Kind::Text => (String::new(), visible(fetched)),
    };
    let title = if title.is_empty() { plain::name(url) } else { title };
    let address = url.to_string();
    Ok(Page { address, title, markdown, at: now(), rendered: false, screenshot: None })
}

/// A text without what a person does not see and a model reads.
fn visible(fetched: &Fetched) -> String {
    without_hidden(&fetched.text()).0
}

/// Milliseconds since 1970 (UTC).
fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
