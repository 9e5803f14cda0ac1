//! `devika run`: carries out a task and shows it, in words or as JSON events.

use std::io::{IsTerminal as _, Read as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use async_trait::async_trait;
use devika_agent::{Ask, DiskEditor, Engine, StartTask, User, UserReply, Workspace};
use devika_protocol::{AskKind, Event, GitMode, Mode, PauseReason, TaskId};

use super::view::{Screen, View};
use super::{Complaint, exit, folder};
use crate::setup::Setup;

/// Options of `devika run`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Work in this folder
    #[arg(short = 'C', long = "directory", value_name = "DIR", conflicts_with = "new")]
    directory: Option<PathBuf>,
    /// Make a new project of this name in the projects folder and work there
    #[arg(long, value_name = "NAME")]
    new: Option<String>,
    /// The model, as provider/model
    #[arg(long, value_name = "PROVIDER/MODEL")]
    model: Option<String>,
    /// How much to do before asking: plan, review or auto
    #[arg(long, value_parser = parse_mode)]
    mode: Option<Mode>,
    /// Work in a worktree of the task's own, on a branch of its own: the files here stay as they are
    #[arg(long, conflicts_with = "new")]
    worktree: bool,
    /// Allow what would be asked, commands included; trust the folder
    #[arg(long, short = 'y')]
    yes: bool,
    /// Trust the folder
    #[arg(long)]
    trust: bool,
    /// Print one event a line, as JSON
    #[arg(long)]
    json: bool,
    /// What is to be done, in plain language; `-` reads it from standard input
    prompt: Vec<String>,
}

fn parse_mode(text: &str) -> Result<Mode, String> {
    serde_json::from_value(text.into()).map_err(|_| "use plan, review or auto".to_owned())
}

/// Carries out a task in this process.
pub(super) async fn run(setup: &Setup, args: Args) -> anyhow::Result<ExitCode> {
    let prompt = prompt(&args.prompt)?;
    let existing = match (&args.new, &args.directory) {
        (Some(_), _) => None,
        (None, Some(directory)) => Some(folder(directory)?),
        (None, None) => Some(folder(Path::new("."))?),
    };
    let config =
        setup.config(existing.as_deref(), serde_json::Value::Null).map_err(Complaint::usage)?;
    let remembered = match &existing {
        Some(root) => setup.chosen_model(root).await,
        None => None,
    };
    let models = setup.models(&config);
    models
        .of_project(args.model.as_deref(), remembered.as_deref())
        .await
        .map_err(Complaint::usage)?;
    let root = match (existing, &args.new) {
        (Some(root), _) => root,
        (None, name) => {
            let name = name.as_deref().unwrap_or_default();
            new_project(&config.projects_folder(&setup.paths), name)?
        }
    };
    let sources = setup.sources(Some(&root), serde_json::Value::Null);
    let engine = setup.engine(&config, sources).await.map_err(Complaint::usage)?;
    let watch = Watch::new(&engine, &root, args.json);
    let request = StartTask {
        prompt,
        mode: args.mode,
        model: args.model,
        git: args.worktree.then_some(GitMode::Worktree),
        trusted: args.yes || args.trust || args.new.is_some(),
    };
    let yes = if args.yes { Yes::Beforehand } else { Yes::Not };
    let user = answering(yes, args.json, None, watch.view.screen());
    let workspace = workspace(root, user);
    let task = engine.start(request, workspace).await.map_err(Complaint::usage)?;
    watch.until_the_end(&engine, task).await
}

fn prompt(words: &[String]) -> anyhow::Result<String> {
    if words != ["-"] {
        return Ok(words.join(" "));
    }
    let mut text = String::new();
    std::io::stdin()
        .read_to_string(&mut text)
        .context("cannot read the prompt from standard input")?;
    Ok(text)
}

pub(super) fn new_project(projects: &Path, name: &str) -> anyhow::Result<PathBuf> {
    let plain = !name.is_empty()
        && !name.starts_with('.')
        && name.chars().all(|c| c.is_alphanumeric() || "-_.".contains(c));
    if !plain {
        return Err(Complaint::usage(format!(
            "`{name}` cannot name a project: use letters, digits, `-`, `_` and `.`"
        )));
    }
    let path = projects.join(name);
    std::fs::create_dir_all(projects)
        .with_context(|| format!("cannot make the projects folder {}", projects.display()))?;
    std::fs::create_dir(&path).map_err(|error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => Complaint::usage(format!(
            "the project {} exists already; choose another name, or work in it with -C",
            path.display()
        )),
        _ => Complaint::usage(format!("cannot make {}: {error}", path.display())),
    })?;
    folder(&path)
}

