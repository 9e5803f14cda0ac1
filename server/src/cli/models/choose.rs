//! `devika models use`: chooses the model of a folder's tasks that name none.

use std::path::PathBuf;
use std::process::ExitCode;

use devika_config::Config;

use crate::cli::{Complaint, folder, terminal};
use crate::models::ConfiguredModels;
use crate::setup::Setup;

/// Options of `devika models use`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The model, as provider/model
    #[arg(value_name = "PROVIDER/MODEL", required_unless_present = "forget")]
    model: Option<String>,
    /// Forget the choice, so that the configuration decides again
    #[arg(long, conflicts_with = "model")]
    forget: bool,
    /// Choose for this folder
    #[arg(short = 'C', long = "directory", value_name = "DIR", default_value = ".")]
    directory: PathBuf,
}

/// Remembers the choice, and says what a task gets from now on.
pub(super) async fn choose(
    setup: &Setup,
    config: &Config,
    models: &ConfiguredModels,
    args: Args,
) -> anyhow::Result<ExitCode> {
    let root = folder(&args.directory)?;
    let model = match &args.model {
        None => None,
        Some(name) => {
            let chosen = models.choose(Some(name)).await.map_err(Complaint::usage)?;
            Some(format!("{}/{}", chosen.provider.name, chosen.model))
        }
    };
    let sources = setup.sources(Some(&root), serde_json::Value::Null);
    let engine = setup.engine(config, sources).await.map_err(Complaint::usage)?;
    engine.choose_model(&root, model.as_deref()).await?;
    terminal::say(&match model {
        Some(model) => format!("Tasks in {} get {model}.", root.display()),
        None => format!("Tasks in {} get what the configuration says.", root.display()),
    });
    Ok(ExitCode::SUCCESS)
}
