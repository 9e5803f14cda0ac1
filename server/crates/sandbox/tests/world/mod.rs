//! A directory, a runner with a real supervisor, and a way to see a tree of processes die.

use std::collections::BTreeMap;
use std::fs::File;
use std::future::Future;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Duration;

use devika_sandbox::{Command, Outcome, PlainRunner, RunError, Runner};
use nix::sys::stat::Mode;
use tempfile::TempDir;
use tokio::sync::oneshot;

/// Where the commands of the tests are.
pub(crate) const PATH: &str = "/usr/local/bin:/usr/bin:/bin";

/// Fails instead of waiting for ever.
pub(crate) async fn within<T>(event: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(20), event).await.expect("it never happened")
}

/// An example of this crate, which is built along with its tests, next to them.
pub(crate) fn example(name: &str) -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let path = test.parent().and_then(Path::parent).unwrap().join("examples").join(name);
    assert!(path.exists(), "{} is missing: run the tests without --test", path.display());
    path
}

/// Builds commands and runs them.
pub(crate) struct World {
    root: TempDir,
    command: Command,
}

impl World {
    pub(crate) fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        let command = Command {
            line: String::new(),
            cwd: root.path().canonicalize().unwrap(),
            env: BTreeMap::from([("PATH".to_owned(), PATH.to_owned())]),
            time_limit: Duration::from_secs(30),
            output_bytes: 64 * 1024,
        };
        Self { root, command }
    }

    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.command.env.insert(name.to_owned(), value.to_owned());
        self
    }

    pub(crate) fn in_directory(mut self, cwd: PathBuf) -> Self {
        self.command.cwd = cwd;
        self
    }

    pub(crate) fn time_limit(mut self, time_limit: Duration) -> Self {
        self.command.time_limit = time_limit;
        self
    }

    pub(crate) fn output_bytes(mut self, output_bytes: usize) -> Self {
        self.command.output_bytes = output_bytes;
        self
    }

    pub(crate) fn root(&self) -> PathBuf {
        self.root.path().canonicalize().unwrap()
    }

    pub(crate) async fn run(&self, line: &str) -> Outcome {
        self.try_run(line).await.unwrap()
    }

    pub(crate) async fn try_run(&self, line: &str) -> Result<Outcome, RunError> {
        self.run_showing(line, &|_| ()).await
    }

    /// The outcome, and the pieces of output as they came.
    pub(crate) async fn follow(&self, line: &str) -> (Outcome, Vec<String>) {
        let pieces = Mutex::new(Vec::new());
        let outcome =
            self.run_showing(line, &|piece| pieces.lock().unwrap().push(piece.to_owned())).await;
        (outcome.unwrap(), pieces.into_inner().unwrap())
    }

    pub(crate) async fn run_showing(
        &self,
        line: &str,
        on_output: &(dyn for<'a> Fn(&'a str) + Send + Sync),
    ) -> Result<Outcome, RunError> {
        let command = Command { line: line.to_owned(), ..self.command.clone() };
        let runner = PlainRunner::new(vec![example("supervise").into()]);
        within(runner.run(&command, on_output)).await
    }

    /// Watches the processes of a command that starts with [`Life::hold`].
    pub(crate) fn life(&self) -> Life {
        let fifo = self.root().join("life");
        nix::unistd::mkfifo(&fifo, Mode::S_IRWXU).unwrap();
        let (begun, has_begun) = oneshot::channel();
        let (ended, has_ended) = oneshot::channel();
        let path = fifo.clone();
        std::thread::spawn(move || {
            // Opening waits for the writer.
            let mut reader = BufReader::new(File::open(path).unwrap());
            reader.read_line(&mut String::new()).unwrap();
            begun.send(()).ok();
            reader.read_to_end(&mut Vec::new()).unwrap();
            ended.send(()).ok();
        });
        Life { fifo, begun: Mutex::new(Some(has_begun)), ended: Mutex::new(Some(has_ended)) }
    }
}

/// A fifo that every process of a command holds open: its end is the death of the last of them.
pub(crate) struct Life {
    fifo: PathBuf,
    begun: Mutex<Option<oneshot::Receiver<()>>>,
    ended: Mutex<Option<oneshot::Receiver<()>>>,
}

impl Life {
    /// The shell's words that open the fifo.
    pub(crate) fn hold(&self) -> String {
        format!("exec 9>'{}'; echo begun >&9", self.fifo.display())
    }

    pub(crate) async fn begun(&self) {
        let begun = self.begun.lock().unwrap().take().unwrap();
        begun.await.unwrap();
    }

    pub(crate) async fn ended(&self) {
        let ended = self.ended.lock().unwrap().take().unwrap();
        ended.await.unwrap();
    }
}
