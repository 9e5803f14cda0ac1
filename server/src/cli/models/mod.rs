//! `devika models`: what could be asked, which is asked, and the managed local model.

mod choose;
mod list;
mod pull;

use std::path::Path;
use std::process::ExitCode;

use super::{Complaint, folder};
use crate::setup::Setup;

/// Options of `devika models`.
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Option<Command>,
    /// List all models of this provider
    provider: Option<String>,
    /// Print one JSON object a line
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Download the local model (1.1 GB) and what runs it
    Pull {
        /// What to get; there is one
        #[arg(value_parser = ["local"])]
        model: String,
        /// Do nothing where another model can be used
        #[arg(long)]
        if_needed: bool,
    },
    /// Choose the model of this folder's tasks
    Use(choose::Args),
    /// Run the local model's server until it is idle
    #[command(hide = true)]
    ServeLocal,
}

/// Lists the models, or carries out the subcommand.
pub(super) async fn models(setup: &Setup, args: Args) -> anyhow::Result<ExitCode> {
    let config = setup.config(None, serde_json::Value::Null).map_err(Complaint::usage)?;
    let models = setup.models(&config);
    match args.command {
        None => {
            let remembered = setup.chosen_model(&folder(Path::new("."))?).await;
            list::list(&models, remembered.as_deref(), args.provider.as_deref(), args.json).await
        }
        Some(Command::Use(args)) => choose::choose(setup, &config, &models, args).await,
        Some(Command::Pull { if_needed, .. }) => pull::pull(&models, if_needed).await,
        Some(Command::ServeLocal) => {
            models.local.serve(config.local.idle, config.local.threads).await?;
            Ok(ExitCode::SUCCESS)
        }
    }
}
