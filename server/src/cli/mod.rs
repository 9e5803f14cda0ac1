//! The command line: one file a subcommand.

mod audit;
mod checkpoints;
mod compare;
mod doctor;
mod init;
mod lsp;
pub(crate) mod memory;
mod models;
mod projects;
mod replay;
mod run;
mod tasks;
pub(crate) mod terminal;
mod view;

use std::io::IsTerminal as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::setup::Setup;

/// Exit codes of `devika run` and `devika tasks resume`.
pub(crate) mod exit {
    /// The task failed.
    pub(crate) const FAILED: u8 = 1;
    /// The command line or the configuration is wrong.
    pub(crate) const USAGE: u8 = 2;
    /// The task waits for the user.
    pub(crate) const WAITING: u8 = 3;
    /// The task waits for a raised budget.
    pub(crate) const BUDGET: u8 = 4;
    /// The user's and Devika's changes meet.
    pub(crate) const CONFLICT: u8 = 5;
    /// The task was cancelled.
    pub(crate) const CANCELLED: u8 = 130;
}

/// An autonomous software engineer that lives in your editor.
#[derive(Debug, Parser)]
#[command(name = "devika", version, about, disable_help_subcommand = true)]
struct Args {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Carry out a task in this folder, or in a new project
    Run(run::Args),
    /// List tasks, show one, or take one up again
    Tasks(tasks::Args),
    /// List projects, make one, put one aside, carry it to another machine, forget it
    Projects(projects::Args),
    /// Carry a recorded task out again, without a model, a network or any command
    Replay(replay::Args),
    /// List the models there are, or get the local one
    Models(models::Args),
    /// Search what is remembered, add to it, forget, export, move
    Memory(memory::Args),
    /// Show what was done in your name, and check that the log of it is whole
    Audit(audit::Args),
    /// Check that everything Devika needs is there
    Doctor(doctor::Args),
    /// Write a commented configuration file
    Init(init::Args),
    /// Speak the language server protocol on standard input and output (the default for editors)
    Lsp(lsp::Args),
    /// Run a command and take its whole process tree down with it
    #[command(hide = true)]
    Supervise {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<std::ffi::OsString>,
    },
}

/// A mistake that the user can mend, told on one line or a few, and its exit code.
#[derive(Debug, thiserror::Error)]
#[error("{text}")]
pub(crate) struct Complaint {
    code: u8,
    text: String,
}

impl Complaint {
    /// Wrong usage or configuration.
    pub(crate) fn usage(text: impl ToString) -> anyhow::Error {
        Self { code: exit::USAGE, text: text.to_string() }.into()
    }
}

/// Runs the command line.
pub(crate) fn main() -> ExitCode {
    let args = Args::parse();
    let outcome = match args.command {
        Some(Command::Supervise { args }) => return devika_sandbox::supervise(args),
        None if std::io::stdin().is_terminal() => Ok(print_help()),
        command => dispatch(command.unwrap_or(Command::Lsp(lsp::Args::default()))),
    };
    outcome.unwrap_or_else(|error| {
        terminal::complain(&format!("devika: {error:#}"));
        let code =
            error.downcast_ref::<Complaint>().map_or(exit::FAILED, |complaint| complaint.code);
        ExitCode::from(code)
    })
}

fn dispatch(command: Command) -> anyhow::Result<ExitCode> {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let setup = Setup::from_process();
    let outcome = runtime.block_on(async {
        match command {
            Command::Run(args) => run::run(&setup, args).await,
            Command::Tasks(args) => tasks::tasks(&setup, args).await,
            Command::Projects(args) => projects::projects(&setup, args).await,
            Command::Replay(args) => replay::replay(&setup, args).await,
            Command::Models(args) => models::models(&setup, args).await,
            Command::Memory(args) => memory::memory(&setup, args).await,
            Command::Audit(args) => audit::audit(&setup, args).await,
            Command::Doctor(args) => doctor::doctor(&setup, args).await,
            Command::Init(args) => init::init(&setup, args),
            Command::Lsp(args) => lsp::lsp(setup, args).await,
            Command::Supervise { .. } => Ok(ExitCode::SUCCESS),
        }
    });
    // A read of standard input that nobody awaits any more must not hold the process.
    runtime.shutdown_background();
    outcome
}

fn print_help() -> ExitCode {
    use clap::CommandFactory as _;
    terminal::say(&Args::command().render_help().ansi().to_string());
    ExitCode::from(exit::USAGE)
}

/// The canonical form of a folder that the user named.
///
/// # Errors
/// [`Complaint::usage`] where it is no folder.
pub(crate) fn folder(path: &std::path::Path) -> anyhow::Result<PathBuf> {
    let root = path.canonicalize().map_err(|error| {
        Complaint::usage(format!("cannot work in {}: {error}. Name a folder that exists with -C, or make a project with --new NAME", path.display()))
    })?;
    if !root.is_dir() {
        return Err(Complaint::usage(format!("{} is not a folder", root.display())));
    }
    Ok(root)
}
