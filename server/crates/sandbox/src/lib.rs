//! Runs commands: a line of shell goes in; its output, how it ended and how long it took come out.
//!
//! What holds for every command:
//! - its environment is the one given, and nothing else; its input is empty; it has no terminal;
//! - it dies with all its descendants, daemons included: at its time limit, when the future is
//!   dropped, when the shell has ended and left something behind, and when the server is killed.
//!
//! [`PlainRunner`] is a boundary between processes and **not a sandbox yet**: a command reads and
//! writes what the user may read and write, and reaches the network. Ask the user before running
//! a line that they did not write. Two ways out of the tree are known: a command that kills its
//! supervisor with SIGKILL, which ends in [`RunError::Lost`], and a program that runs as another
//! user (set-user-ID), which is not ours to kill. Where the system cannot adopt orphans (all but
//! Linux), there is a third: a daemon in a session of its own.

mod decode;
mod env;
mod excerpt;
mod plain;
mod port;
mod report;
mod supervise;
mod text;
mod tree;

pub use env::{base_env, looks_secret};
pub use plain::PlainRunner;
pub use port::{Command, Exit, Outcome, RunError, Runner};
pub use supervise::supervise;
