//! The web as Devika reads it: search engines, pages as Markdown. [`Web`] is the port; the feature
//! `fetch` brings [`Reader`], which implements it.

#[cfg(feature = "fetch")]
mod cache;
#[cfg(feature = "chrome")]
mod chrome;
#[cfg(feature = "fetch")]
mod fault;
#[cfg(feature = "fetch")]
mod fetch;
#[cfg(feature = "fetch")]
mod guard;
#[cfg(feature = "fetch")]
mod pace;
#[cfg(feature = "fetch")]
mod permitted;
#[cfg(feature = "fetch")]
mod plain;
mod port;
#[cfg(feature = "readable")]
mod readable;
#[cfg(feature = "fetch")]
mod reader;
mod render;
#[cfg(feature = "fetch")]
mod robots;
#[cfg(feature = "fetch")]
mod search;
mod sections;
#[cfg(feature = "fetch")]
mod settings;
mod visit;

#[cfg(feature = "chrome")]
pub use chrome::{BrowserSandbox, Chrome, ChromeLimits, ChromeSettings, find_browser};
#[cfg(feature = "fetch")]
pub use guard::{Admitted, Guard, Names, Upstream, is_host_entry};
pub use port::{Hit, Page, Web, WebError};
#[cfg(feature = "readable")]
pub use readable::{
    HTML_BYTES, MARKDOWN_BYTES, PdfError, Readable, pdf_text, readable, without_hidden,
};
#[cfg(feature = "fetch")]
pub use reader::Reader;
pub use render::{Render, Rendered};
#[cfg(feature = "fetch")]
pub use search::{Engine, EngineKey};
pub use sections::{Section, sections};
#[cfg(feature = "fetch")]
pub use settings::{CacheSettings, Limits, Settings};
pub use visit::{Act, Element, Field, Form, View, Visit};
