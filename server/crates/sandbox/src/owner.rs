//! The thread that owns a sandboxed command: it starts it, outlives it, and cleans up behind it, also
//! where nobody waits for the command any more.
//!
//! A thread of its own, because a sandbox dies with the thread that has started it.

use std::io;
use std::process::{ChildStderr, ChildStdin, ChildStdout, Command, Stdio};
use std::thread;

use tokio::sync::oneshot;

use crate::audit::Audit;
use crate::following::Streams;
use crate::port::Slip;

/// A sandboxed command that runs.
pub(crate) struct Owned {
    pub(crate) streams: Streams,
    /// What had to be undone, once it is dead.
    pub(crate) undone: oneshot::Receiver<Vec<Slip>>,
}

/// The streams as the standard library has them.
type Pipes = (ChildStdin, ChildStdout, ChildStderr);

/// Starts what `prepare` makes. It runs on the thread, so that it may read files.
pub(crate) async fn start(
    prepare: impl FnOnce() -> io::Result<(Audit, Command)> + Send + 'static,
) -> io::Result<Owned> {
    let (started, has_started) = oneshot::channel::<io::Result<Pipes>>();
    let (done, undone) = oneshot::channel();
    thread::Builder::new().spawn(move || {
        let (audit, mut command) = match prepare() {
            Ok(prepared) => prepared,
            Err(error) => {
                // A failure means that nobody waits for it any more; so below.
                started.send(Err(error)).ok();
                return;
            }
        };
        let spawned =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        match spawned {
            Ok(mut child) => {
                let pipes = (child.stdin.take(), child.stdout.take(), child.stderr.take());
                let (Some(control), Some(output), Some(report)) = pipes else { return };
                started.send(Ok((control, output, report))).ok();
                // How it ended is in its report.
                child.wait().ok();
            }
            Err(error) => {
                started.send(Err(error)).ok();
            }
        }
        done.send(audit.undo()).ok();
    })?;
    let (control, output, report) =
        has_started.await.map_err(|_| io::Error::other("the sandbox has no pipes"))??;
    let streams = Streams {
        control: tokio::process::ChildStdin::from_std(control)?,
        output: tokio::process::ChildStdout::from_std(output)?,
        report: tokio::process::ChildStderr::from_std(report)?,
    };
    Ok(Owned { streams, undone })
}
