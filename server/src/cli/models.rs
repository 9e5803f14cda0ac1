//! `devika models`: what could be asked, and the managed local model.

use std::process::ExitCode;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use super::{Complaint, exit, terminal};
use crate::models::ConfiguredModels;
use crate::setup::Setup;

/// Options of `devika models`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Option<Command>,
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
    /// Run the local model's server until it is idle
    #[command(hide = true)]
    ServeLocal,
}

/// Lists the models, or carries out the subcommand.
pub(super) async fn models(setup: &Setup, args: Args) -> anyhow::Result<ExitCode> {
    let config = setup.config(None, serde_json::Value::Null).map_err(Complaint::usage)?;
    let models = setup.models(&config);
    match args.command {
        None => list(&models).await,
        Some(Command::Pull { if_needed, .. }) => pull(&models, if_needed).await,
        Some(Command::ServeLocal) => {
            models.local.serve(config.local.idle, config.local.threads).await?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

async fn list(models: &ConfiguredModels) -> anyhow::Result<ExitCode> {
    for provider in &models.providers {
        let model = provider.default_model.as_deref().unwrap_or("MODEL");
        let state = match (&provider.key, &provider.key_hint) {
            _ if provider.kind == devika_config::ProviderKind::Local
                && models.local.installed() =>
            {
                "installed".to_owned()
            }
            _ if provider.kind == devika_config::ProviderKind::Local => {
                "not installed: devika models pull local".to_owned()
            }
            (Some(key), _) => format!("key: {}", key.source()),
            (None, Some(hint)) => format!("no key: {hint} is not set"),
            (None, None) => provider.base_url.clone(),
        };
        terminal::say(&format!("{:<44} {state}", format!("{}/{model}", provider.name)));
    }
    match models.choose(None).await {
        Ok(chosen) => {
            terminal::say(&format!(
                "\nA task gets {}/{}: {}.",
                chosen.provider.name, chosen.model, chosen.why
            ));
            Ok(ExitCode::SUCCESS)
        }
        Err(error) => {
            terminal::complain(&format!("\n{error}"));
            Ok(ExitCode::from(exit::USAGE))
        }
    }
}

async fn pull(models: &ConfiguredModels, if_needed: bool) -> anyhow::Result<ExitCode> {
    if if_needed && let Ok(chosen) = models.choose(None).await {
        terminal::say(&format!("Using {}/{}: {}.", chosen.provider.name, chosen.model, chosen.why));
        return Ok(ExitCode::SUCCESS);
    }
    let bar = ProgressBar::new(0);
    bar.set_style(
        ProgressStyle::with_template("{msg} [{bar:30}] {bytes}/{total_bytes}, {eta} left")
            .unwrap_or_else(|_| ProgressStyle::default_bar()),
    );
    bar.enable_steady_tick(Duration::from_millis(200));
    let said = std::sync::Mutex::new(String::new());
    models
        .local
        .pull(&|progress| {
            bar.set_length(progress.total);
            bar.set_position(progress.done);
            bar.set_message(progress.what.clone());
            // Without a terminal each part is told once.
            let mut said = said.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            if bar.is_hidden() && *said != progress.what {
                terminal::say(&progress.what);
                said.clone_from(&progress.what);
            }
        })
        .await?;
    bar.finish_and_clear();
    terminal::say("The local model is installed.");
    Ok(ExitCode::SUCCESS)
}
