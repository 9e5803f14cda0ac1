//! The server's half: starts a supervisor for each command and listens to it.

use std::ffi::OsString;
use std::io;
use std::process::Stdio;
use std::time::Duration;

use async_trait::async_trait;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout};
use tokio::time::{Instant, timeout, timeout_at};

use crate::decode::Decoder;
use crate::port::{Command, Exit, Outcome, RunError, Runner};
use crate::report::Report;
use crate::text::Reader;

/// How long the supervisor may take to kill a tree, and how long output may still come when it is
/// gone. Killing takes milliseconds; a fork bomb takes seconds; a descendant that is not ours to kill
/// uses this up.
const PATIENCE: Duration = Duration::from_secs(5);

/// More than a report: a supervisor that writes more has gone wrong, and this is kept of it.
const LONGEST_REPORT: u64 = 4096;

/// What a pipe holds on Linux, so that one read empties it: 64 KiB.
const PIPE: usize = 64 * 1024;

/// Runs commands with the rights of the user.
///
/// This is a boundary between processes: environment, time, output and lifetime of a command are
/// bounded; the files and the network that it reaches are not.
#[derive(Debug, Clone)]
pub struct PlainRunner {
    supervisor: Vec<OsString>,
}

impl PlainRunner {
    /// `supervisor` is a program, by its absolute path, and its first arguments, which together
    /// call [`crate::supervise`] with the arguments that follow; usually this very program.
    #[must_use]
    pub fn new(supervisor: Vec<OsString>) -> Self {
        Self { supervisor }
    }

    fn start(&self, command: &Command) -> Result<Running, RunError> {
        if !command.cwd.is_dir() {
            return Err(RunError::NoSuchDirectory { cwd: command.cwd.clone() });
        }
        self.spawn(command)
            .map_err(|source| RunError::NotStarted { line: command.line.clone(), source })
    }

    fn spawn(&self, command: &Command) -> io::Result<Running> {
        let (program, args) = self
            .supervisor
            .split_first()
            .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "no supervisor is set"))?;
        let mut supervisor = tokio::process::Command::new(program)
            .args(args)
            .arg(&command.line)
            .current_dir(&command.cwd)
            .env_clear()
            .envs(&command.env)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        let pipes = (supervisor.stdin.take(), supervisor.stdout.take(), supervisor.stderr.take());
        let (Some(control), Some(output), Some(report)) = pipes else {
            return Err(io::Error::other("the supervisor has no pipes"));
        };
        Ok(Running { control: Some(control), output, report, supervisor })
    }
}

#[async_trait]
impl Runner for PlainRunner {
    async fn run(
        &self,
        command: &Command,
        on_output: &(dyn for<'a> Fn(&'a str) + Send + Sync),
    ) -> Result<Outcome, RunError> {
        let started = Instant::now();
        let mut running = self.start(command)?;
        let deadline = started.checked_add(command.time_limit);
        let mut reader = Reader::new(command.output_bytes);

        let report = running.listen(deadline, &mut reader, on_output).await;
        let outcome = |exit| Outcome { exit, output: reader.finish(), duration: started.elapsed() };
        let line = || command.line.clone();
        match report {
            Ok(Report::Code(code)) => Ok(outcome(Exit::Code(code))),
            Ok(Report::Signal(signal)) => Ok(outcome(Exit::Signal(signal))),
            Ok(Report::Killed) => Ok(outcome(Exit::TimedOut)),
            Ok(Report::NotStarted(why)) => {
                Err(RunError::NotStarted { line: line(), source: io::Error::other(why) })
            }
            Err(why) => Err(RunError::Lost { line: line(), why }),
        }
    }
}

/// A command that runs. Dropping this closes the control pipe, and so kills the command.
struct Running {
    control: Option<ChildStdin>,
    output: ChildStdout,
    report: ChildStderr,
    supervisor: Child,
}

impl Running {
    /// Follows the command to its end, which it brings about at the deadline.
    async fn listen(
        &mut self,
        deadline: Option<Instant>,
        reader: &mut Reader,
        on_output: &(dyn for<'a> Fn(&'a str) + Send + Sync),
    ) -> Result<Report, String> {
        let mut show = |text: &str| {
            if !text.is_empty() {
                on_output(text);
                reader.push(text);
            }
        };
        let ending = ending(&mut self.report, &mut self.control, deadline);
        let output = follow(&mut self.output, &mut show);
        tokio::pin!(ending, output);

        let report = tokio::select! {
            report = &mut ending => {
                timeout(PATIENCE, output).await.ok();
                report
            }
            () = &mut output => ending.await,
        };
        // So that no zombie is left; the report has said all that matters.
        timeout(PATIENCE, self.supervisor.wait()).await.ok();
        report
    }
}

/// Hands on what comes, until the last holder of the pipe has closed it.
async fn follow(output: &mut (impl AsyncRead + Unpin), show: &mut impl FnMut(&str)) {
    let mut decoder = Decoder::default();
    let mut piece = vec![0; PIPE];
    // A pipe that cannot be read has ended, as far as anyone can tell.
    while let Ok(length @ 1..) = output.read(&mut piece).await {
        show(&decoder.push(&piece[..length]));
        // A flood is always ready to be read; without this, it would put off the time limit and
        // whatever else this task waits for.
        tokio::task::yield_now().await;
    }
    show(decoder.finish());
}

/// The supervisor's report; closes the control pipe at the deadline.
async fn ending(
    pipe: &mut ChildStderr,
    control: &mut Option<ChildStdin>,
    deadline: Option<Instant>,
) -> Result<Report, String> {
    let mut written = Vec::new();
    let mut pipe = pipe.take(LONGEST_REPORT);
    let read = pipe.read_to_end(&mut written);
    tokio::pin!(read);
    let ended = match deadline {
        Some(deadline) => timeout_at(deadline, &mut read).await.is_ok(),
        None => read.as_mut().await.is_ok(),
    };
    if !ended {
        drop(control.take());
        if timeout(PATIENCE, read).await.is_err() {
            return Err(format!(
                "it is not dead {} s after it had to die; part of it may belong to another user, or \
                 start processes as fast as they are killed",
                PATIENCE.as_secs()
            ));
        }
    }
    let written = String::from_utf8_lossy(&written);
    written.trim_end().parse().map_err(|_| match written.trim_end() {
        "" => "its supervisor was killed".to_owned(),
        text => format!("its supervisor said {text:?}"),
    })
}
