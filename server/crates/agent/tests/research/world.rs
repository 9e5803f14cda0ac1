//! The world of a test: a project in git, and an engine over the doubles.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use devika_agent::{
    DiskEditor, Engine, KnowledgeBounds, Models, Outside, ReadAndRemember, RoleModels, Settings,
    StartTask, Trajectory, Wanted, Workspace,
};
use devika_config::Sources;
use devika_protocol::{Event, TaskId};
use devika_store::Store;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::Notify;

use crate::doubles::{Notebook, Parrot, Person, Shelf, SmallWeb, lock};
use crate::map::Atlas;

pub(crate) struct World {
    folder: TempDir,
    store: Store,
    pub(crate) web: Arc<SmallWeb>,
    pub(crate) memory: Arc<Shelf>,
    pub(crate) model: Arc<Parrot>,
    pub(crate) runner: Arc<Notebook>,
    pub(crate) user: Arc<Person>,
    pub(crate) atlas: Arc<Atlas>,
    has_web: bool,
    has_memory: bool,
}

/// A task that has ended.
pub(crate) struct Ended {
    pub(crate) task: TaskId,
    pub(crate) events: Vec<Event>,
}

impl Ended {
    pub(crate) fn end(&self) -> &Event {
        self.events.last().unwrap()
    }

    /// What the task says at its end.
    pub(crate) fn summary(&self) -> &str {
        match self.end() {
            Event::Completed { summary, .. } => summary,
            Event::Failed { reason } => reason,
            Event::Paused { text, .. } => text,
            other => panic!("{other:?}"),
        }
    }

    pub(crate) fn warnings<'a>(&'a self) -> Vec<&'a str> {
        let warning = |event: &'a Event| match event {
            Event::Warning { text } => Some(text.as_str()),
            _ => None,
        };
        self.events.iter().filter_map(warning).collect()
    }

    /// The names of the events that research tells, in order.
    pub(crate) fn research(&self) -> Vec<Value> {
        let told = self.events.iter().map(|event| json!(event));
        let names = ["searched", "page_read", "passages_used"];
        told.filter(|event| names.contains(&event["event"].as_str().unwrap())).collect()
    }
}

