//! Which model a task gets that names none.

use devika_config::{Config, Provider};
use devika_llm::NoModel;

use super::local_model::PULL;
use super::{Finding, provider};
use crate::models::ConfiguredModels;

/// `remembered` is the one that the user chose for the project.
pub(super) async fn look(models: &ConfiguredModels, remembered: Option<String>) -> Finding {
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
        NoModel::UnknownProvider { .. } => None,
    }
}

/// The model of a provider that would be asked: the one that the configuration names, or the
/// provider's own default.
pub(super) fn of_provider(config: &Config, provider: &Provider) -> Option<String> {
    let named = config.default_model.as_deref().and_then(|name| name.split_once('/'));
    let here = named.filter(|(name, _)| *name == provider.name).map(|(_, model)| model.to_owned());
    here.or_else(|| provider.default_model.clone())
}
