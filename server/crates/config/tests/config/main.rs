//! What a user's configuration comes to, what is refused, and what never leaks.

#![expect(clippy::unwrap_used, reason = "a test may panic, and its helpers with it")]

#[cfg(unix)]
mod deploy;
mod keys;
mod layers;
mod providers;
mod recipes;
mod redaction;
mod world;
