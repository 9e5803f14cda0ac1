//! A directory, a runner with a real supervisor, and a way to see a tree of processes die.

mod life;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Mutex;
use std::time::Duration;

use devika_sandbox::{Command, Outcome, PlainRunner, RunError, Runner};
pub(crate) use life::{Life, example, within};
use tempfile::TempDir;

/// Where the commands of the tests are.
pub(crate) const PATH: &str = "/usr/local/bin:/usr/bin:/bin";

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
            workspace: root.path().canonicalize().unwrap(),
            hosts: Vec::new(),
            ready: None,
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
        Life::at(self.root().join("life"))
    }
}
