//! What an index does for those who use it, as a project changes and programs are killed.
#![expect(clippy::unwrap_used, reason = "a test ends where something is not as it builds on")]

#[cfg(unix)]
mod crash;
mod refresh;
mod world;
