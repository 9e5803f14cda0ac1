//! How commands end.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CommandExit {
    /// It returned; 0 is success.
    Code(i32),
    /// A signal ended it.
    Signal(i32),
    /// It was stopped at the time limit.
    TimedOut,
    /// It was stopped because it used more than it may.
    Limit(CommandLimit),
    /// It is a server that has started; then it was stopped.
    Ready,
}

impl CommandExit {
    /// Whether it shows that what was tried works.
    #[must_use]
    pub fn is_success(self) -> bool {
        matches!(self, Self::Code(0) | Self::Ready)
    }
}

/// What a command used more of than it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CommandLimit {
    /// Processor time.
    CpuTime,
    /// Memory.
    Memory,
    /// Processes at one time.
    Processes,
    /// The size of one file.
    FileSize,
    /// Disk space.
    Disk,
}

impl std::fmt::Display for CommandLimit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::CpuTime => "processor time",
            Self::Memory => "memory",
            Self::Processes => "processes",
            Self::FileSize => "file size",
            Self::Disk => "disk space",
        })
    }
}
