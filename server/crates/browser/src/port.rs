//! The port: what research asks of the web.

use std::path::PathBuf;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::Visit;

/// Searches and reads the web. What it brings is data with a source, never instructions.
#[async_trait]
pub trait Web: Send + Sync {
    /// What a search engine finds, best first.
    ///
    /// # Errors
    /// [`WebError`], once no configured engine answers.
    async fn search(&self, query: &str) -> Result<Vec<Hit>, WebError>;

    /// A page as Markdown.
    ///
    /// # Errors
    /// [`WebError`].
    async fn read(&self, address: &str) -> Result<Page, WebError>;

    /// Opens a page to use it: to click, to type, to scroll, within its host.
    ///
    /// # Errors
    /// [`WebError`]; [`WebError::Refused`] where there is no browser for it ([`Web::can_visit`]).
    async fn visit(&self, address: &str) -> Result<Box<dyn Visit>, WebError> {
        let why = "there is no browser in which a page can be used".to_owned();
        Err(WebError::Refused { address: address.to_owned(), why })
    }

    /// Whether there is a browser in which pages can be used.
    fn can_visit(&self) -> bool {
        false
    }

    /// What the user should know about this web before its first use, once: e.g. that pages are read
    /// without a browser, and how to install one.
    fn limits(&self) -> Option<String> {
        None
    }
}

/// A result of a search.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hit {
    /// The page's title.
    pub title: String,
    /// Its address.
    pub address: String,
    /// What the engine quotes of it; may be empty.
    pub snippet: String,
}

/// A page that was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page {
    /// Its address, after redirects.
    pub address: String,
    /// Its title.
    pub title: String,
    /// Its main content: headings, paragraphs, tables and code, without navigation and banners.
    pub markdown: String,
    /// When it was fetched, in milliseconds since 1970 (UTC); earlier than now where it came from the
    /// cache.
    pub at: u64,
    /// Whether a browser rendered it, or its text is as the server sent it.
    pub rendered: bool,
    /// A picture of it, a PNG file in Devika's own folder, where one was taken.
    pub screenshot: Option<PathBuf>,
}

/// Why something was not read.
#[derive(Debug, Clone, thiserror::Error)]
pub enum WebError {
    /// A rule forbids it: the address guard, robots.txt, the user.
    #[error("{address} is not read: {why}")]
    Refused {
        /// What was asked for.
        address: String,
        /// Which rule, and what allows it.
        why: String,
    },
    /// The other side, or the way to it, failed.
    #[error("{address} cannot be read: {why}")]
    Failed {
        /// What was asked for.
        address: String,
        /// Why.
        why: String,
    },
    /// Larger, slower or longer than the configured bound.
    #[error("{address} is not read to its end: {why}")]
    TooMuch {
        /// What was asked for.
        address: String,
        /// Which bound.
        why: String,
    },
    /// No search engine answered.
    #[error("nothing could be searched: {why}")]
    NoEngine {
        /// Each engine and what it said.
        why: String,
    },
}
