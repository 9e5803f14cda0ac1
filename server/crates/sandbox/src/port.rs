//! The port: what is run, how it ended, and why it could not be run.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;
use std::{fmt, io};

use async_trait::async_trait;

use crate::readiness::Readiness;

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
    /// The only folder of the user's that it may write in: absolute. Never a model's choice.
    pub workspace: PathBuf,
    /// The whole environment; see [`crate::base_env`].
    pub env: BTreeMap<String, String>,
    /// How long it may run, by the wall clock.
    pub time_limit: Duration,
    /// How many bytes of its output are kept in [`Outcome::output`]. What is above that is cut out
    /// of the middle; the note that says so comes on top.
    pub output_bytes: usize,
    /// Hosts that it may reach, besides those of the runner: `example.org`, `*.example.org`, or
    /// either with `:PORT`. Those that [say themselves](crate::is_inside) that they lead to this machine
    /// or into a private network may do so; of the others, none may.
    pub hosts: Vec<String>,
    /// By what to know that a server has started; `None` where the command is to end by itself.
    pub ready: Option<Readiness>,
}

impl Command {
    /// A command in its workspace's folder: an empty environment, two minutes, 64 KiB of output, no
    /// hosts, no server.
    #[must_use]
    pub fn new(line: impl Into<String>, workspace: impl Into<PathBuf>) -> Self {
        let workspace = workspace.into();
        Self {
            line: line.into(),
            cwd: workspace.clone(),
            workspace,
            env: BTreeMap::new(),
            time_limit: Duration::from_secs(120),
            output_bytes: 64 * 1024,
            hosts: Vec::new(),
            ready: None,
        }
    }
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
    /// Hosts that it asked for and may not reach, as `host:port`, each once, at most 32.
    pub refused_hosts: Vec<String>,
    /// What happened to protected places all the same, and has been undone.
    pub slipped: Vec<Slip>,
}

impl Outcome {
    /// Whether the command ended by itself with code 0, or is a server that has started.
    #[must_use]
    pub fn succeeded(&self) -> bool {
        matches!(self.exit, Exit::Code(0) | Exit::Ready)
    }
}

/// Something that happened to a protected place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slip {
    /// The place.
    pub path: PathBuf,
    /// What happened to it.
    pub what: Slipped,
    /// Where it was not undone: why.
    pub left: Option<String>,
}

/// What happened to a protected place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Slipped {
    /// It was made. It has been renamed, so that nothing reads it any more.
    Created {
        /// What it is called now.
        aside: PathBuf,
    },
    /// It was changed; its former content has been written back.
    Changed,
    /// It was removed, or moved; it has been made again.
    Removed,
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
    /// Killed, because it went over this limit.
    Limit(Limit),
    /// A server that has started, and was then stopped by us.
    Ready,
}

/// What a command went over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// Processor time, all its processes together.
    CpuTime,
    /// Memory, all its processes together.
    Memory,
    /// Processes at one time.
    Processes,
    /// The size of one file.
    FileSize,
    /// What it wrote to disks.
    Disk,
}

impl Limit {
    /// The key of the configuration that raises it.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::CpuTime => "sandbox.cpu_time",
            Self::Memory => "sandbox.memory_mb",
            Self::Processes => "sandbox.processes",
            Self::FileSize => "sandbox.file_mb",
            Self::Disk => "sandbox.disk_mb",
        }
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::CpuTime => "processor time",
            Self::Memory => "memory",
            Self::Processes => "processes",
            Self::FileSize => "file size",
            Self::Disk => "disk space",
        })
    }
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
    /// The command was not started, because it cannot be kept from the rest of the machine. The user
    /// should mend that, or accept less by the key that the text names.
    #[error(
        "`{}` was not run, because it cannot be kept from the rest of the machine: {why}",
        start_of(line)
    )]
    NotIsolated {
        /// The line that was to be run.
        line: String,
        /// What is missing, and what to do.
        why: String,
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
