//! Whether the provider of a task takes the key, for the log, as the task begins.

use devika_config::{Provider, ProviderKind};
use devika_llm::ModelError;

/// Asks a provider for its list of models and says in the log what came of it. Nothing is asked of
/// the managed local model, which knows its own key, or of the editor, which has none.
pub(crate) async fn authenticate(provider: &Provider) {
    if matches!(provider.kind, ProviderKind::Local | ProviderKind::Editor) {
        return;
    }
    let name = provider.name.as_str();
    match devika_llm::list_models(provider).await {
        Ok(_) if provider.key.is_some() => {
            tracing::info!(provider = name, "provider authenticated")
        }
        Ok(_) => tracing::info!(provider = name, "provider answers, and wants no key"),
        Err(error @ ModelError::Auth { .. }) => {
            tracing::error!(provider = name, %error, "provider not authenticated");
        }
        Err(error) => tracing::warn!(provider = name, %error, "provider does not list its models"),
    }
}
