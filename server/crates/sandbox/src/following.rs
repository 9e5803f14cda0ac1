//! Following a command from the server: its output as it comes, and its report.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::{ChildStderr, ChildStdin, ChildStdout};
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until, timeout};

use crate::decode::Decoder;
use crate::port::{Command, Exit};
use crate::readiness::Readiness;
use crate::report::Report;
use crate::text::Reader;

/// How long the supervisor may take to kill a tree, and how long output may still come when it is
/// gone. Killing takes milliseconds; a fork bomb takes seconds; a descendant that is not ours to kill
/// uses this up.
pub(crate) const PATIENCE: Duration = Duration::from_secs(5);

/// More than a report: a supervisor that writes more has gone wrong, and this is kept of it.
const LONGEST_REPORT: u64 = 4096;

/// What a pipe holds on Linux, so that one read empties it: 64 KiB.
const PIPE: usize = 64 * 1024;

/// The end of a line is kept until more comes, so that words split between two pieces are found.
const TAIL: usize = 64;

/// The three streams of a command that runs. Dropping them closes the control pipe, and so kills it.
pub(crate) struct Streams {
    pub(crate) control: ChildStdin,
    pub(crate) output: ChildStdout,
    pub(crate) report: ChildStderr,
}

/// How a command ended.
pub(crate) enum Ending {
    /// This way.
    Exit(Exit),
    /// It was never started.
    NotStarted(String),
}

impl Streams {
    /// Follows a command to its end, which it brings about at the time limit, or when a server is
    /// ready.
    ///
    /// # Errors
    /// What was seen instead of an ending.
    pub(crate) async fn follow(
        self,
        command: &Command,
        started: Instant,
        reader: &mut Reader,
        on_output: &(dyn for<'a> Fn(&'a str) + Send + Sync),
    ) -> Result<Ending, String> {
        let Self { control, mut output, mut report } = self;
        let listener = Listener::new(command.ready.as_ref());
        let mut show = |text: &str| {
            if !text.is_empty() {
                on_output(text);
                reader.push(text);
                listener.hear(text);
            }
        };
        let deadline = started.checked_add(command.time_limit);
        let ending = ending(&mut report, control, deadline, &listener);
        let output = follow(&mut output, &mut show);
        tokio::pin!(ending, output);
        tokio::select! {
            ending = &mut ending => {
                timeout(PATIENCE, output).await.ok();
                ending
            }
            () = &mut output => ending.await,
        }
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

/// Listens for a server's word that it is up.
struct Listener<'a> {
    ready: Option<&'a Readiness>,
    tail: Mutex<String>,
    heard: Notify,
}

impl<'a> Listener<'a> {
    fn new(ready: Option<&'a Readiness>) -> Self {
        Self { ready, tail: Mutex::default(), heard: Notify::new() }
    }

    fn hear(&self, text: &str) {
        let Some(ready) = self.ready else { return };
        let mut tail = self.tail.lock().unwrap_or_else(PoisonError::into_inner);
        tail.push_str(text);
        if ready.is_told_by(&tail) {
            self.heard.notify_one();
        }
        let from = tail.ceil_char_boundary(tail.len().saturating_sub(TAIL));
        tail.drain(..from);
    }

    /// Returns when the server has said so, and has stayed up.
    async fn settled(&self) {
        match self.ready {
            Some(ready) => {
                self.heard.notified().await;
                tokio::time::sleep(ready.settle).await;
            }
            None => std::future::pending().await,
        }
    }
}

/// The supervisor's report; closes the control pipe at the deadline, or when a server is ready.
async fn ending(
    pipe: &mut ChildStderr,
    control: ChildStdin,
    deadline: Option<Instant>,
    listener: &Listener<'_>,
) -> Result<Ending, String> {
    let mut written = Vec::new();
    let mut pipe = pipe.take(LONGEST_REPORT);
    let read = pipe.read_to_end(&mut written);
    tokio::pin!(read);
    let late = async {
        match deadline {
            Some(deadline) => sleep_until(deadline).await,
            None => std::future::pending().await,
        }
    };
    let killed_as = tokio::select! {
        biased;
        _ = &mut read => None,
        () = listener.settled() => Some(Exit::Ready),
        () = late => Some(Exit::TimedOut),
    };
    drop(control);
    if killed_as.is_some() && timeout(PATIENCE, read).await.is_err() {
        return Err(format!(
            "it is not dead {} s after it had to die; part of it may belong to another user, or \
             start processes as fast as they are killed",
            PATIENCE.as_secs()
        ));
    }
    let written = String::from_utf8_lossy(&written);
    let report = written.trim_end().parse().map_err(|_| match written.trim_end() {
        "" => "its supervisor was killed".to_owned(),
        text => format!("its supervisor said {text:?}"),
    })?;
    Ok(match report {
        Report::Code(code) => Ending::Exit(Exit::Code(code)),
        Report::Signal(signal) => Ending::Exit(Exit::Signal(signal)),
        Report::Killed => Ending::Exit(killed_as.unwrap_or(Exit::TimedOut)),
        Report::Ready => Ending::Exit(Exit::Ready),
        Report::Limit(limit) => Ending::Exit(Exit::Limit(limit)),
        Report::NotStarted(why) => Ending::NotStarted(why),
    })
}
