//! The web, served on this machine: what a reader takes from it, and what it withstands.

#![expect(clippy::unwrap_used, reason = "what a test cannot set up ends it")]

mod bounds;
mod caching;
mod guarding;
mod manners;
mod reading;
mod rendering;
mod searching;
mod world;
