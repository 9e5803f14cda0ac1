//! The second layer: what a process of the command gives up before it becomes the shell. What it has
//! given up, none of its descendants gets back.

mod files;
mod syscalls;

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode, Stdio};

use nix::sys::resource::{Resource, getrlimit, setrlimit};

use crate::shell::SHELL;
use crate::spec::Confined;

/// Gives up rights, and becomes the shell that runs the line. Returns only if that failed, having said
/// why on standard input.
pub(crate) fn become_the_shell(args: io::Result<(Confined, OsString)>) -> ExitCode {
    let failed = args.and_then(|(spec, line)| {
        let complain = io::stdin().as_fd().try_clone_to_owned()?;
        confine(&spec)?;
        let shell = Command::new(SHELL).arg("-c").arg(line).stdin(Stdio::null()).exec();
        writeln!(File::from(complain), "{SHELL} could not be started: {shell}")?;
        Ok(())
    });
    if let (Err(error), Ok(complain)) = (failed, io::stdin().as_fd().try_clone_to_owned()) {
        // Nobody can be told otherwise.
        writeln!(File::from(complain), "it could not be confined: {error}").ok();
    }
    ExitCode::FAILURE
}

fn confine(spec: &Confined) -> io::Result<()> {
    // At the first the process gets a signal that says why; at the second it is killed.
    lower(Resource::RLIMIT_CPU, spec.cpu_seconds, spec.cpu_seconds.saturating_add(5))?;
    lower(Resource::RLIMIT_FSIZE, spec.file_bytes, spec.file_bytes)?;
    lower(Resource::RLIMIT_NPROC, spec.threads, spec.threads)?;
    // A core dump is a file with the memory of a process in it.
    lower(Resource::RLIMIT_CORE, 0, 0)?;
    if !files::restrict(&spec.writable)? && !spec.is_second_layer {
        return Err(io::Error::other("this kernel has no Landlock"));
    }
    syscalls::restrict(spec.internet)
}

/// Sets a limit, for good, as far as it is not lower already.
fn lower(resource: Resource, soft: u64, hard: u64) -> io::Result<()> {
    let (_, now) = getrlimit(resource)?;
    Ok(setrlimit(resource, soft.min(now), hard.min(now))?)
}
