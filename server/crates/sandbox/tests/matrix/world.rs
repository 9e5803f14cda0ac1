//! A machine: a home, a workspace with a history, Devika's own folder, and somebody else's files.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Duration;

use devika_sandbox::{
    Command, Fallback, Limits, Outcome, PlainRunner, Readiness, RunError, Runner, Sandbox,
    SandboxRunner,
};
use tempfile::TempDir;

use crate::life::{Life, example, within};

/// Where the commands of the tests are.
pub(crate) const PATH: &str = "/usr/local/bin:/usr/bin:/bin:/usr/sbin";

/// A machine, with a command on it and a runner that can be changed before it runs.
pub(crate) struct World {
    root: TempDir,
    pub(crate) sandbox: Sandbox,
    pub(crate) command: Command,
}

impl World {
    pub(crate) fn new() -> Self {
        let root = tempfile::Builder::new().prefix("m").tempdir().unwrap();
        let at = |name: &str| {
            let folder = root.path().canonicalize().unwrap().join(name);
            fs::create_dir_all(&folder).unwrap();
            folder
        };
        for folder in ["home/.ssh", "outside", "devika", "home/project/.git/hooks"] {
            at(folder);
        }
        fs::write(at("home/.ssh").join("id"), "SECRET\n").unwrap();
        fs::write(at("devika").join("devika.db"), "SECRET\n").unwrap();
        fs::write(at("outside").join("theirs"), "theirs\n").unwrap();
        fs::write(at("home/project/.git").join("config"), "[core]\n").unwrap();
        fs::write(at("home/project/.git").join("HEAD"), "ref: refs/heads/main\n").unwrap();
        let sandbox = Sandbox {
            supervisor: vec![example("supervise").into()],
            search_path: Some(PATH.into()),
            home: Some(at("home")),
            hidden: vec![at("devika")],
            scratch: at("devika/run"),
            downloads: Some(at("devika/downloads")),
            hosts: Vec::new(),
            private_hosts: Vec::new(),
            limits: Limits::default(),
            fallback: Fallback::Refuse,
        };
        let env = BTreeMap::from([
            ("PATH".to_owned(), PATH.to_owned()),
            ("HOME".to_owned(), at("home").to_str().unwrap().to_owned()),
        ]);
        let command = Command {
            env,
            time_limit: Duration::from_secs(15),
            ..Command::new("", at("home/project"))
        };
        Self { root, sandbox, command }
    }

    pub(crate) fn limits(mut self, limits: Limits) -> Self {
        self.sandbox.limits = limits;
        self
    }

    pub(crate) fn time_limit(mut self, limit: Duration) -> Self {
        self.command.time_limit = limit;
        self
    }

    pub(crate) fn ready(mut self, ready: Readiness) -> Self {
        self.command.ready = Some(ready);
        self
    }

    /// A path on the machine, such as `outside/theirs`.
    pub(crate) fn at(&self, path: &str) -> PathBuf {
        self.root.path().canonicalize().unwrap().join(path)
    }

    /// A path in the workspace.
    pub(crate) fn file(&self, path: &str) -> PathBuf {
        self.command.workspace.join(path)
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        let file = self.file(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }

    /// The names in a folder, in order.
    pub(crate) fn names(&self, path: &str) -> Vec<String> {
        names(&self.at(path))
    }

    pub(crate) fn life(&self) -> Life {
        Life::at(self.file("life"))
    }

    pub(crate) fn runner(&self) -> SandboxRunner {
        SandboxRunner::new(self.sandbox.clone())
    }

    fn command(&self, line: &str) -> Command {
        Command { line: line.to_owned(), ..self.command.clone() }
    }

    /// Runs a line without the sandbox.
    pub(crate) async fn plain(&self, line: &str) -> Outcome {
        let runner = PlainRunner::new(self.sandbox.supervisor.clone());
        within(runner.run(&self.command(line), &|_| ())).await.unwrap()
    }

    /// Runs a line in the sandbox.
    pub(crate) async fn run(&self, line: &str) -> Outcome {
        self.try_run(line).await.unwrap()
    }

    pub(crate) async fn try_run(&self, line: &str) -> Result<Outcome, RunError> {
        within(self.runner().run(&self.command(line), &|_| ())).await
    }

    /// Runs a line in the sandbox; the output as it came.
    pub(crate) async fn follow(&self, line: &str) -> Vec<String> {
        let pieces = Mutex::new(Vec::new());
        let keep = |piece: &str| pieces.lock().unwrap().push(piece.to_owned());
        within(self.runner().run(&self.command(line), &keep)).await.unwrap();
        pieces.into_inner().unwrap()
    }

    /// A line that runs a Python program.
    pub(crate) fn python(&self, program: &str) -> String {
        let file = self.file("program.py");
        fs::write(&file, program).unwrap();
        format!("python3 {}", file.display())
    }
}

pub(crate) fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
    let mut names: Vec<_> = entries.map(|name| name.into_string().unwrap()).collect();
    names.sort();
    names
}
