//! Runs commands: a line of shell goes in; its output, how it ended and how long it took come out.
//!
//! What holds for every command:
//! - its environment is the one given, and little else; its input is empty; it has no terminal;
//! - it dies with all its descendants, daemons included: at its time limit, when the future is
//!   dropped, when the shell has ended and left something behind, and when the server is killed.
//!
//! [`SandboxRunner`] keeps commands from the rest of the machine, in layers: namespaces made by
//! bubblewrap; inside them Landlock and seccomp; limits of what all processes together use; a proxy as
//! the only way to the network; and afterwards a look at the places that must not have changed.
//! [`probe()`] tells which of its promises hold on a machine.
//!
//! [`PlainRunner`] is a boundary between processes and **no sandbox**: a command reads and
//! writes what the user may read and write, and reaches the network. Two ways out of its tree are known:
//! a command that kills its supervisor with SIGKILL, which ends in [`RunError::Lost`], and a program
//! that runs as another user (set-user-ID), which is not ours to kill. Where the system cannot adopt
//! orphans (all but Linux), there is a third: a daemon in a session of its own.

mod attempt;
mod audit;
mod bubblewrap;
#[cfg(target_os = "linux")]
mod confine;
mod decode;
mod env;
mod excerpt;
mod following;
#[cfg(target_os = "linux")]
mod inside;
mod mounts;
mod owner;
mod plain;
mod port;
mod probe;
mod proxy;
mod readiness;
mod report;
mod sandbox;
mod seatbelt;
mod settings;
mod shell;
mod spec;
mod supervise;
mod text;
mod tree;

pub use env::{base_env, looks_secret};
pub use plain::PlainRunner;
pub use port::{Command, Exit, Limit, Outcome, RunError, Runner, Slip, Slipped};
pub use probe::{Promise, probe};
pub use proxy::{is_host_entry, is_inside};
pub use readiness::Readiness;
pub use sandbox::SandboxRunner;
pub use settings::{Fallback, Limits, Sandbox};
pub use supervise::supervise;
