//! `devika tasks`: lists tasks, shows one, takes one up again.

use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use devika_agent::{Engine, Publishing, Trajectory, Way, Workspace};
use devika_config::Redactor;
use devika_protocol::{Cap, DiffReply, Joining, TaskId, TaskSummary, TaskView};

use super::run::{Watch, Yes, answering, workspace};
use super::view::View;
use super::{Complaint, checkpoints, folder, terminal};
use crate::page::page;
use crate::setup::Setup;

/// Options of `devika tasks`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Option<Command>,
    /// Print JSON
    #[arg(long, global = true)]
    json: bool,
    /// How many to list
    #[arg(long, default_value_t = 20)]
    limit: u32,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Show a task: its plan with what came of each step, what it cost, and what to do next
    Show {
        /// The task's number
        id: i64,
        /// Everything that happened in it instead, a line a fact
        #[arg(long)]
        events: bool,
    },
    /// Take up a task that was interrupted, paused or failed
    Resume {
        /// The task's number
        id: i64,
        /// Allow what would be asked, commands included
        #[arg(long, short = 'y')]
        yes: bool,
        /// Answer the question that the task asked
        #[arg(long)]
        answer: Option<String>,
        /// Raise what the task may spend to this: dollars, or tokens as 500000t
        #[arg(long, value_name = "AMOUNT")]
        budget: Option<Cap>,
    },
    /// Write the recorded turns, commands and edits of a task, for `devika replay` or a bug report;
    /// keys, and who and where you are, are covered in it
    Export {
        /// The task's number
        id: i64,
        /// The file to make; standard output where absent
        file: Option<PathBuf>,
    },
    /// Say more to a task: its next turn gets it, wherever it runs
    Steer {
        /// The task's number
        id: i64,
        /// What is to be said
        #[arg(required = true)]
        text: Vec<String>,
    },
    /// Show what a task has changed, or one of its steps
    Diff {
        /// The task's number
        id: i64,
        /// Only this step, counted from 1
        step: Option<u32>,
    },
    /// Take a task's changes back, around what came after; yours win
    Undo {
        /// The task's number
        id: i64,
        /// Only this step, counted from 1
        #[arg(value_name = "STEP", conflicts_with = "step")]
        only: Option<u32>,
        /// The same, by name
        #[arg(long, value_name = "STEP")]
        step: Option<u32>,
    },
    /// Make changes again that were undone
    Redo {
        /// The task's number
        id: i64,
        /// Only this step, counted from 1
        #[arg(value_name = "STEP", conflicts_with = "step")]
        only: Option<u32>,
        /// The same, by name
        #[arg(long, value_name = "STEP")]
        step: Option<u32>,
    },
    /// List what was kept before the commands of a task
    Checkpoints {
        /// The task's number
        id: i64,
    },
    /// Make files what they were at a checkpoint of a task; what is there now is kept first
    Restore {
        /// The task's number
        id: i64,
        /// The checkpoint's name, as `devika tasks checkpoints` lists it
        checkpoint: String,
        /// Only this file or folder, from the project's root
        #[arg(long)]
        path: Option<String>,
    },
    /// Bring a task's commits to the branch that it began on
    Accept {
        /// The task's number
        id: i64,
        /// How, instead of as configured in `git.accept`
        #[arg(long, value_enum)]
        by: Option<By>,
        /// The branch that the task began on; has to be named where it is protected
        #[arg(long, value_name = "BRANCH")]
        onto: Option<String>,
    },
    /// Take all of a task back, and its branch away
    Discard {
        /// The task's number
        id: i64,
    },
    /// Push a task's branch to the forge that the remote is at, after asking
    Push {
        /// The task's number
        id: i64,
        /// The remote; else the one that the branch follows, else `origin`
        #[arg(long, value_name = "NAME")]
        remote: Option<String>,
        /// Do not ask
        #[arg(long, short = 'y')]
        yes: bool,
    },
    /// Push a task's branch, and ask for it to be merged into the branch that it began on
    Pr {
        /// The task's number
        id: i64,
        /// The remote; else the one that the branch follows, else `origin`
        #[arg(long, value_name = "NAME")]
        remote: Option<String>,
        /// Do not ask
        #[arg(long, short = 'y')]
        yes: bool,
    },
    /// Cancel a task that nobody works on
    Cancel {
        /// The task's number
        id: i64,
    },
}

