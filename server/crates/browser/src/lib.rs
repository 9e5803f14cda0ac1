//! The web as Devika reads it: search engines, pages as Markdown. [`Web`] is the port; the feature
//! `fetch` brings what implements it.

#[cfg(feature = "fetch")]
mod guard;
mod port;
#[cfg(feature = "readable")]
mod readable;
mod render;

#[cfg(feature = "fetch")]
pub use guard::{Admitted, Guard, Names};
pub use port::{Hit, Page, Web, WebError};
#[cfg(feature = "readable")]
pub use readable::{
    HTML_BYTES, MARKDOWN_BYTES, PdfError, Readable, Section, pdf_text, readable, sections,
    without_hidden,
};
pub use render::{Render, Rendered};
