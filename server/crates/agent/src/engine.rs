//! The engine: takes commands, queues tasks a workspace at a time, and runs them.

use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use devika_protocol::{Cap, Event, GitMode, Mode, TaskId, TaskState, TaskSummary, TaskView};
use devika_sandbox::Runner;
use devika_store::{EventStream, NewTask, Store};
use futures::FutureExt as _;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::approvals::Approvals;
use crate::asks::Asks;
use crate::error::{EngineError, Stop};
use crate::lease::Lease;
use crate::models::{Models, Wanted};
use crate::pipeline;
use crate::ports::{Ask, Workspace};
use crate::queue::{Lane, Lanes, Ticket};
use crate::run::Run;
use crate::settings::Settings;
use crate::sight::{Sight, Watched};
use crate::steer;
use crate::trajectory::{Before, Prefix, Trajectory, WriteError};

mod answers;
mod checkpoints;
mod control;
mod ending;
mod landing;
mod place;
mod publishing;
mod steps;

pub use checkpoints::Restored;
pub use publishing::Publishing;
pub use steps::Way;

/// A request for a task.
#[derive(Debug, Clone, Default)]
pub struct StartTask {
    /// What is to be done, in plain language.
    pub prompt: String,
    /// How much Devika does before it asks; the configured mode where absent.
    pub mode: Option<Mode>,
    /// `provider/model`; the configured default where absent.
    pub model: Option<String>,
    /// Where it works and commits; as configured where absent.
    pub git: Option<GitMode>,
    /// Whether the client vouches for the workspace, or Devika made it itself.
    pub trusted: bool,
}

/// Takes commands, queues tasks a workspace at a time, and runs them. A cheap clone.
#[derive(Clone)]
pub struct Engine(Arc<Inner>);

struct Inner {
    store: Store,
    models: Arc<dyn Models>,
    runner: Arc<dyn Runner>,
    settings: Arc<Settings>,
    asks: Asks,
    lanes: Mutex<Lanes>,
    /// The tasks that are queued or run in this process.
    live: Mutex<HashMap<TaskId, Live>>,
    tracker: TaskTracker,
    closing: CancellationToken,
}

/// How a task that is queued or runs is told to stop.
#[derive(Clone)]
struct Live {
    /// At once.
    cancel: CancellationToken,
    /// After what it does at the moment.
    pause: CancellationToken,
}

impl Engine {
    /// An engine over a state database, the models and a runner of commands.
    pub fn new(
        store: Store,
        models: Arc<dyn Models>,
        runner: Arc<dyn Runner>,
        settings: Settings,
    ) -> Self {
        Self(Arc::new(Inner {
            store,
            models,
            runner,
            settings: Arc::new(settings),
            asks: Asks::default(),
            lanes: Mutex::default(),
            live: Mutex::default(),
            tracker: TaskTracker::new(),
            closing: CancellationToken::new(),
        }))
    }

    /// Journals and queues a task, and returns its id at once.
    ///
    /// # Errors
    /// [`EngineError::Usage`] for an empty or over-long prompt, a full queue, or where the task is to have
    /// a worktree and there can be none.
    pub async fn start(
        &self,
        request: StartTask,
        workspace: Workspace,
    ) -> Result<TaskId, EngineError> {
        self.start_after(&Before::default(), request, workspace).await
    }

    /// [`Self::start`], with what was recorded elsewhere.
    pub(crate) async fn start_after(
        &self,
        before: &Before,
        request: StartTask,
        workspace: Workspace,
    ) -> Result<TaskId, EngineError> {
        let inner = &self.0;
        self.check_prompt(&request.prompt)?;
        let git = self.choose_git_mode(request.git, &workspace.root).await?;
        let lane = self.lane(&workspace.root, Some(git));
        let ahead = self.lanes().room(&lane, inner.settings.tasks.queue)?;
        let mode = request.mode.unwrap_or(inner.settings.tasks.mode);
        let project = workspace.root.display().to_string();
        let task = inner
            .store
            .create_task(NewTask {
                project: project.clone(),
                prompt: request.prompt.clone(),
                mode,
                model: request.model.clone(),
                git: Some(git),
            })
            .await?;
        before.give(&inner.store, task).await?;
        inner.store.append(task, Event::Queued { prompt: request.prompt, project, mode, ahead });
        self.enqueue(task, lane, workspace, request.trusted);
        Ok(task)
    }