/// How a task's commits come to the branch that it began on.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum By {
    /// All of them, under a merge commit where that branch has moved on
    Merge,
    /// As one commit
    Squash,
    /// Each of them anew, on top of what that branch has got
    Rebase,
}

impl By {
    fn joining(self) -> Joining {
        match self {
            Self::Merge => Joining::Merge,
            Self::Squash => Joining::Squash,
            Self::Rebase => Joining::Rebase,
        }
    }
}

/// Lists the newest tasks, or carries out the subcommand.
pub(super) async fn tasks(setup: &Setup, args: Args) -> anyhow::Result<ExitCode> {
    let config = setup.config(None, serde_json::Value::Null).map_err(Complaint::usage)?;
    let sources = setup.sources(None, serde_json::Value::Null);
    let engine = setup.engine(&config, sources).await.map_err(Complaint::usage)?;
    match args.command {
        None => {
            engine.interrupted(&[]).await?;
            for task in engine.list(&[], args.limit).await? {
                terminal::say(&if args.json { serde_json::to_string(&task)? } else { line(&task) });
            }
        }
        Some(Command::Show { id, events }) => {
            engine.interrupted(&[]).await?;
            let task = engine.show(TaskId(id)).await.map_err(Complaint::usage)?;
            show(&task, events, args.json);
        }
        Some(Command::Resume { id, yes, answer, budget }) => {
            engine.interrupted(&[]).await?;
            let task = engine.show(TaskId(id)).await.map_err(Complaint::usage)?.summary;
            let root = folder(&PathBuf::from(&task.project))?;
            let watch = Watch::new(&engine, &root, args.json);
            let yes = if yes { Yes::Asked } else { Yes::Not };
            let workspace = workspace(root, answering(yes, args.json, answer, watch.view.screen()));
            engine.resume(task.id, workspace, budget).await.map_err(Complaint::usage)?;
            return watch.until_the_end(&engine, task.id).await;
        }
        Some(Command::Steer { id, text }) => {
            engine.steer(TaskId(id), &text.join(" ")).await.map_err(Complaint::usage)?
        }
        Some(Command::Export { id, file }) => {
            let trajectory = engine.trajectory(TaskId(id)).await.map_err(Complaint::usage)?;
            let project = engine.show(TaskId(id)).await.map_err(Complaint::usage)?.summary.project;
            let mask = setup.mask(&config, Path::new(&project), &trajectory);
            let known = Redactor::new(&config);
            let redact = |text: &str| known.redact(&mask.cover(text)).into_owned();
            export(&trajectory, &redact, file.as_deref())?;
        }
        Some(Command::Undo { id, only, step }) => {
            let (task, place) = place(&engine, id).await?;
            let done = engine.undo(task, only.or(step), Way::Undo, &place).await;
            done.map_err(Complaint::usage)?;
            show_last(&engine, task, args.json).await?;
        }
        Some(Command::Redo { id, only, step }) => {
            let (task, place) = place(&engine, id).await?;
            let known = engine.show(task).await?.events.len();
            let done = engine.undo(task, only.or(step), Way::Redo, &place).await;
            done.map_err(Complaint::usage)?;
            show_from(&engine, task, known, args.json).await?;
        }
        Some(Command::Diff { id, step }) => {
            let (task, place) = place(&engine, id).await?;
            let diff = engine.diff(task, step, &place.root).await.map_err(Complaint::usage)?;
            let shown = if args.json { serde_json::to_string(&DiffReply { diff })? } else { diff };
            terminal::say(shown.trim_end());
        }
        Some(Command::Checkpoints { id }) => {
            let (task, place) = place(&engine, id).await?;
            checkpoints::list(&engine, task, &place, args.json).await?;
        }
        Some(Command::Restore { id, checkpoint, path }) => {
            let (task, place) = place(&engine, id).await?;
            let done = engine.restore(task, &checkpoint, path.as_deref(), &place).await;
            done.map_err(Complaint::usage)?;
            show_last(&engine, task, args.json).await?;
        }
        Some(Command::Accept { id, by, onto }) => {
            let (task, place) = place(&engine, id).await?;
            let done = engine.accept(task, by.map(By::joining), onto.as_deref(), &place).await;
            done.map_err(Complaint::usage)?;
            show_last(&engine, task, args.json).await?;
        }
        Some(Command::Discard { id }) => {
            let (task, place) = place(&engine, id).await?;
            engine.discard(task, &place).await.map_err(Complaint::usage)?;
            show_last(&engine, task, args.json).await?;
        }
        Some(Command::Push { id, remote, yes }) => {
            publish(&engine, id, (Publishing::Branch, remote), yes, args.json).await?
        }
        Some(Command::Pr { id, remote, yes }) => {
            publish(&engine, id, (Publishing::Request, remote), yes, args.json).await?
        }
        Some(Command::Cancel { id }) => {
            engine.cancel(TaskId(id)).await.map_err(Complaint::usage)?
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// A task and its project, for what changes files and asks nothing.
async fn place(engine: &Engine, id: i64) -> anyhow::Result<(TaskId, Workspace)> {
    engine.interrupted(&[]).await?;
    let task = engine.show(TaskId(id)).await.map_err(Complaint::usage)?.summary;
    let root = folder(&PathBuf::from(&task.project))?;
    let nobody = answering(Yes::Not, true, None, View::plain(true).screen());
    Ok((task.id, workspace(root, nobody)))
}

/// Publishes a task's branch, where the user allows it.
async fn publish(
    engine: &Engine,
    id: i64,
    (what, remote): (Publishing, Option<String>),
    yes: bool,
    json: bool,
) -> anyhow::Result<()> {
    let (task, place) = place(engine, id).await?;
    let yes = if yes { Yes::Asked } else { Yes::Not };
    let user = answering(yes, json, None, View::plain(json).screen());
    let place = Workspace { user, ..place };
    let published = engine.publish(task, what, remote.as_deref(), &place).await;
    published.map_err(Complaint::usage)?;
    show_last(engine, task, json).await
}

/// Shows a task on a page, or its events.
fn show(task: &TaskView, events: bool, json: bool) {
    if !(events || json) {
        return terminal::say(page(task).trim_end());
    }
    if !json {
        terminal::say(&line(&task.summary));
    }
    let mut view = View::plain(json);
    task.events.iter().for_each(|record| view.show(record));
}

/// Shows what was told last.
async fn show_last(engine: &Engine, task: TaskId, json: bool) -> anyhow::Result<()> {
    let last = engine.show(task).await?.events.len().saturating_sub(1);
    show_from(engine, task, last, json).await
}

/// Shows what was told after this many events.
async fn show_from(engine: &Engine, task: TaskId, known: usize, json: bool) -> anyhow::Result<()> {
    let mut view = View::plain(json);
    engine.show(task).await?.events.iter().skip(known).for_each(|record| view.show(record));
    Ok(())
}

fn export(
    trajectory: &Trajectory,
    redact: &dyn Fn(&str) -> String,
    file: Option<&Path>,
) -> anyhow::Result<()> {
    let Some(path) = file else {
        return Ok(trajectory.write(&mut std::io::stdout().lock(), redact)?);
    };
    let made = std::fs::File::create_new(path).map_err(|error| {
        Complaint::usage(format!("cannot make {}: {error}. Name a new file", path.display()))
    })?;
    trajectory.write(&mut BufWriter::new(made), redact)?;
    terminal::complain(&format!(
        "{} is written. Known keys, your home, your names and this machine's are covered; the texts of your files are in it. Look at it before you send it.",
        path.display()
    ));
    Ok(())
}

fn line(task: &TaskSummary) -> String {
    let state = serde_json::json!(task.state);
    let prompt = task.prompt.lines().next().unwrap_or_default();
    format!(
        "{:>4}  {:<11}  {:.10}  {prompt}  ({})",
        task.id,
        state.as_str().unwrap_or_default(),
        task.created,
        task.project
    )
}
