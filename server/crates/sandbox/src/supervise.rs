//! The supervisor: a small process between the server and one command, which outlives the server
//! just long enough to leave nothing of the command behind.
//!
//! Its three standard streams are its whole interface: standard input is the control pipe, held
//! open by the server for as long as the command may run; standard output is the command's output,
//! never written by the supervisor; standard error takes the one [`Report`].
//!
//! In a sandbox it is process 1 ([`crate::inside`]), and before the command's shell it runs once more,
//! to give up rights ([`crate::confine`]).

use std::ffi::OsString;
use std::io::{self, Write};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ExitCode, ExitStatus};
use std::sync::mpsc::{Sender, channel};
use std::thread;

use nix::unistd::{Pid, setsid};
use serde::de::DeserializeOwned;
use tokio::runtime::Builder;
use tokio::signal::unix::{SignalKind, signal};

use crate::report::Report;
use crate::shell::Shell;
use crate::tree;

/// The first argument of the program as process 1 of a sandbox.
pub(crate) const INSIDE: &str = "--inside";
/// The first argument of the program as a supervisor whose command gives up rights first.
pub(crate) const WEAKER: &str = "--weaker";
/// The first argument of the program as what gives up rights and becomes the shell.
pub(crate) const CONFINED: &str = "--confined";
/// The first argument of the program as what tries to break out.
pub(crate) const ATTEMPT: &str = "--attempt";

/// The entry of the supervisor; `args` is what a runner of this crate has put behind its words.
///
/// The program named to [`crate::PlainRunner::new`] calls this before anything else, while it has
/// a single thread. It ends with 0 when it could report, whatever became of the command.
#[must_use]
pub fn supervise(args: Vec<OsString>) -> ExitCode {
    let said = match args.first().and_then(|word| word.to_str()) {
        Some(CONFINED) => return confine(&args),
        Some(ATTEMPT) => return attempt(&args),
        Some(INSIDE) => inside(args),
        Some(WEAKER) => with_spec(args).and_then(|(spec, line)| run(&Shell::confined(spec, line))),
        _ => match <[OsString; 1]>::try_from(args) {
            Ok([line]) => run(&Shell::plain(line)),
            Err(args) => Err(wrong(&args)),
        },
    };
    match writeln!(io::stderr(), "{}", said.unwrap_or_else(|e| Report::NotStarted(e.to_string()))) {
        Ok(()) => ExitCode::SUCCESS,
        // The server is gone.
        Err(_) => ExitCode::FAILURE,
    }
}

#[cfg(target_os = "linux")]
fn inside(args: Vec<OsString>) -> io::Result<Report> {
    let (spec, line) = with_spec(args)?;
    crate::inside::run(spec, line)
}

#[cfg(not(target_os = "linux"))]
fn inside(_args: Vec<OsString>) -> io::Result<Report> {
    Err(io::Error::other("this system has no namespaces"))
}

#[cfg(target_os = "linux")]
fn confine(args: &[OsString]) -> ExitCode {
    crate::confine::become_the_shell(with_spec(args.to_vec()))
}

#[cfg(not(target_os = "linux"))]
fn confine(_args: &[OsString]) -> ExitCode {
    ExitCode::FAILURE
}

fn attempt(args: &[OsString]) -> ExitCode {
    match with_spec(args.to_vec()) {
        Ok((target, _)) => crate::attempt::try_all(&target),
        Err(_) => ExitCode::FAILURE,
    }
}

/// Reads `[MODE, JSON, LINE]`.
fn with_spec<T: DeserializeOwned>(args: Vec<OsString>) -> io::Result<(T, OsString)> {
    let [_, spec, line] = <[OsString; 3]>::try_from(args).map_err(|args| wrong(&args))?;
    let spec = spec.to_str().ok_or_else(|| io::Error::other("the specification is not text"))?;
    Ok((serde_json::from_str(spec)?, line))
}

fn wrong(args: &[OsString]) -> io::Error {
    io::Error::other(format!("{} arguments instead of one line", args.len()))
}

/// What ends a command.
pub(crate) enum Event {
    /// The shell has ended.
    Ended(Report),
    /// A watcher has seen a reason to end it.
    Seen(Report),
    /// The server is dead, or wants the command dead.
    Closed,
}

fn run(shell: &Shell) -> io::Result<Report> {
    outlive_signals()?;
    // A session of our own: the command cannot ask at the user's terminal, whose signals do not
    // reach it. Fails only for the leader of a group, which a shell has put out of its own.
    setsid().ok();
    tree::adopt_orphans()?;

    let (events, first) = channel();
    watch_the_control_pipe(events.clone())?;
    let (child, pid) = shell.start()?;
    watch_the_shell(child, pid, events).inspect_err(|_| tree::kill_all(pid))?;

    let event = first.recv().unwrap_or(Event::Closed);
    tree::kill_all(pid);
    Ok(event.report())
}

impl Event {
    pub(crate) fn report(self) -> Report {
        match self {
            Self::Ended(report) | Self::Seen(report) => report,
            Self::Closed => Report::Killed,
        }
    }
}

/// The signals by which one ends a program politely, or by its name; the server gets them as well,
/// and it is its end that counts.
const POLITE: [SignalKind; 6] = [
    SignalKind::hangup(),
    SignalKind::interrupt(),
    SignalKind::quit(),
    SignalKind::terminate(),
    SignalKind::user_defined1(),
    SignalKind::user_defined2(),
];

/// From here on only SIGKILL ends the supervisor before the command is dead. They are handled, not
/// blocked or ignored, because the command would inherit that.
fn outlive_signals() -> io::Result<()> {
    let runtime = Builder::new_current_thread().enable_io().build()?;
    let _inside = runtime.enter();
    // The handlers stay when what listens to them is dropped.
    POLITE.into_iter().try_for_each(|kind| signal(kind).map(drop))
}

/// Tells when the server has closed the control pipe, or is dead.
pub(crate) fn watch_the_control_pipe(events: Sender<Event>) -> io::Result<()> {
    thread::Builder::new().spawn(move || {
        // Nothing is ever written to it: its end is the message.
        io::copy(&mut io::stdin(), &mut io::sink()).ok();
        // A failure means that the shell has ended first.
        events.send(Event::Closed).ok();
    })?;
    Ok(())
}

/// Tells when the shell has ended, and reaps orphans until then.
pub(crate) fn watch_the_shell(mut shell: Child, pid: Pid, events: Sender<Event>) -> io::Result<()> {
    thread::Builder::new().spawn(move || {
        if let Some(report) = tree::wait_for(&mut shell, pid).and_then(ending) {
            // A failure means that the control pipe was closed first.
            events.send(Event::Ended(report)).ok();
        }
    })?;
    Ok(())
}

fn ending(ended: ExitStatus) -> Option<Report> {
    ended.code().map(Report::Code).or_else(|| ended.signal().map(Report::Signal))
}
