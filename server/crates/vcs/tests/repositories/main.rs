//! Devika's commits in real repositories.
#![expect(clippy::unwrap_used, reason = "a test ends where something is not as it builds on")]

mod checkpoints;
mod clones;
mod commits;
mod kinds;
mod pushes;
mod refusals;
mod signing;
mod worktrees;
mod world;
