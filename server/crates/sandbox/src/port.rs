//! The port: what is run, how it ended, and why it could not be run.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use async_trait::async_trait;

/// Something that runs commands.
#[async_trait]
pub trait Runner: Send + Sync {
    /// Runs a command until it and all it started are dead. Dropping the future kills them.
    ///
    /// `on_output` is given the output as it comes: raw text, escape sequences included, characters
    /// never split. It is called on the task that awaits, so it must not block.
    ///
    /// # Errors
    /// [`RunError`] if the command was not run, or nobody knows how it ended. A command that fails
    /// is an [`Outcome`].
    async fn run(
        &self,
        command: &Command,
        on_output: &(dyn for<'a> Fn(&'a str) + Send + Sync),
    ) -> Result<Outcome, RunError>;
}

/// What to run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// Run by `/bin/sh -c`. At most 128 KiB on Linux.
    pub line: String,
    /// Where it runs: absolute.
    pub cwd: PathBuf,
    /// The whole environment; see [`crate::base_env`].
    pub env: BTreeMap<String, String>,
    /// How long it may run, by the wall clock.
    pub time_limit: Duration,
    /// How many bytes of its output are kept in [`Outcome::output`]. What is above that is cut out
    /// of the middle; the note that says so comes on top.
    pub output_bytes: usize,
}

/// A command that was run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// How it ended.
    pub exit: Exit,
    /// Standard output and standard error, in the order in which they were written, as a person
    /// would have read them: no escape sequences, the last state of each progress line, U+FFFD for
    /// bytes that are not UTF-8, the middle cut out if it was long.
    pub output: String,
    /// From the start of the command until the last of its descendants was dead.
    pub duration: Duration,
}

impl Outcome {
    /// Whether the command ended by itself with code 0.
    #[must_use]
    pub fn succeeded(&self) -> bool {
        self.exit == Exit::Code(0)
    }
}

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// By itself, with this code. A shell also answers 126 (not executable), 127 (not found), and
    /// 128 + n where a program that it waited for was killed by signal n.
    Code(i32),
    /// Killed by this signal, not by us.
    Signal(i32),
    /// Killed by us, at its time limit.
    TimedOut,
}

/// Why there is no [`Outcome`].
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The caller should name another directory.
    #[error("cannot run a command in `{}`: it is not a directory; name one that exists", cwd.display())]
    NoSuchDirectory {
        /// The directory that was asked for.
        cwd: PathBuf,
    },
    /// The command was not started; nothing has happened.
    #[error(
        "cannot start `{}`: {source}; check that the line is not too long and try again",
        start_of(line)
    )]
    NotStarted {
        /// The line that was to be run.
        line: String,
        /// What the system said.
        source: io::Error,
    },
    /// The command was started, and may have had effects; how it ended is not known.
    #[error(
        "lost track of `{}`: {why}; look at what it has done before running it again",
        start_of(line)
    )]
    Lost {
        /// The line that was run.
        line: String,
        /// What was seen instead of an ending.
        why: String,
    },
}

/// Enough of a line to know it by: its first 200 bytes.
fn start_of(line: &str) -> &str {
    &line[..line.floor_char_boundary(200)]
}
