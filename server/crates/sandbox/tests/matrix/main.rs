//! What a sandboxed command cannot do, tried for real. Each case is also run without the sandbox, where
//! it succeeds: that shows that it would be noticed.

#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test may panic, and its helpers with it")]

mod files;
#[path = "../world/life.rs"]
mod life;
mod limits;
mod network;
mod processes;
mod promises;
mod proxy;
mod servers;
mod slips;
mod world;
