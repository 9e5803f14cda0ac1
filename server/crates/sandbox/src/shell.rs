//! Starting the shell of a command, as it is or with rights given up first.

use std::ffi::OsString;
use std::io::{self, PipeReader, Read};
use std::os::fd::AsFd;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};

use nix::unistd::Pid;

use crate::spec::Confined;
use crate::supervise::CONFINED;

/// The shell that runs every line.
pub(crate) const SHELL: &str = "/bin/sh";

/// How the shell of a line is started.
pub(crate) struct Shell {
    line: OsString,
    confined: Option<Confined>,
    env: Vec<(&'static str, String)>,
}

impl Shell {
    pub(crate) fn plain(line: OsString) -> Self {
        Self { line, confined: None, env: Vec::new() }
    }

    pub(crate) fn confined(spec: Confined, line: OsString) -> Self {
        Self { line, confined: Some(spec), env: Vec::new() }
    }

    /// Adds to its environment.
    pub(crate) fn env(mut self, more: Vec<(&'static str, String)>) -> Self {
        self.env.extend(more);
        self
    }

    /// Starts it in a process group of its own, both its outputs on ours.
    ///
    /// # Errors
    /// Why it cannot be started, or could not give up its rights.
    pub(crate) fn start(&self) -> io::Result<(Child, Pid)> {
        let (mut command, complaints) = match &self.confined {
            None => {
                let mut shell = Command::new(SHELL);
                shell.arg("-c").stdin(Stdio::null());
                (shell, None)
            }
            Some(spec) => {
                let (program, complaints) = confining(spec)?;
                (program, Some(complaints))
            }
        };
        let output = io::stdout().as_fd().try_clone_to_owned()?;
        let child = command
            .arg(&self.line)
            .envs(self.env.iter().map(|(name, value)| (name, value)))
            .stdout(Stdio::inherit())
            .stderr(output)
            .process_group(0)
            .spawn()?;
        // It holds the other end of the pipe for complaints, which has to be closed to be read.
        drop(command);
        if let Some(complaints) = complaints {
            listen_to(complaints)?;
        }
        let pid = i32::try_from(child.id()).map_err(io::Error::other)?;
        Ok((child, Pid::from_raw(pid)))
    }
}

/// The program that gives up rights and becomes the shell. Its standard input is the pipe on which it
/// complains where it cannot; the shell does not get that.
fn confining(spec: &Confined) -> io::Result<(Command, PipeReader)> {
    let (program, words) = spec
        .program
        .split_first()
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "no supervisor is set"))?;
    let (complaints, complain) = io::pipe()?;
    let mut command = Command::new(program);
    command.args(words).arg(CONFINED).arg(serde_json::to_string(spec)?).stdin(complain);
    Ok((command, complaints))
}

/// Waits until it has become the shell.
fn listen_to(mut complaints: PipeReader) -> io::Result<()> {
    let mut said = String::new();
    complaints.read_to_string(&mut said)?;
    match said.is_empty() {
        true => Ok(()),
        false => Err(io::Error::other(said)),
    }
}