    /// Takes up a task that was interrupted, paused or failed; `budget` is what it may spend from now
    /// on, where it was too little.
    ///
    /// # Errors
    /// [`EngineError::Usage`] where the task is in another state or belongs to another workspace.
    pub async fn resume(
        &self,
        task: TaskId,
        workspace: Workspace,
        budget: Option<Cap>,
    ) -> Result<(), EngineError> {
        let summary = self.summary(task).await?;
        if !summary.state.can_resume() || self.live().contains_key(&task) {
            return Err(EngineError::Usage(format!(
                "task {task} is {}; only an interrupted, paused or failed task can be resumed",
                word(summary.state)
            )));
        }
        if Path::new(&summary.project) != workspace.root {
            return Err(EngineError::Usage(format!("task {task} belongs to {}", summary.project)));
        }
        let lane = self.lane(&workspace.root, summary.git);
        self.lanes().room(&lane, self.0.settings.tasks.queue)?;
        if let Some(cap) = budget {
            self.0.store.raise_cap(task, cap).await?;
        }
        self.0.store.set_state(task, TaskState::Queued).await?;
        self.enqueue(task, lane, workspace, false);
        Ok(())
    }

    /// The tasks that run in a workspace now, or beside it in worktrees, in this process.
    pub fn running(&self, root: &Path) -> Vec<TaskId> {
        self.lanes().running(root)
    }

    /// The newest tasks of the given roots; of all projects where none is given.
    ///
    /// # Errors
    /// [`EngineError::Store`].
    pub async fn list(
        &self,
        roots: &[PathBuf],
        limit: u32,
    ) -> Result<Vec<TaskSummary>, EngineError> {
        let projects: Vec<String> = roots.iter().map(|root| root.display().to_string()).collect();
        Ok(self.0.store.tasks(&projects, limit).await?)
    }

    /// A task with everything that is stored of it.
    ///
    /// # Errors
    /// [`EngineError::NoTask`], [`EngineError::Store`].
    pub async fn show(&self, task: TaskId) -> Result<TaskView, EngineError> {
        let summary = self.summary(task).await?;
        Ok(TaskView { summary, events: self.0.store.events(task).await? })
    }

    /// The recorded turns, commands and edits of a task.
    ///
    /// # Errors
    /// [`WriteError::Unrecorded`], [`WriteError::Engine`].
    pub async fn trajectory(&self, task: TaskId) -> Result<Trajectory, WriteError> {
        let summary = self.summary(task).await?;
        let entries = self.0.store.entries(task).await.map_err(EngineError::from)?;
        Trajectory::of(&summary, &entries)
    }

    /// Takes over what was done of a recorded task in `root`, which Devika made itself. The task is
    /// then resumed, and goes on with `model`.
    ///
    /// # Errors
    /// [`EngineError::Store`].
    pub async fn adopt(
        &self,
        prefix: Prefix,
        model: Option<String>,
        root: &Path,
    ) -> Result<TaskId, EngineError> {
        let (store, project) = (&self.0.store, root.display().to_string());
        let Prefix { prompt, mode, entries, .. } = prefix;
        // Where it is was made for it alone.
        let git = Some(match self.0.settings.git.mode {
            GitMode::Worktree => GitMode::TaskBranch,
            mode => mode,
        });
        let task = NewTask { project: project.clone(), prompt: prompt.clone(), mode, model, git };
        let task = store.create_task(task).await?;
        store.append(task, Event::Queued { prompt, project: project.clone(), mode, ahead: 0 });
        store.trust(&project, true).await?;
        for entry in entries {
            let done = store.intend(task, &entry.key, &entry.kind, entry.intent).await?;
            if let Some(outcome) = entry.outcome {
                store.settle(done.id, outcome).await?;
            }
        }
        // What was taken over counts as the task's first run.
        store.append(task, Event::Started { resumed: false, worktree: None });
        store.set_state(task, TaskState::Interrupted).await?;
        Ok(task)
    }

    /// What waits for the user's answer in this process, with the roots it is about.
    pub fn pending(&self) -> Vec<(PathBuf, Ask)> {
        self.0.asks.pending()
    }

