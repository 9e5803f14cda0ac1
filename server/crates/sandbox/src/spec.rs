//! What the server tells its own program to do inside the sandbox; travels as one JSON argument.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// For process 1 of a sandbox.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Inside {
    /// How the line is started.
    pub(crate) confined: Confined,
    /// Limits of the whole tree.
    pub(crate) tree: TreeLimits,
    /// How long it must listen on a port to count as a server that has started; never, where `None`.
    pub(crate) ready_millis: Option<u64>,
    /// The Unix socket of the proxy, where there is one.
    pub(crate) proxy: Option<PathBuf>,
}

/// For the process that becomes the command's shell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Confined {
    /// This very program: the words that call [`crate::supervise`].
    pub(crate) program: Vec<String>,
    /// The places that may be written in.
    pub(crate) writable: Vec<PathBuf>,
    /// Whether a kernel without Landlock will do, since there is another layer.
    pub(crate) is_second_layer: bool,
    /// Whether sockets of the internet may be made at all.
    pub(crate) internet: bool,
    /// Seconds of processor time of one process.
    pub(crate) cpu_seconds: u64,
    /// Bytes of one file.
    pub(crate) file_bytes: u64,
    /// Threads and processes of the user, as far as the system counts them.
    pub(crate) threads: u64,
}

/// Limits of a tree of processes; checked by looking at all of them again and again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct TreeLimits {
    /// Seconds of processor time.
    pub(crate) cpu_seconds: u64,
    /// Bytes of memory.
    pub(crate) memory_bytes: u64,
    /// Processes at one time.
    pub(crate) processes: usize,
    /// Bytes written to disks.
    pub(crate) disk_bytes: u64,
}
