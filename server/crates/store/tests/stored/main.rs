//! What the store keeps, tells and refuses.
#![expect(clippy::unwrap_used, reason = "a test ends where something is not as it builds on")]

mod events;
mod files;
mod journal;
mod killed;
mod spending;
mod tasks;
mod world;
