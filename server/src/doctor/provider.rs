//! Whether a provider is reachable, takes the key, and has the model.

use std::time::{Duration, Instant};

use devika_config::Provider;
use devika_llm::{Message, ModelError, Request, Role};

use super::Finding;
use crate::offers;

/// Tokens of the answer to a minimal turn; OpenAI takes no less.
const FEW_TOKENS: u32 = 16;

/// How long a model may take for the minimal turn, which for one on this machine may have to be
/// loaded from disk first.
const TURN_TIME: Duration = Duration::from_secs(6);

/// Servers that people may have on their own machine, and may have switched off.
const MAYBE_THERE: [(&str, &str, &str); 2] = [
    ("ollama", "http://127.0.0.1:11434/", "ollama serve"),
    ("lmstudio", "http://127.0.0.1:1234/", "lms server start"),
];

/// Asks for the list of models. Where that says nothing about the key, because the list is public or
/// there is none, a turn of a few tokens follows; likewise where the model may have to be loaded.
///
/// Nothing is found where a server on this machine that nobody configured does not run.
pub(super) async fn look(provider: &Provider, model: Option<String>) -> Option<Finding> {
    let model = model.as_deref();
    Some(match list(provider).await {
        Ok(Listed { names, proves_key }) => {
            let turn = match model.filter(|_| !proves_key) {
                Some(model) if offers::lists(&names, model) => {
                    Some((model, turn(provider, model).await))
                }
                _ => None,
            };
            tell(provider, model, Some(&names), turn)
        }
        Err(ModelError::Unreachable { .. }) if is_maybe_there(provider) && model.is_none() => {
            return None;
        }
        Err(ModelError::Rejected { status: 404 | 405 | 501, .. }) if model.is_some() => {
            let model = model?;
            tell(provider, Some(model), None, Some((model, turn(provider, model).await)))
        }
        Err(error) => failed(provider, &error),
    })
}

/// What a provider's list said.
struct Listed {
    names: Vec<String>,
    /// Whether it is given to those with a right key only.
    proves_key: bool,
}

async fn list(provider: &Provider) -> Result<Listed, ModelError> {
    if provider.key.is_none() {
        return Ok(Listed { names: names(provider).await?, proves_key: false });
    }
    let stranger = Provider { key: None, ..provider.clone() };
    let (names, public) = tokio::join!(names(provider), names(&stranger));
    Ok(Listed { names: names?, proves_key: public.is_err() })
}

async fn names(provider: &Provider) -> Result<Vec<String>, ModelError> {
    let listed = tokio::time::timeout(offers::LIST_TIME, devika_llm::list_models(provider)).await;
    let listed = listed.unwrap_or_else(|_| {
        let model = format!("{} (its list of models)", provider.name);
        Err(ModelError::Stalled { model, seconds: offers::LIST_TIME.as_secs() })
    })?;
    Ok(listed.into_iter().map(|model| model.name).collect())
}

/// What a minimal turn came to: how long until the first token.
async fn turn(provider: &Provider, model: &str) -> Result<Duration, ModelError> {
    let request = Request {
        system: "Answer in one word.".to_owned(),
        messages: vec![Message { role: Role::User, text: "Are you there?".to_owned() }],
        schema: None,
        max_tokens: FEW_TOKENS,
    };
    let begun = Instant::now();
    let connected = devika_llm::connect(provider, model)?;
    let asked = connected.turn(&request, &|_| {});
    let asked = tokio::time::timeout(TURN_TIME, asked).await;
    let stalled = || ModelError::Stalled {
        model: format!("{}/{model}", provider.name),
        seconds: TURN_TIME.as_secs(),
    };
    asked.map_err(|_| stalled())??;
    Ok(begun.elapsed())
}

fn tell(
    provider: &Provider,
    model: Option<&str>,
    names: Option<&[String]>,
    turn: Option<(&str, Result<Duration, ModelError>)>,
) -> Finding {
    let known = match &provider.key {
        Some(key) => format!("authenticated ({})", key.source()),
        None => "answers, and wants no key".to_owned(),
    };
    match (model, names, turn) {
        (Some(model), Some(names), _) if !offers::lists(names, model) => {
            Finding::warning(format!("{known}, but does not list {model}"))
                .mended_by(get_model(provider, model))
        }
        (_, _, Some((model, Ok(_)))) => Finding::ok(format!("{known}; {model} answered a turn")),
        (_, _, Some((model, Err(ModelError::Stalled { .. })))) if provider.key.is_none() => {
            Finding::warning(format!(
                "{known}; {model} did not answer within {} s: it is probably still being loaded",
                TURN_TIME.as_secs()
            ))
        }
        (_, _, Some((_, Err(error)))) => failed(provider, &error),
        (Some(model), _, None) => Finding::ok(format!("{known}; has {model}")),
        (None, Some([]), None) => Finding::warning(format!("{known}, but has no model"))
            .mended_by(get_model(provider, "MODEL")),
        (None, names, None) => {
            Finding::ok(format!("{known}; has {} models", names.map_or(0, <[String]>::len)))
        }
    }
}

fn failed(provider: &Provider, error: &ModelError) -> Finding {
    match error {
        ModelError::Auth { .. } => Finding::failed(error.to_string()).mended_by(set_key(provider)),
        ModelError::UnknownModel { model, .. } => {
            Finding::warning(error.to_string()).mended_by(get_model(provider, model))
        }
        ModelError::Unreachable { .. } => {
            let known = MAYBE_THERE.iter().find(|(name, ..)| *name == provider.name);
            Finding::failed(error.to_string())
                .mended_by(known.map(|(_, _, start)| (*start).to_owned()))
        }
        ModelError::Busy { .. } => Finding::warning(error.to_string()),
        _ => Finding::failed(error.to_string()),
    }
}

/// The command that gives a provider its key, where that is one variable of the environment.
pub(super) fn set_key(provider: &Provider) -> Option<String> {
    let used = provider.key.as_ref().map(|key| key.source());
    let variable = |source: &str| source.strip_prefix("environment variable ").map(str::to_owned);
    let variable = used.or(provider.key_hint.as_deref()).and_then(variable)?;
    Some(format!("export {variable}=YOUR_KEY"))
}

fn get_model(provider: &Provider, model: &str) -> Option<String> {
    Some(match provider.name.as_str() {
        "ollama" => format!("ollama pull {model}"),
        name => format!("devika models {name}"),
    })
}

fn is_maybe_there(provider: &Provider) -> bool {
    let same = |(name, address, _): &(&str, &str, &str)| {
        provider.name == *name && provider.base_url.starts_with(address)
    };
    MAYBE_THERE.iter().any(same)
}