    /// The tasks of the given roots whose process died.
    ///
    /// # Errors
    /// [`EngineError::Store`].
    pub async fn interrupted(&self, roots: &[PathBuf]) -> Result<Vec<TaskSummary>, EngineError> {
        self.0.store.mark_interrupted().await?;
        let tasks = self.list(roots, 50).await?;
        Ok(tasks.into_iter().filter(|task| task.state == TaskState::Interrupted).collect())
    }

    /// Remembers `provider/model` for the tasks of a workspace that name none; none forgets it. That
    /// there is such a model is for the caller to know.
    ///
    /// # Errors
    /// [`EngineError::Store`].
    pub async fn choose_model(&self, root: &Path, model: Option<&str>) -> Result<(), EngineError> {
        Ok(self.0.store.choose_model(&root.display().to_string(), model).await?)
    }

    /// The model that is remembered for a workspace.
    ///
    /// # Errors
    /// [`EngineError::Store`].
    pub async fn chosen_model(&self, root: &Path) -> Result<Option<String>, EngineError> {
        Ok(self.0.store.chosen_model(&root.display().to_string()).await?)
    }

    /// Every event from now on.
    pub fn subscribe(&self) -> EventStream {
        self.0.store.subscribe()
    }

    /// Stops all work and kills its children. The tasks stay as interrupted, to be resumed.
    pub async fn shutdown(&self) {
        self.0.closing.cancel();
        self.0.tracker.close();
        self.0.tracker.wait().await;
    }

    fn check_prompt(&self, prompt: &str) -> Result<(), EngineError> {
        let limit = self.0.settings.tasks.prompt_bytes;
        if prompt.trim().is_empty() {
            return Err(EngineError::Usage(
                "the prompt is empty; say what is to be done".to_owned(),
            ));
        }
        if prompt.len() > limit {
            return Err(EngineError::Usage(format!(
                "the prompt has {} bytes and the limit is {limit} (`tasks.prompt_bytes`); put long text into a file of the project and name it",
                prompt.len()
            )));
        }
        Ok(())
    }

    async fn summary(&self, task: TaskId) -> Result<TaskSummary, EngineError> {
        self.0.store.task(task).await?.ok_or(EngineError::NoTask(task))
    }

    fn enqueue(&self, task: TaskId, lane: Lane, workspace: Workspace, trusted: bool) {
        let live = Live { cancel: self.0.closing.child_token(), pause: CancellationToken::new() };
        self.live().insert(task, live.clone());
        let ticket = self.lanes().enter(&lane, task);
        let engine = self.clone();
        self.0.tracker.spawn(async move {
            engine.take_turn(task, ticket, workspace, trusted, &live).await;
            engine.lanes().leave(&lane, task);
        });
    }

    /// Waits for the task's place in the queue and the workspace's lease, then runs it to its one
    /// terminal event.
    async fn take_turn(
        &self,
        task: TaskId,
        ticket: Ticket,
        workspace: Workspace,
        trusted: bool,
        live: &Live,
    ) {
        let root = workspace.root.clone();
        let work = async {
            tokio::select! {
                () = ticket.called() => {}
                () = live.pause.cancelled() => return Err(steer::paused(task)),
            }
            let summary = self.0.store.task(task).await?;
            let summary =
                summary.ok_or_else(|| Stop::Failed(format!("task {task} has vanished")))?;
            let holder = format!("Task {task} in {}", workspace.place);
            let ground = self.ground(&summary, &workspace.root);
            let _lease = Lease::take(&self.0.settings.leases, &ground, &holder, |text| {
                self.0.store.append(task, Event::Warning { text });
            })
            .await
            .map_err(Stop::Failed)?;
            let run = self.prepare(summary, workspace, trusted, live.pause.clone()).await?;
            pipeline::carry_out(&run).await
        };
        // A fault of Devika ends its task and not the session.
        let work = AssertUnwindSafe(work).catch_unwind();
        let outcome = tokio::select! {
            biased;
            () = live.cancel.cancelled() => None,
            outcome = work => Some(outcome.unwrap_or_else(|_| {
                let reason = "Devika has a fault and stopped this task; the log says where. Please report it.";
                Err(Stop::Failed(reason.to_owned()))
            })),
        };
        let is_over = match &outcome {
            None => !self.0.closing.is_cancelled(),
            Some(end) => matches!(end, Ok(_) | Err(Stop::Denied)),
        };
        if is_over {
            self.tidy_up(task, &root).await;
        }
        // Whoever hears of the end may take the task up again at once.
        self.live().remove(&task);
        if let Err(error) = self.conclude(task, outcome).await {
            self.end_unstored(task, &error).await;
        }
    }

