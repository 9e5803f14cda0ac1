//! The memory in one file, as its users see it.

mod files;
mod filters;
mod killed;
mod meaning;
mod remembering;
mod searching;
mod world;
