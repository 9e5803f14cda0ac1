//! What a sandbox is made of; all of it comes from the caller.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

/// What a sandbox is made of.
#[derive(Debug, Clone)]
pub struct Sandbox {
    /// A program, by its absolute path, and its first arguments, which together call
    /// [`crate::supervise`] with the arguments that follow; usually this very program.
    pub supervisor: Vec<OsString>,
    /// Folders in which bubblewrap is looked for: the user's `PATH`.
    pub search_path: Option<OsString>,
    /// The user's home, which commands see empty but for toolchains.
    pub home: Option<PathBuf>,
    /// Devika's own folders and files, which commands do not see.
    pub hidden: Vec<PathBuf>,
    /// A folder of our own for what is needed while a command runs; made where it is missing. Its path
    /// should be short: a socket's may have 107 bytes.
    pub scratch: PathBuf,
    /// A folder of our own for what package managers download; made where it is missing. Used only
    /// where hosts are allowed.
    pub downloads: Option<PathBuf>,
    /// Hosts on the internet that every command may reach; see [`crate::Command::hosts`].
    pub hosts: Vec<String>,
    /// Hosts that commands may reach although they are this machine, or in a network of the user's,
    /// such as a mirror of a package registry.
    pub private_hosts: Vec<String>,
    /// What a command may use.
    pub limits: Limits,
    /// What to do where there is no bubblewrap or it does not work.
    pub fallback: Fallback,
}

/// What a command may use, all its processes together where nothing else is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Processor time.
    pub cpu_time: Duration,
    /// Bytes of memory; also of each of the private folders, which are in memory.
    pub memory_bytes: u64,
    /// Processes at one time.
    pub processes: usize,
    /// Bytes of one file.
    pub file_bytes: u64,
    /// Bytes written to disks, where the system counts them.
    pub disk_bytes: u64,
}

impl Default for Limits {
    /// Enough for the builds of large projects, and less than what stops a usual machine.
    fn default() -> Self {
        Self {
            cpu_time: Duration::from_secs(30 * 60),
            memory_bytes: 8 << 30,
            processes: 512,
            file_bytes: 2 << 30,
            disk_bytes: 10 << 30,
        }
    }
}

/// What to do where there is no bubblewrap or it does not work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fallback {
    /// Run nothing.
    Refuse,
    /// Run commands with what Landlock and seccomp can do: they write only in the workspace and
    /// the folder for temporary files, and have no network. They read what the user may read, reach
    /// Unix sockets, and what they do to protected places is only undone afterwards. Of the limits,
    /// those of a single process hold.
    Landlock,
    /// Run commands with the rights of the user. What they do to protected places is not undone.
    None,
}
