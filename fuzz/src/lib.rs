//! The targets of `cargo fuzz`.
#![expect(clippy::unwrap_used, reason = "what does not hold ends the run")]

#[path = "targets.rs"]
mod targets;

pub use targets::{config, edits, framer, stream, trajectory};
