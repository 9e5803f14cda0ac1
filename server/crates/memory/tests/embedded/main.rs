//! The memory in one file, as its users see it.
#![expect(clippy::unwrap_used, reason = "a test ends where something is not as it builds on")]

mod files;
mod filters;
mod killed;
mod meaning;
mod remembering;
mod searching;
mod world;
