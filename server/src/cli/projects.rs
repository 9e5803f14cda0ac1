//! `devika projects`: what there is of each project, made, put aside, carried, deleted.

mod archive;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use devika_memory::{Filter, Memory as _};
use devika_store::{Project, Store};

use super::{Complaint, folder, terminal};
use crate::setup::Setup;

/// Options of `devika projects`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Option<Command>,
    /// Those that were put aside, too
    #[arg(long)]
    all: bool,
    /// Print JSON
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// List the projects that tasks were given in (the default)
    List,
    /// Make a project in the projects folder, and print where it is
    New {
        /// Its name
        name: String,
    },
    /// Print where a project is, and take it up again where it was put aside
    Open {
        /// Its folder's name, or its path
        name: String,
    },
    /// Put a project aside: it is listed with --all only
    Archive {
        /// Its folder's name, or its path
        name: String,
    },
    /// Write a project's tasks, conversation, costs and memory to a new ZIP file; its own files are
    /// not in it
    Export {
        /// Its folder's name, or its path
        name: String,
        /// The file to make
        file: PathBuf,
    },
    /// Take up what was exported, for the project in this folder
    Import {
        /// What `export` wrote
        file: PathBuf,
        /// The project's folder
        #[arg(short = 'C', long, default_value = ".")]
        directory: PathBuf,
    },
    /// Forget a project's tasks, conversation, costs and memory; its own files stay
    Delete {
        /// Its folder's name, or its path
        name: String,
        /// Do not ask
        #[arg(long, short = 'y')]
        yes: bool,
    },
}

/// Carries the subcommand out.
pub(super) async fn projects(setup: &Setup, args: Args) -> anyhow::Result<ExitCode> {
    let config = setup.config(None, serde_json::Value::Null).map_err(Complaint::usage)?;
    if let Some(Command::New { name }) = &args.command {
        let root = super::run::new_project(&config.projects_folder(&setup.paths), name)?;
        terminal::say(&root.display().to_string());
        return Ok(ExitCode::SUCCESS);
    }
    let file = setup.database();
    let store = tokio::task::spawn_blocking(move || Store::open(&file)).await??;
    let memory = config.memory.on.then(|| setup.memory(&config));
    match args.command.unwrap_or(Command::List) {
        Command::List => {
            for project in store.projects().await?.iter().filter(|one| args.all || !one.archived) {
                let json = serde_json::to_string(project)?;
                terminal::say(&if args.json { json } else { line(project) });
            }
        }
        Command::New { .. } => {}
        Command::Open { name } => {
            let project = named(&store, &name).await?;
            store.archive(&project.root, false).await?;
            terminal::say(&project.root);
        }
        Command::Archive { name } => {
            let project = named(&store, &name).await?;
            store.archive(&project.root, true).await?;
            terminal::say(&format!(
                "{} is put aside; `devika projects open` takes it up again",
                project.root
            ));
        }
        Command::Export { name, file } => {
            let project = named(&store, &name).await?;
            let carried = store.carry_out(&project.root).await?;
            let passages = match &memory {
                Some(memory) => archive::passages_of(memory, &project.root).await?,
                None => Vec::new(),
            };
            archive::write(&file, &project.root, &carried, &passages)?;
            terminal::say(&format!(
                "{} holds {} tasks and {} passages of {}. What you and your files say is in it: keep it as you keep them.",
                file.display(),
                project.tasks,
                passages.len(),
                project.root
            ));
        }
        Command::Import { file, directory } => {
            let root = folder(&directory)?.display().to_string();
            let (carried, passages) = archive::read(&file, &root)?;
            let (tasks, count) = (store.carry_in(&root, carried).await?, passages.len());
            match &memory {
                Some(memory) => memory.remember(passages).await?,
                None if count > 0 => {
                    terminal::complain("the passages are left out, for `memory.on` is false")
                }
                None => {}
            }
            terminal::say(&format!("{tasks} tasks and {count} passages are taken up for {root}"));
        }
        Command::Delete { name, yes } => {
            let project = named(&store, &name).await?;
            if !yes && !confirmed(&project) {
                return Err(Complaint::usage(
                    "nothing is deleted: say --yes where nobody can be asked",
                ));
            }
            let tasks = store.delete_project(&project.root).await?;
            let filter = Filter { project: Some(project.root.clone()), ..Filter::default() };
            let passages = match &memory {
                Some(memory) => memory.forget(&filter).await?,
                None => 0,
            };
            terminal::say(&format!(
                "{tasks} tasks and {passages} passages of {} are forgotten; its files are untouched",
                project.root
            ));
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The project of this path, or whose folder has this name.
async fn named(store: &Store, name: &str) -> anyhow::Result<Project> {
    let path = Path::new(name).canonicalize().ok().map(|path| path.display().to_string());
    let all = store.projects().await?;
    if let Some(project) =
        all.iter().find(|one| Some(&one.root) == path.as_ref() || one.root == name)
    {
        return Ok(project.clone());
    }
    let mut same = all.iter().filter(|one| Path::new(&one.root).ends_with(name));
    match (same.next(), same.next()) {
        (Some(project), None) => Ok(project.clone()),
        (Some(one), Some(other)) => Err(Complaint::usage(format!(
            "several projects are called {name}: name one by its path, e.g. {} or {}",
            one.root, other.root
        ))),
        (None, _) => Err(Complaint::usage(format!(
            "there is no project {name}; `devika projects list --all` shows those that tasks were given in"
        ))),
    }
}

/// Asks on the terminal, where there is one.
fn confirmed(project: &Project) -> bool {
    use std::io::{IsTerminal as _, Write as _};
    if !std::io::stdin().is_terminal() {
        return false;
    }
    let question = format!(
        "Forget the {} tasks of {}, its conversation, costs and memory? [y/N] ",
        project.tasks, project.root
    );
    let mut answer = String::new();
    let mut err = std::io::stderr();
    err.write_all(question.as_bytes()).and_then(|()| err.flush()).is_ok()
        && std::io::stdin().read_line(&mut answer).is_ok()
        && matches!(answer.trim(), "y" | "Y" | "yes")
}

fn line(project: &Project) -> String {
    let open = match project.open {
        0 => String::new(),
        open => format!(", {open} not at their end"),
    };
    let aside = if project.archived { "  (put aside)" } else { "" };
    format!(
        "{:.10}  {}  {} tasks{open}, {}{aside}",
        project.last, project.root, project.tasks, project.cost
    )
}
