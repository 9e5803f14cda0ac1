//! What a sandbox is there to prevent, tried from inside: run as a command by [`crate::probe`].

use std::fs;
use std::io::{self, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The attempt of which only the outside shows what came: a write into a private folder succeeds.
pub(crate) const OUTSIDE: &str = "writes stay in the workspace";

/// What is tried.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Attempts {
    /// A file outside the workspace, to be written.
    pub(crate) outside: PathBuf,
    /// A file of Devika's, to be read.
    pub(crate) hidden: PathBuf,
    /// A file in `.git`, to be written.
    pub(crate) git: PathBuf,
    /// A protected file that is not there, to be made.
    pub(crate) missing: PathBuf,
    /// A process outside, whose environment is to be read.
    pub(crate) server: u32,
    /// Where something listens on this machine.
    pub(crate) address: SocketAddr,
}

/// What came of one attempt; a line of output.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Attempt {
    pub(crate) name: String,
    /// What refused it; `None` where it succeeded.
    pub(crate) refused: Option<String>,
}

/// Tries all, and prints a line for each.
pub(crate) fn try_all(attempts: &Attempts) -> ExitCode {
    let connect = TcpStream::connect_timeout(&attempts.address, Duration::from_secs(1)).map(drop);
    let environ = format!("/proc/{}/environ", attempts.server);
    let tried = [
        (OUTSIDE, fs::write(&attempts.outside, "x")),
        ("Devika's own files are not visible", fs::read(&attempts.hidden).map(drop)),
        ("`.git` is not written", fs::write(&attempts.git, "x")),
        ("editor settings are not made", fs::write(&attempts.missing, "x")),
        ("the network is not reached", connect),
        ("other processes are not visible", fs::read(environ).map(drop)),
        ("namespaces are not nested", nest()),
    ];
    for (name, outcome) in tried {
        let refused = outcome.err().map(|error| error.to_string());
        let line = serde_json::to_string(&Attempt { name: name.to_owned(), refused });
        if line.is_ok_and(|line| writeln!(io::stdout(), "{line}").is_err()) {
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

#[cfg(target_os = "linux")]
fn nest() -> io::Result<()> {
    Ok(nix::sched::unshare(nix::sched::CloneFlags::CLONE_NEWUSER)?)
}

#[cfg(not(target_os = "linux"))]
fn nest() -> io::Result<()> {
    Err(io::Error::other("this system has none"))
}