/// The workspace of a command-line task: files on disk, and whoever answers here.
pub(super) fn workspace(root: PathBuf, user: Arc<dyn User>) -> Workspace {
    let place = "a terminal".to_owned();
    Workspace { editor: Arc::new(DiskEditor::new(root.clone())), user, place, root }
}

/// What `--yes` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Yes {
    /// It was not given.
    Not,
    /// It was given before anything was asked. What nobody could foresee is not allowed by it.
    Beforehand,
    /// It answers what the user has been asked.
    Asked,
}

/// Who answers on this command line.
pub(super) fn answering(
    yes: Yes,
    json: bool,
    answer: Option<String>,
    screen: Screen,
) -> Arc<dyn User> {
    let terminal = !json && std::io::stdin().is_terminal() && std::io::stderr().is_terminal();
    Arc::new(Caller { yes, terminal, answer, screen })
}

/// The person or script that called the command.
struct Caller {
    yes: Yes,
    terminal: bool,
    answer: Option<String>,
    screen: Screen,
}

#[async_trait]
impl User for Caller {
    async fn ask(&self, ask: &Ask) -> UserReply {
        match (ask.kind, &self.answer) {
            (AskKind::Question, Some(answer)) => UserReply::Answer(answer.clone()),
            (AskKind::Question, None) if self.terminal => self
                .screen
                .ask(&format!("{}\n> ", ask.text))
                .await
                .map_or(UserReply::Absent, UserReply::Answer),
            (AskKind::Question, None) => UserReply::Absent,
            _ if ask.unforeseen && self.yes == Yes::Beforehand => UserReply::Absent,
            (_, _) if self.yes != Yes::Not => UserReply::Allow,
            (_, _) if self.terminal => {
                let choices = match ask.kind {
                    kind if kind.has_scopes() => {
                        "[y]es for this task, [o]nce, [a]lways in this project, [N]o: "
                    }
                    _ => "[y/N] ",
                };
                let line = self.screen.ask(&format!("{}\n{choices}", ask.text)).await;
                line.map_or(UserReply::Absent, |line| reply(ask.kind, &line))
            }
            (_, _) => UserReply::Absent,
        }
    }
}

/// What an answer to an approval means; anything but a clear yes denies.
fn reply(kind: AskKind, line: &str) -> UserReply {
    match line.to_lowercase().as_str() {
        "y" | "yes" => UserReply::Allow,
        "o" | "once" if kind.has_scopes() => UserReply::AllowOnce,
        "a" | "always" if kind.has_scopes() => UserReply::AllowAlways,
        _ => UserReply::Deny,
    }
}

/// Follows a task's events to the end and shows them.
pub(super) struct Watch {
    events: devika_store::EventStream,
    pub(super) view: View,
}

impl Watch {
    /// Begins to listen; to be called before the task is started, so that nothing is missed.
    pub(super) fn new(engine: &Engine, root: &Path, json: bool) -> Self {
        Self { events: engine.subscribe(), view: View::new(root, json) }
    }

    /// Shows events until the task's terminal one, and returns its exit code. Ctrl-C and a
    /// termination signal cancel the task.
    pub(super) async fn until_the_end(
        mut self,
        engine: &Engine,
        task: TaskId,
    ) -> anyhow::Result<ExitCode> {
        let mut stop = std::pin::pin!(stop_signal());
        let mut stopped = false;
        loop {
            tokio::select! {
                record = self.events.next() => {
                    let record = record.context("the event stream ended before the task")?;
                    if record.task != task {
                        continue;
                    }
                    self.view.show(&record);
                    if let Some(code) = exit_code(&record.event) {
                        engine.shutdown().await;
                        return Ok(ExitCode::from(code));
                    }
                }
                () = &mut stop, if !stopped => {
                    stopped = true;
                    engine.cancel(task).await?;
                }
            }
        }
    }
}

async fn stop_signal() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = terminate.recv() => return,
                _ = tokio::signal::ctrl_c() => return,
            }
        }
    }
    let _unavailable = tokio::signal::ctrl_c().await;
}

fn exit_code(event: &Event) -> Option<u8> {
    Some(match event {
        Event::Completed { .. } => 0,
        Event::Failed { .. } => exit::FAILED,
        Event::Cancelled {} => exit::CANCELLED,
        Event::Paused {
            reason: PauseReason::Question | PauseReason::Provider | PauseReason::User,
            ..
        } => exit::WAITING,
        Event::Paused { reason: PauseReason::Budget, .. } => exit::BUDGET,
        Event::Paused { reason: PauseReason::Conflict, .. } => exit::CONFLICT,
        _ => return None,
    })
}