    async fn prepare(
        &self,
        summary: TaskSummary,
        workspace: Workspace,
        trusted: bool,
        pause: CancellationToken,
    ) -> Result<Run, Stop> {
        let (inner, task) = (&self.0, summary.id);
        let own = self.settle_in(&summary, &workspace).await?;
        let told: Vec<Event> =
            inner.store.events(task).await?.into_iter().map(|record| record.event).collect();
        let starts = told.iter().filter(|event| matches!(event, Event::Started { .. })).count();
        inner.store.set_state(task, TaskState::Running).await?;
        let worktree = own.as_ref().map(|own| own.root.display().to_string());
        inner.store.append(task, Event::Started { resumed: starts > 0, worktree });
        if own.is_some() && starts == 0 {
            self.tell_of_uncommitted(task, &workspace.root).await?;
        }
        let say = |text| inner.store.append(task, Event::Warning { text });
        let chosen = inner.store.chosen_model(&summary.project).await?;
        let wanted = Wanted {
            task,
            project: &summary.project,
            name: summary.model.as_deref(),
            chosen: chosen.as_deref(),
        };
        let models = inner.models.models(&wanted, &say).await.map_err(Stop::Failed)?;
        let attempt = starts as u32 + 1;
        let entries = if starts > 0 { inner.store.entries(task).await? } else { Vec::default() };
        let settings = Arc::new(self.settings_of(&summary));
        let sight = Sight::new(attempt, settings.bounds(), &entries);
        let project = workspace.root.clone();
        let (workspace, beside) = match own {
            Some(own) => (own, Some(workspace.editor)),
            None => (workspace, None),
        };
        let editor = Arc::clone(&workspace.editor);
        let editor = Arc::new(Watched { editor, sight: sight.clone() });
        Ok(Run {
            task,
            prompt: summary.prompt,
            mode: summary.mode,
            trusted,
            project,
            workspace: Workspace { editor, ..workspace },
            beside,
            models,
            runner: Arc::clone(&inner.runner),
            settings,
            store: inner.store.clone(),
            asks: inner.asks.clone(),
            told: Mutex::new(told),
            attempt,
            turns: AtomicU32::new(0),
            pause,
            heard: AtomicUsize::new(0),
            sight,
            approvals: Approvals::of_journal(&entries),
            second: AtomicBool::new(false),
            memory_failed: AtomicBool::new(false),
        })
    }

    /// Stores the task's one terminal event; a task that was stopped because the program ends has
    /// none, and can be resumed.
    async fn conclude(
        &self,
        task: TaskId,
        outcome: Option<Result<Event, Stop>>,
    ) -> Result<(), devika_store::StoreError> {
        let (state, event) = match outcome {
            None if self.0.closing.is_cancelled() => {
                return self.0.store.set_state(task, TaskState::Interrupted).await;
            }
            None | Some(Err(Stop::Denied)) => (TaskState::Cancelled, Event::Cancelled {}),
            Some(Ok(completed)) => (TaskState::Completed, completed),
            Some(Err(Stop::Failed(reason))) => (TaskState::Failed, Event::Failed { reason }),
            Some(Err(Stop::Paused(reason, text))) => {
                (TaskState::Paused, Event::Paused { reason, text })
            }
        };
        if let Event::Failed { reason } = &event {
            self.0.store.add_message(task, "assistant", &format!("Failed: {reason}")).await?;
        }
        self.0.store.finish(task, state, event).await
    }

    fn lanes(&self) -> MutexGuard<'_, Lanes> {
        self.0.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn live(&self) -> MutexGuard<'_, HashMap<TaskId, Live>> {
        self.0.live.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A state in one word.
fn word(state: TaskState) -> String {
    serde_json::json!(state).as_str().unwrap_or_default().to_owned()
}
