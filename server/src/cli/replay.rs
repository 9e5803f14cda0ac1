//! `devika replay`: carries a recorded task out again, and tells where it first goes another way; or
//! goes on from one of its steps with another model.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use devika_agent::{Divergence, Replay, Trajectory};
use devika_config::Config;
use serde_json::{Value, json};

use super::run::{Watch, Yes, answering, workspace};
use super::{Complaint, exit, folder, terminal};
use crate::setup::Setup;

/// Folders of one name that are tried for a fork.
const MAX_NAMES: u32 = 1_000;

/// Options of `devika replay`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// What `devika tasks export` wrote
    file: PathBuf,
    /// Go on from the beginning of this step, with a model and commands that run
    #[arg(long, value_name = "STEP")]
    from: Option<u32>,
    /// The model to go on with, as provider/model
    #[arg(long, value_name = "PROVIDER/MODEL", requires = "from")]
    model: Option<String>,
    /// Go on in this folder, which is made or empty; a new one in the projects folder where absent
    #[arg(short = 'C', long = "directory", value_name = "DIR", requires = "from")]
    directory: Option<PathBuf>,
    /// Allow what would be asked, commands included
    #[arg(long, short = 'y', requires = "from")]
    yes: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Carries out a trajectory again.
pub(super) async fn replay(setup: &Setup, args: Args) -> anyhow::Result<ExitCode> {
    let trajectory = read(&args.file)?;
    let config = setup.config(None, Value::Null).map_err(Complaint::usage)?;
    match args.from {
        Some(step) => fork(setup, &config, &args, &trajectory, step).await,
        None => {
            let outcome = trajectory.replay(&setup.settings(&config)).await?;
            Ok(tell(&outcome, args.json))
        }
    }
}

fn read(path: &Path) -> anyhow::Result<Trajectory> {
    let file = File::open(path)
        .map_err(|error| Complaint::usage(format!("cannot open {}: {error}", path.display())))?;
    Trajectory::read(BufReader::new(file))
        .map_err(|error| Complaint::usage(format!("{}: {error}", path.display())))
}

fn tell(outcome: &Replay, json: bool) -> ExitCode {
    let (text, code) = match outcome {
        Replay::Same { turns, commands } if json => {
            (json!({ "same": true, "turns": turns, "commands": commands }).to_string(), 0)
        }
        Replay::Same { turns, commands } => {
            (format!("replayed {turns} turns, {commands} commands: the same"), 0)
        }
        Replay::Diverged(Divergence { what, diff }) if json => {
            (json!({ "same": false, "what": what, "diff": diff }).to_string(), exit::FAILED)
        }
        Replay::Diverged(Divergence { what, diff }) => {
            (format!("first divergence: {what}\n{diff}").trim_end().to_owned(), exit::FAILED)
        }
    };
    terminal::say(&text);
    ExitCode::from(code)
}

/// Replays the steps before `step`, and goes on from there.
async fn fork(
    setup: &Setup,
    config: &Config,
    args: &Args,
    trajectory: &Trajectory,
    step: u32,
) -> anyhow::Result<ExitCode> {
    setup.models(config).choose(args.model.as_deref()).await.map_err(Complaint::usage)?;
    let root = match &args.directory {
        Some(directory) => empty_folder(directory)?,
        None => new_folder(&config.projects_folder(&setup.paths), &args.file, step)?,
    };
    let settings = setup.settings(config);
    let prefix = trajectory.replay_until(step, &root, &settings).await.map_err(Complaint::usage)?;
    if let Some(Divergence { what, .. }) = &prefix.noted {
        terminal::complain(&format!(
            "note: {what}, in this version of Devika; the recorded answer was used"
        ));
    }
    let sources = setup.sources(Some(&root), serde_json::Value::Null);
    let engine = setup.engine(config, sources).await.map_err(Complaint::usage)?;
    let task = engine.adopt(prefix, args.model.clone(), &root).await.map_err(Complaint::usage)?;
    terminal::complain(&format!("task {task} goes on from step {step} in {}", root.display()));
    let watch = Watch::new(&engine, &root, args.json);
    let yes = if args.yes { Yes::Beforehand } else { Yes::Not };
    let user = answering(yes, args.json, None, watch.view.screen());
    engine.resume(task, workspace(root, user), None).await.map_err(Complaint::usage)?;
    watch.until_the_end(&engine, task).await
}

/// The folder that the user named: made where it is missing, refused where it has something in it.
fn empty_folder(path: &Path) -> anyhow::Result<PathBuf> {
    let made = |error| Complaint::usage(format!("cannot work in {}: {error}", path.display()));
    std::fs::create_dir_all(path).map_err(made)?;
    if std::fs::read_dir(path).map_err(made)?.next().is_some() {
        return Err(Complaint::usage(format!(
            "{} is not empty; name a new folder with -C",
            path.display()
        )));
    }
    folder(path)
}

/// A new folder in the projects folder, named after the trajectory.
fn new_folder(projects: &Path, file: &Path, step: u32) -> anyhow::Result<PathBuf> {
    std::fs::create_dir_all(projects)
        .with_context(|| format!("cannot make the projects folder {}", projects.display()))?;
    let stem = file.file_stem().map(|stem| stem.to_string_lossy().into_owned());
    let name = format!("{}-from-{step}", stem.as_deref().unwrap_or("trajectory"));
    for number in 1..=MAX_NAMES {
        let path = match number {
            1 => projects.join(&name),
            _ => projects.join(format!("{name}-{number}")),
        };
        match std::fs::create_dir(&path) {
            Ok(()) => return folder(&path),
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(error) => {
                return Err(Complaint::usage(format!("cannot make {}: {error}", path.display())));
            }
        }
    }
    Err(Complaint::usage(format!(
        "{} holds {MAX_NAMES} folders named {name}; name another with -C",
        projects.display()
    )))
}
