//! What Devika knows besides the project's files: what it remembers, and what it reads on the web. All
//! of it is data with a source, quoted to models and never followed.

mod choice;
mod quote;
mod read_and_remember;

use async_trait::async_trait;
use devika_edit::RelPath;

pub(crate) use choice::{best, cover, shared_terms, spread};
pub(crate) use quote::{Quote, quoted};
pub use read_and_remember::{Bounds, ReadAndRemember};
pub(crate) use read_and_remember::{OUTCOMES, Read, is_address, is_fresh, now};

/// Knows its way around large projects: what to look at where not all files can be shown.
#[async_trait]
pub trait CodeMap: Send + Sync {
    /// The parts of a project that matter for what a task is about, as text of at most `tokens`
    /// tokens; `None` where there is no map.
    async fn map(&self, root: &std::path::Path, about: &str, tokens: usize) -> Option<String>;

    /// The files that have to do with some words, best first.
    async fn find(&self, root: &std::path::Path, about: &str, limit: usize) -> Vec<RelPath>;
}
