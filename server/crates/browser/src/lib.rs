//! The web as Devika reads it: search engines, pages as Markdown. [`Web`] is the port; the feature
//! `fetch` brings what implements it.

#[cfg(feature = "fetch")]
mod guard;
mod port;
mod render;

#[cfg(feature = "fetch")]
pub use guard::{Admitted, Guard, Names};
pub use port::{Hit, Page, Web, WebError};
pub use render::{Render, Rendered};
