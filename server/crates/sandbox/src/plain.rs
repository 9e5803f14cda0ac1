//! Commands with the rights of the user: a supervisor for each, and nothing else.

use std::ffi::OsString;
use std::io;
use std::process::Stdio;

use async_trait::async_trait;
use tokio::process::Child;
use tokio::time::{Instant, timeout};

use crate::following::{Ending, PATIENCE, Streams};
use crate::port::{Command, Outcome, RunError, Runner};
use crate::text::Reader;

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

    /// The same, with `more` arguments before the line.
    pub(crate) fn with(supervisor: &[OsString], more: impl IntoIterator<Item = OsString>) -> Self {
        Self { supervisor: supervisor.iter().cloned().chain(more).collect() }
    }

    fn start(&self, command: &Command) -> Result<(Streams, Child), RunError> {
        if !command.cwd.is_dir() {
            return Err(RunError::NoSuchDirectory { cwd: command.cwd.clone() });
        }
        self.spawn(command)
            .map_err(|source| RunError::NotStarted { line: command.line.clone(), source })
    }

    fn spawn(&self, command: &Command) -> io::Result<(Streams, Child)> {
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
        Ok((Streams { control, output, report }, supervisor))
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
        let (streams, mut supervisor) = self.start(command)?;
        let mut reader = Reader::new(command.output_bytes);
        let ending = streams.follow(command, started, &mut reader, on_output).await;
        // So that no zombie is left; the report has said all that matters.
        timeout(PATIENCE, supervisor.wait()).await.ok();
        outcome(command, ending, reader, started)
    }
}

/// What a runner returns for an ending.
pub(crate) fn outcome(
    command: &Command,
    ending: Result<Ending, String>,
    reader: Reader,
    started: Instant,
) -> Result<Outcome, RunError> {
    let line = || command.line.clone();
    match ending {
        Ok(Ending::Exit(exit)) => Ok(Outcome {
            exit,
            output: reader.finish(),
            duration: started.elapsed(),
            refused_hosts: Vec::new(),
            slipped: Vec::new(),
        }),
        Ok(Ending::NotStarted(why)) => {
            Err(RunError::NotStarted { line: line(), source: io::Error::other(why) })
        }
        Err(why) => Err(RunError::Lost { line: line(), why }),
    }
}
