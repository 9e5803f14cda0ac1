//! The supervisor: a small process between the server and one command, which outlives the server
//! just long enough to leave nothing of the command behind.
//!
//! Its three standard streams are its whole interface: standard input is the control pipe, held
//! open by the server for as long as the command may run; standard output is the command's output,
//! never written by the supervisor; standard error takes the one [`Report`].

use std::ffi::OsString;
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{self, Child, ExitCode, Stdio};
use std::sync::mpsc::{Sender, channel};
use std::thread;

use nix::unistd::{Pid, setsid};
use tokio::runtime::Builder;
use tokio::signal::unix::{SignalKind, signal};

use crate::report::Report;
use crate::tree;

/// The entry of the supervisor; `args` holds the line to run and nothing else.
///
/// The program named to [`crate::PlainRunner::new`] calls this before anything else, while it has
/// a single thread. It ends with 0 when it could report, whatever became of the command.
#[must_use]
pub fn supervise(args: Vec<OsString>) -> ExitCode {
    let report = match <[OsString; 1]>::try_from(args) {
        Ok([line]) => run(line).unwrap_or_else(|e| Report::NotStarted(e.to_string())),
        Err(args) => Report::NotStarted(format!("{} arguments instead of one line", args.len())),
    };
    match writeln!(io::stderr(), "{report}") {
        Ok(()) => ExitCode::SUCCESS,
        // The server is gone.
        Err(_) => ExitCode::FAILURE,
    }
}

/// What ends a command.
enum Event {
    /// The shell has ended.
    Ended(Report),
    /// The server is dead, or wants the command dead.
    Closed,
}

fn run(line: OsString) -> io::Result<Report> {
    outlive_signals()?;
    // A session of our own: the command cannot ask at the user's terminal, whose signals do not
    // reach it. Fails only for the leader of a group, which a shell has put out of its own.
    setsid().ok();
    tree::adopt_orphans()?;

    let (events, first) = channel();
    let closed = events.clone();
    thread::Builder::new().spawn(move || watch_the_control_pipe(&closed))?;
    let (shell, pid) = start(line)?;
    thread::Builder::new()
        .spawn(move || watch_the_shell(shell, pid, &events))
        .inspect_err(|_| tree::kill_all(pid))?;

    let event = first.recv().unwrap_or(Event::Closed);
    tree::kill_all(pid);
    Ok(match event {
        Event::Ended(report) => report,
        Event::Closed => Report::Killed,
    })
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

fn start(line: OsString) -> io::Result<(Child, Pid)> {
    let output = io::stdout().as_fd().try_clone_to_owned()?;
    let shell = process::Command::new("/bin/sh")
        .arg("-c")
        .arg(line)
        .stdin(Stdio::null())
        .stdout(Stdio::inherit())
        .stderr(output)
        .process_group(0)
        .spawn()?;
    let pid = i32::try_from(shell.id()).map_err(io::Error::other)?;
    Ok((shell, Pid::from_raw(pid)))
}

fn watch_the_control_pipe(events: &Sender<Event>) {
    // Nothing is ever written to it: its end is the message.
    io::copy(&mut io::stdin(), &mut io::sink()).ok();
    // A failure means that the shell has ended first.
    events.send(Event::Closed).ok();
}

fn watch_the_shell(mut shell: Child, pid: Pid, events: &Sender<Event>) {
    let report = tree::wait_for(&mut shell, pid).and_then(|ended| {
        ended.code().map(Report::Code).or_else(|| ended.signal().map(Report::Signal))
    });
    if let Some(report) = report {
        // A failure means that the control pipe was closed first.
        events.send(Event::Ended(report)).ok();
    }
}
