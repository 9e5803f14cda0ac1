//! The managed local model: a small real model that Devika downloads, checks, starts on demand and
//! stops when it is idle, for people without a key.
//!
//! One folder a user holds everything: the model, a private Python environment with llama.cpp's
//! server (unless `llama-server` is installed), locks, logs. One supervisor process a user owns the
//! server; all Devika processes share it through `server.json`. The supervisor ends by itself, and
//! the server never outlives it: it ends when the pipe from the supervisor does.

mod cores;
mod error;
mod fetch;
mod mirror;
mod places;
mod pull;
mod running;
mod runtime;
mod supervisor;
#[cfg(test)]
mod tests;

use std::ffi::OsString;
use std::path::PathBuf;

pub use error::LocalError;
use places::{Origin, Places, size};
pub use pull::Progress;

/// Tokens of prompt and answer together that the server has room for: a quarter of what the model
/// was trained on, for 230 MB of memory.
pub const CONTEXT_TOKENS: u32 = 8192;

/// The managed local model of one folder.
#[derive(Debug, Clone)]
pub struct Local {
    places: Places,
    origin: Origin,
    search_path: Option<OsString>,
}

impl Local {
    /// The model whose files are in `dir`, which need not exist yet and belongs to nothing else.
    pub fn new(dir: PathBuf) -> Self {
        Self { places: Places { dir }, origin: Origin::pinned(), search_path: None }
    }

    /// Prefers the `llama-server` on this `PATH`, where there is one, to a private installation.
    #[must_use]
    pub fn with_search_path(self, search_path: Option<OsString>) -> Self {
        Self { search_path, ..self }
    }

    /// Whether [`Local::pull`] is done: the verified model and what runs it are there. Costs two
    /// or three file look-ups.
    pub fn installed(&self) -> bool {
        self.model_verified() && self.runtime().is_some()
    }

    /// Whether the model is there, and was verified when it arrived.
    fn model_verified(&self) -> bool {
        size(&self.places.model()) == self.origin.bytes
            && std::fs::read_to_string(self.places.digest())
                .is_ok_and(|recorded| recorded.trim() == self.origin.sha256)
    }
}
