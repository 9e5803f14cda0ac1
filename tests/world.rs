//! The world of a test: a home of its own, a scripted model, and a project in git.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use scripted_model::{Reply, ScriptedModel};
use serde_json::{Value, json};
use tempfile::TempDir;

/// What a command printed and how it ended.
#[derive(Debug)]
pub struct Ran {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Ran {
    /// The events of `--json`.
    pub fn events(&self) -> Vec<Value> {
        self.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// The names of the stored events, in order.
    pub fn event_names(&self) -> Vec<String> {
        let names =
            self.events().into_iter().map(|event| event["event"].as_str().unwrap().to_owned());
        names.filter(|name| !matches!(name.as_str(), "turn_delta" | "command_output")).collect()
    }
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

/// A home, a scripted model and a project.
pub struct World {
    folder: TempDir,
    pub model: ScriptedModel,
}

impl World {
    /// An empty project, and a model that gives these answers.
    pub async fn new(replies: Vec<Reply>) -> Self {
        let world = Self {
            folder: tempfile::tempdir().unwrap(),
            model: ScriptedModel::start(replies).await,
        };
        std::fs::create_dir_all(world.root()).unwrap();
        std::fs::create_dir_all(world.home()).unwrap();
        let url = world.model.openai_url();
        world.configure(&format!(
            "[models]\ndefault = \"scripted/model\"\n[providers.scripted]\nkind = \"openai\"\nbase_url = \"{url}\"\n"
        ));
        world
    }

    /// The project's folder.
    pub fn root(&self) -> PathBuf {
        self.folder.path().canonicalize().unwrap().join("project")
    }

    /// The folder that holds all of Devika's own files.
    pub fn home(&self) -> PathBuf {
        self.folder.path().canonicalize().unwrap().join("home")
    }

    /// Writes the user's configuration.
    pub fn configure(&self, toml: &str) {
        std::fs::write(self.home().join("config.toml"), toml).unwrap();
    }

    /// Puts a file into the project.
    pub fn file(&self, path: &str, text: &str) -> &Self {
        let path = self.root().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
        self
    }

    /// A file of the project as it is on disk.
    pub fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.root().join(path)).unwrap()
    }

    /// Whether the project has a file.
    pub fn has(&self, path: &str) -> bool {
        self.root().join(path).exists()
    }

    /// Makes the project a repository with everything in it committed.
    pub fn committed(&self) -> &Self {
        let repository = git2::Repository::init_opts(
            self.root(),
            git2::RepositoryInitOptions::new().initial_head("main"),
        )
        .unwrap();
        let mut index = repository.index().unwrap();
        index.add_all(["*"], git2::IndexAddOption::DEFAULT, None).unwrap();
        index.write().unwrap();
        let tree = repository.find_tree(index.write_tree().unwrap()).unwrap();
        let author = git2::Signature::now("A User", "user@example.org").unwrap();
        repository.commit(Some("HEAD"), &author, &author, "Begin", &tree, &[]).unwrap();
        self
    }

    /// The project's repository.
    pub fn repository(&self) -> git2::Repository {
        git2::Repository::open(self.root()).unwrap()
    }

    /// The commit messages from HEAD on, newest first, with the paths each changed.
    pub fn log(&self) -> Vec<(String, Vec<String>)> {
        let repository = self.repository();
        let mut walk = repository.revwalk().unwrap();
        walk.push_head().unwrap();
        walk.map(|id| {
            let commit = repository.find_commit(id.unwrap()).unwrap();
            let parent = commit.parent(0).ok().map(|parent| parent.tree().unwrap());
            let diff = repository
                .diff_tree_to_tree(parent.as_ref(), Some(&commit.tree().unwrap()), None)
                .unwrap();
            let paths =
                diff.deltas().map(|delta| delta.new_file().path().unwrap().display().to_string());
            (commit.message().unwrap().to_owned(), paths.collect())
        })
        .collect()
    }

    /// The name of the branch that is checked out.
    pub fn branch(&self) -> String {
        self.repository().head().unwrap().shorthand().unwrap().to_owned()
    }

    /// A command of Devika in this world, with nothing else in its environment.
    pub fn devika(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_devika"));
        command.args(args).current_dir(self.root()).env_clear();
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.env("HOME", self.home()).env("DEVIKA_HOME", self.home());
        command.stdin(std::process::Stdio::null());
        command
    }

    /// Runs Devika and waits for it.
    pub fn run(&self, args: &[&str]) -> Ran {
        self.devika(args).output().unwrap().into()
    }
}

/// The planner's answer for one step.
pub fn plan(text: &str, files: &[&str], verify: &[&str]) -> Reply {
    plan_of(&[(text, files)], verify)
}

/// The planner's answer.
pub fn plan_of(steps: &[(&str, &[&str])], verify: &[&str]) -> Reply {
    let steps: Vec<Value> =
        steps.iter().map(|(text, files)| json!({ "text": text, "files": files })).collect();
    decision(json!({ "kind": "code", "steps": steps, "verify": verify }))
}

/// A planner's answer with these fields and plain ones for the rest.
pub fn decision(fields: Value) -> Reply {
    let mut all = json!({
        "monologue": "This is simple.",
        "kind": "code",
        "reply": "I will do it.",
        "focus": "the work",
        "steps": [],
        "verify": [],
        "queries": [],
        "question": "",
    });
    all.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    Reply::text(all.to_string()).expect_schema()
}

/// The coder's answer with whole files.
pub fn code(subject: &str, files: &[(&str, &str)]) -> Reply {
    let files: String =
        files.iter().map(|(path, text)| format!("File: `{path}`\n```\n{text}```\n\n")).collect();
    Reply::text(format!("Commit: {subject}\n\n{files}"))
}

/// Everything that a program may have left in a folder, as one text.
pub fn all_bytes(folder: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            bytes.extend(all_bytes(&path));
        } else {
            bytes.extend(std::fs::read(&path).unwrap_or_default());
        }
    }
    bytes
}
