//! What an index does for those who use it, as a project changes and programs are killed.

#[cfg(unix)]
mod crash;
mod refresh;
mod world;
