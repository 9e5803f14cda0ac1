//! An engine over a scene, and the life of its tasks.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use devika_agent::{
    Ask, DiskEditor, Editor, EditorError, Engine, Models, Outside, RoleModels, Settings, Snapshot,
    StartTask, User, UserReply, Wanted, Workspace,
};
use devika_config::Sources;
use devika_edit::FileEdit;
use devika_protocol::{Event, TaskId};
use devika_sandbox::{Command, Exit, Outcome, RunError, Runner};
use devika_store::Store;
use tempfile::TempDir;
use tokio::sync::Notify;

use crate::agent::RandomAgent;
use crate::scene::{Scene, Shared};
use crate::user;

/// How often a task that is paused, failed or was interrupted is taken up again.
const RESUMES: u32 = 3;

pub(crate) struct World {
    folder: TempDir,
    scene: Arc<Shared>,
    store: Store,
    stopped: Arc<Stopped>,
}

/// The moment at which the program is ended in the middle of a task.
#[derive(Default)]
struct Stopped {
    is_due: AtomicBool,
    now: Notify,
}

impl World {
    pub(crate) fn new(seed: u64) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap().join("project");
        let scene = Arc::new(Shared::new(Scene::new(&root, seed)));
        Self { folder, scene, store: Store::in_memory().unwrap(), stopped: Arc::default() }
    }

    /// What user and agent did so far.
    pub(crate) fn actions(&self) -> usize {
        self.scene.lock().log.len()
    }

    /// Carries out one task, and takes it up again a few times where it did not come to its end. Says how
    /// it ended.
    pub(crate) async fn one_task(&self) -> String {
        user::acts(&mut self.scene.lock(), 5);
        let prompt = "Change the files".to_owned();
        let request = StartTask { prompt, trusted: true, ..StartTask::default() };
        let engine = self.engine();
        let mut events = engine.subscribe();
        let task = engine.start(request, self.workspace()).await.unwrap();
        let mut end = self.end_of(&engine, &mut events, task).await;
        for _ in 0..RESUMES {
            if matches!(end.as_str(), "completed" | "cancelled") {
                break;
            }
            user::acts(&mut self.scene.lock(), 2);
            user::obliges(&mut self.scene.lock(), &end);
            let engine = self.engine();
            let mut events = engine.subscribe();
            engine.resume(task, self.workspace(), None).await.unwrap();
            end = self.end_of(&engine, &mut events, task).await;
        }
        end.split(':').next().unwrap_or_default().to_owned()
    }

    /// Waits for the task's end, or for the program's, and checks the promises there.
    async fn end_of(
        &self,
        engine: &Engine,
        events: &mut devika_store::EventStream,
        task: TaskId,
    ) -> String {
        let is_due = self.scene.lock().rng.u8(..5) == 0;
        self.stopped.is_due.store(is_due, Ordering::SeqCst);
        let end = async {
            loop {
                let record = events.next().await.unwrap();
                if record.task == task && record.event.is_terminal() {
                    break record.event;
                }
            }
        };
        let end = tokio::select! {
            end = end => told(&end),
            () = self.stopped.now.notified() => "interrupted".to_owned(),
        };
        engine.shutdown().await;
        let mut scene = self.scene.lock();
        scene.log.push(format!("agent: task {task} is {end}"));
        scene.check("the task");
        end
    }

    fn engine(&self) -> Engine {
        let models = Arc::new(OneModel(Arc::clone(&self.scene)));
        let runner = Arc::new(Idle(Arc::clone(&self.scene)));
        Engine::new(self.store.clone(), models, runner, self.settings())
    }

    fn settings(&self) -> Settings {
        let config = devika_config::load(&Sources::default()).unwrap().config;
        Settings {
            tasks: config.tasks,
            commands: config.commands,
            git: config.git,
            checkpoints: config.checkpoints,
            command_env: [].into(),
            signing_env: [].into(),
            leases: self.folder.path().join("leases"),
            worktrees: self.folder.path().join("worktrees"),
            key_in: Arc::new(|_| None),
            reports: self.folder.path().join("reports"),
            outside: Outside::default(),
            printer: None,
            knowledge: None,
        }
    }

    fn workspace(&self) -> Workspace {
        let root: PathBuf = self.scene.lock().root.clone();
        let editor = Disturbed {
            editor: DiskEditor::new(root.clone()),
            scene: Arc::clone(&self.scene),
            stopped: Arc::clone(&self.stopped),
        };
        let place = "a test".to_owned();
        Workspace { root, editor: Arc::new(editor), user: Arc::new(Agreeable), place }
    }
}

fn told(event: &Event) -> String {
    match event {
        Event::Completed { .. } => "completed".to_owned(),
        Event::Failed { reason } => format!("failed: {reason}"),
        Event::Paused { text, .. } => format!("paused: {text}"),
        _ => "cancelled".to_owned(),
    }
}

/// The file system, in which the user goes on before each edit and after it; and where the program ends.
struct Disturbed {
    editor: DiskEditor,
    scene: Arc<Shared>,
    stopped: Arc<Stopped>,
}

#[async_trait]
impl Editor for Disturbed {
    fn snapshot(&self) -> Snapshot {
        self.editor.snapshot()
    }

    async fn apply(&self, edit: &FileEdit) -> Result<(), EditorError> {
        user::acts(&mut self.scene.lock(), 1);
        let outcome = self.editor.apply(edit).await;
        {
            let mut scene = self.scene.lock();
            if let (FileEdit::Rename { from, to, .. }, Ok(())) = (edit, &outcome) {
                scene.renamed(from.as_str(), to.as_str());
            }
            scene.log.push(format!("agent: {edit:?} came to {outcome:?}"));
            scene.check("the edit");
        }
        // After the edit and before the journal knows of it: the worst moment.
        if self.stopped.is_due.swap(false, Ordering::SeqCst) {
            self.stopped.now.notify_one();
            tokio::time::sleep(Duration::from_secs(3_600)).await;
        }
        user::acts(&mut self.scene.lock(), 1);
        outcome
    }
}

struct OneModel(Arc<Shared>);

#[async_trait]
impl Models for OneModel {
    async fn models(
        &self,
        _wanted: &Wanted<'_>,
        _say: &(dyn Fn(String) + Send + Sync),
    ) -> Result<RoleModels, String> {
        Ok(RoleModels::new(Arc::new(RandomAgent(Arc::clone(&self.0)))))
    }
}

/// Runs nothing; the user goes on meanwhile.
struct Idle(Arc<Shared>);

#[async_trait]
impl Runner for Idle {
    async fn run(
        &self,
        _command: &Command,
        _on_output: &(dyn for<'a> Fn(&'a str) + Send + Sync),
    ) -> Result<Outcome, RunError> {
        user::acts(&mut self.0.lock(), 2);
        Ok(Outcome {
            exit: Exit::Code(0),
            output: String::new(),
            duration: Duration::ZERO,
            refused_hosts: Vec::new(),
            slipped: Vec::new(),
        })
    }
}

/// Allows everything.
struct Agreeable;

#[async_trait]
impl User for Agreeable {
    async fn ask(&self, _ask: &Ask) -> UserReply {
        UserReply::Allow
    }
}
