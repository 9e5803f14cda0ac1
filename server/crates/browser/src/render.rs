//! The port to a browser that renders pages, and in which they are used.

use std::path::PathBuf;

use async_trait::async_trait;

use crate::{Visit, WebError};

/// Renders pages. Whoever implements it keeps every request that a page makes to what the
/// [`Guard`](crate::Guard) admits.
#[async_trait]
pub trait Render: Send + Sync {
    /// The page at an address, once its scripts have settled.
    ///
    /// # Errors
    /// [`WebError`]; the reader then falls back to the page as the server sent it.
    async fn render(&self, address: &str) -> Result<Rendered, WebError>;

    /// Opens a page to use it.
    ///
    /// # Errors
    /// [`WebError`].
    async fn visit(&self, address: &str) -> Result<Box<dyn Visit>, WebError>;
}

/// A page as a browser shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// Its address, after redirects.
    pub address: String,
    /// Its document, after its scripts have run.
    pub html: String,
    /// Its title; may be empty.
    pub title: String,
    /// A picture of it, a PNG file in Devika's own folder, where one was taken.
    pub screenshot: Option<PathBuf>,
}