impl World {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("project")).unwrap();
        Self {
            store: Store::in_memory().unwrap(),
            folder,
            web: Arc::default(),
            memory: Arc::default(),
            model: Arc::default(),
            runner: Arc::default(),
            user: Arc::default(),
            atlas: Arc::default(),
            has_web: true,
            has_memory: true,
        }
    }

    pub(crate) fn without_web(mut self) -> Self {
        self.has_web = false;
        self
    }

    pub(crate) fn without_memory(mut self) -> Self {
        self.has_memory = false;
        self
    }

    /// The conversation of the project is gone, as on another machine; its memory is not.
    pub(crate) fn without_conversation(&mut self) {
        self.store = Store::in_memory().unwrap();
    }

    pub(crate) fn root(&self) -> PathBuf {
        self.folder.path().canonicalize().unwrap().join("project")
    }

    pub(crate) fn project(&self) -> String {
        self.root().display().to_string()
    }

    /// What the model answers next.
    pub(crate) fn says(&self, answers: impl IntoIterator<Item = String>) -> &Self {
        lock(&self.model.answers).extend(answers);
        self
    }

    /// The requests that the model got since the last time.
    pub(crate) fn requests(&self) -> Vec<String> {
        std::mem::take(&mut lock(&self.model.requests))
    }

    pub(crate) fn settings(&self) -> Settings {
        let config = devika_config::load(&Sources::default()).unwrap().config;
        let bounds = KnowledgeBounds { pages: 2, keep_pages: Duration::from_secs(30 * 24 * 3_600) };
        let web = self.has_web.then(|| Arc::clone(&self.web) as Arc<dyn devika_browser::Web>);
        let memory =
            self.has_memory.then(|| Arc::clone(&self.memory) as Arc<dyn devika_memory::Memory>);
        let atlas = Arc::clone(&self.atlas) as Arc<dyn devika_agent::CodeMap>;
        let knowledge = ReadAndRemember::new(web, memory, bounds).with_map(atlas);
        Settings {
            tasks: config.tasks,
            commands: config.commands,
            git: config.git,
            checkpoints: config.checkpoints,
            command_env: [].into(),
            signing_env: [].into(),
            leases: self.folder.path().join("leases"),
            worktrees: self.folder.path().join("worktrees"),
            key_in: Arc::new(|text| text.contains("canary").then(|| "double".to_owned())),
            reports: self.folder.path().join("reports"),
            outside: Outside::default(),
            printer: None,
            knowledge: Some(Arc::new(knowledge)),
        }
    }

    fn engine(&self) -> Engine {
        let models = Arc::new(OneModel(Arc::clone(&self.model)));
        let runner = Arc::clone(&self.runner) as Arc<dyn devika_sandbox::Runner>;
        Engine::new(self.store.clone(), models, runner, self.settings())
    }

    fn workspace(&self) -> Workspace {
        let user = Arc::clone(&self.user) as Arc<dyn devika_agent::User>;
        let editor = Arc::new(DiskEditor::new(self.root()));
        Workspace { root: self.root(), editor, user, place: "a test".to_owned() }
    }

    /// Carries a task out to its end.
    pub(crate) async fn run(&self, prompt: &str) -> Ended {
        let engine = self.engine();
        let request =
            StartTask { prompt: prompt.to_owned(), trusted: true, ..StartTask::default() };
        let mut events = engine.subscribe();
        let task = engine.start(request, self.workspace()).await.unwrap();
        while !events.next().await.unwrap().event.is_terminal() {}
        engine.shutdown().await;
        self.ended(task).await
    }

    /// Begins a task, and ends its engine as soon as something has happened.
    pub(crate) async fn run_until(&self, prompt: &str, happened: &Notify) -> TaskId {
        let engine = self.engine();
        let request =
            StartTask { prompt: prompt.to_owned(), trusted: true, ..StartTask::default() };
        let task = engine.start(request, self.workspace()).await.unwrap();
        happened.notified().await;
        engine.shutdown().await;
        task
    }

    /// Takes a task up again, in an engine of its own.
    pub(crate) async fn resume(&self, task: TaskId) -> Ended {
        let engine = self.engine();
        let mut events = engine.subscribe();
        engine.resume(task, self.workspace(), None).await.unwrap();
        while !events.next().await.unwrap().event.is_terminal() {}
        engine.shutdown().await;
        self.ended(task).await
    }

    async fn ended(&self, task: TaskId) -> Ended {
        let records = self.store.events(task).await.unwrap();
        Ended { task, events: records.into_iter().map(|record| record.event).collect() }
    }

    pub(crate) async fn trajectory(&self, task: TaskId) -> Trajectory {
        self.engine().trajectory(task).await.unwrap()
    }

    /// Puts a file into the project.
    pub(crate) fn file(&self, path: &str, text: &str) {
        let path = self.root().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// Makes the project a repository with everything in it committed.
    pub(crate) fn committed(&self) {
        let repository = git2::Repository::init(self.root()).unwrap();
        let mut index = repository.index().unwrap();
        index.add_all(["*"], git2::IndexAddOption::DEFAULT, None).unwrap();
        index.write().unwrap();
        let tree = repository.find_tree(index.write_tree().unwrap()).unwrap();
        let author = git2::Signature::now("A User", "user@example.org").unwrap();
        repository.commit(Some("HEAD"), &author, &author, "Begin", &tree, &[]).unwrap();
    }

    /// The message of HEAD.
    pub(crate) fn commit(&self) -> String {
        let repository = git2::Repository::open(self.root()).unwrap();
        let commit = repository.head().unwrap().peel_to_commit().unwrap();
        commit.message().unwrap().to_owned()
    }

    pub(crate) fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.root().join(path)).unwrap()
    }
}

struct OneModel(Arc<Parrot>);

#[async_trait]
impl Models for OneModel {
    async fn models(
        &self,
        _wanted: &Wanted<'_>,
        _say: &(dyn Fn(String) + Send + Sync),
    ) -> Result<RoleModels, String> {
        Ok(RoleModels::new(Arc::clone(&self.0) as Arc<dyn devika_llm::LanguageModel>))
    }
}

/// The planner's answer: one step that writes `client.py`.
pub(crate) fn plan(queries: &[&str]) -> String {
    decision(json!({
        "steps": [{ "text": "Write client.py that connects to the widget", "files": ["client.py"] }],
        "verify": ["python3 client.py"],
        "queries": queries,
    }))
}

/// A planner's answer with these fields and plain ones for the rest.
pub(crate) fn decision(fields: Value) -> String {
    let mut all = json!({
        "monologue": "", "kind": "code", "reply": "Done so.", "focus": "the client",
        "steps": [], "verify": [], "queries": [], "question": "",
    });
    all.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    all.to_string()
}

/// The coder's answer.
pub(crate) fn code(text: &str) -> String {
    format!("Commit: Add the client\n\nFile: `client.py`\n```\n{text}\n```\n")
}
