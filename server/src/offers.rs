//! What the providers offer: their own lists of models, asked all at once.

use std::time::Duration;

use devika_config::{Provider, ProviderKind};
use devika_llm::ModelError;
use devika_llm::local::CONTEXT_TOKENS;
use devika_protocol::{LmModel, ModelOffer, Price};
use futures::future::join_all;

use crate::models::ConfiguredModels;

/// How long a provider may take to list its models.
pub(crate) const LIST_TIME: Duration = Duration::from_secs(5);

/// What a provider offers.
pub(crate) struct Offers {
    /// The provider.
    pub(crate) provider: Provider,
    /// Its models, in its own order, or why they are not known.
    pub(crate) models: Result<Vec<ModelOffer>, NotOffered>,
}

/// Why a provider's models are not known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum NotOffered {
    /// It was not asked: a key is missing, which would be read from here.
    NoKey(String),
    /// The managed local model is not on this machine.
    NotInstalled,
    /// It runs on this machine or nearby, wants no key, and cannot be reached.
    NotRunning,
    /// It is the editor, and there is none that lets its own models be asked.
    NoEditor,
    /// It was asked, and this came of it.
    Failed(String),
}

/// What each provider offers, in the order of the configuration. `current` is the `provider/model`
/// that a task gets.
pub(crate) async fn all(models: &ConfiguredModels, current: Option<&str>) -> Vec<Offers> {
    join_all(models.providers.iter().map(|provider| of(models, provider, current))).await
}

/// What one provider offers.
pub(crate) async fn of(
    models: &ConfiguredModels,
    provider: &Provider,
    current: Option<&str>,
) -> Offers {
    let listed = list(models, provider).await;
    let here =
        current.and_then(|name| name.strip_prefix(provider.name.as_str())?.strip_prefix('/'));
    let offer = |(model, context, output): Listed| ModelOffer {
        current: here.is_some_and(|wanted| is(&model, wanted)),
        price: price(provider, &model),
        provider: provider.name.clone(),
        model,
        context,
        output,
    };
    Offers {
        provider: provider.clone(),
        models: listed.map(|names| names.into_iter().map(offer).collect()),
    }
}

/// What a model costs, where that is known. The editor's plan pays for its models, which is not to say
/// that they are free.
fn price(provider: &Provider, model: &str) -> Option<Price> {
    let is_planned = provider.kind == ProviderKind::Editor && provider.price(model).is_none();
    if is_planned { None } else { crate::models::price(provider, model) }
}

/// A model's name, the tokens of its context, and those of its longest answer.
type Listed = (String, Option<u32>, Option<u32>);

async fn list(models: &ConfiguredModels, provider: &Provider) -> Result<Vec<Listed>, NotOffered> {
    if provider.kind == ProviderKind::Local {
        let installed = models.local.installed();
        let model = provider.default_model.clone().filter(|_| installed);
        let context = provider.context_tokens.min(CONTEXT_TOKENS);
        let output = provider.output_tokens;
        return match model {
            Some(model) => Ok(vec![(model, Some(context), Some(output))]),
            None => Err(NotOffered::NotInstalled),
        };
    }
    if provider.kind == ProviderKind::Editor {
        let editor = models.editor.as_ref().ok_or(NotOffered::NoEditor)?;
        let listed = |model: LmModel| (model.id, model.input_tokens, None);
        return Ok(editor.list().await.into_iter().map(listed).collect());
    }
    if let (None, Some(hint)) = (&provider.key, &provider.key_hint) {
        return Err(NotOffered::NoKey(hint.clone()));
    }
    let listed = tokio::time::timeout(LIST_TIME, devika_llm::list_models(provider)).await;
    let listed = match listed {
        Ok(Ok(listed)) => listed,
        Ok(Err(ModelError::Unreachable { .. })) if provider.key.is_none() => {
            return Err(NotOffered::NotRunning);
        }
        Ok(Err(error)) => return Err(NotOffered::Failed(error.to_string())),
        Err(_) => {
            let seconds = LIST_TIME.as_secs();
            return Err(NotOffered::Failed(format!("sent no list within {seconds} s")));
        }
    };
    Ok(listed.into_iter().map(|listed| (listed.name, listed.context, listed.output)).collect())
}

/// Whether a list has the model.
pub(crate) fn lists(names: &[String], model: &str) -> bool {
    names.iter().any(|name| is(name, model))
}

/// Whether a listed model is the one that is meant, perhaps by a name without the tag or the date.
fn is(listed: &str, meant: &str) -> bool {
    let Some(rest) = listed.strip_prefix(meant) else { return false };
    let is_number = |part: &str| part.chars().all(|c| c.is_ascii_digit());
    // `-20250929`, `-2024-08-06`, `-2507`; a version such as `-4-5` begins with fewer digits.
    let is_date = rest.strip_prefix('-').is_some_and(|date| {
        date.split('-').all(is_number) && date.split('-').next().is_some_and(|it| it.len() >= 4)
    });
    rest.is_empty() || rest == ":latest" || is_date
}

#[cfg(test)]
mod tests {
    use super::lists;

    #[test]
    fn a_short_name_stands_for_the_dated_and_the_tagged_one_and_for_no_other_model() {
        let names = ["claude-sonnet-4-5-20250929", "llama3:latest", "gpt-5-mini"];
        let names = names.map(str::to_owned);
        let meant = ["claude-sonnet-4-5", "llama3", "gpt-5-mini", "gpt-5", "claude-sonnet"];
        let found = meant.map(|model| lists(&names, model));
        assert_eq!(found, [true, true, true, false, false]);
    }
}
