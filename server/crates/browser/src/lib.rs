//! The web as Devika reads it: search engines, pages as Markdown. [`Web`] is the port.

mod port;

pub use port::{Hit, Page, Web, WebError};
