//! Which model a task gets that names none.

use std::path::PathBuf;

use devika_config::{Config, Provider};
use devika_llm::NoModel;

use super::database::Opened;
use super::local_model::PULL;
use super::{Finding, provider};
use crate::models::ConfiguredModels;

pub(super) async fn look(
    models: &ConfiguredModels,
    root: Option<PathBuf>,
    store: Opened,
) -> Finding {
    let remembered = match (root, store.await) {
        (Some(root), Ok(store)) => store.chosen_model(&root.display().to_string()).await,
        (_, _) => Ok(None),
    };
    // What is wrong with the database is told by its own check.
    let remembered = remembered.unwrap_or_default();
    match models.of_project(None, remembered.as_deref()).await {
        Ok(chosen) => {
            Finding::ok(format!("{}/{}: {}", chosen.provider.name, chosen.model, chosen.why))
        }
        Err(error) => {
            let mend = mend(models, &error);
            Finding::failed(error.to_string()).mended_by(mend)
        }
    }
}

fn mend(models: &ConfiguredModels, error: &NoModel) -> Option<String> {
    match error {
        NoModel::None | NoModel::LocalMissing => Some(PULL.to_owned()),
        NoModel::KeyMissing { provider: name, .. } => {
            provider::set_key(models.providers.iter().find(|one| one.name == *name)?)
        }
        NoModel::ModelMissing { provider, .. } => Some(format!("devika models {provider}")),
        NoModel::UnknownProvider { .. }
        | NoModel::NoEditor { .. }
        | NoModel::NotInEditor { .. } => None,
    }
}

/// The model of a provider that would be asked: the one that the configuration names, or the
/// provider's own default.
pub(super) fn of_provider(config: &Config, provider: &Provider) -> Option<String> {
    let named = config.models.default.as_deref().and_then(|name| name.split_once('/'));
    let here = named.filter(|(name, _)| *name == provider.name).map(|(_, model)| model.to_owned());
    here.or_else(|| provider.default_model.clone())
}
