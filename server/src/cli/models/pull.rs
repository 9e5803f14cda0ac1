//! `devika models pull local`: gets the managed local model.

use std::process::ExitCode;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::cli::terminal;
use crate::models::ConfiguredModels;

/// Downloads the local model and shows how far it has come.
pub(super) async fn pull(models: &ConfiguredModels, if_needed: bool) -> anyhow::Result<ExitCode> {
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
