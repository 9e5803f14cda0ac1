//! Which model answers, where several could.

use std::collections::BTreeMap;
use std::time::Duration;

use devika_config::{Provider, ProviderKind};
use tokio::time::timeout;

use super::list::list_names;

/// The providers whose key decides, in this order.
const BY_KEY: [&str; 5] = ["anthropic", "openai", "gemini", "mistral", "groq"];

/// Servers that people run on their own machine: name, protocol and address.
const ON_LOCALHOST: [(&str, ProviderKind, &str); 2] = [
    ("ollama", ProviderKind::Ollama, "http://127.0.0.1:11434/"),
    ("lmstudio", ProviderKind::OpenAi, "http://127.0.0.1:1234/v1/"),
];

/// How long a server on localhost may take to list its models.
const PROBE_TIMEOUT: Duration = Duration::from_millis(300);

/// The local model's name where the configuration gives none.
const LOCAL_MODEL: &str = "qwen2.5-coder-1.5b-instruct";

/// A model to connect to.
#[derive(Debug, Clone)]
pub struct Chosen {
    /// Who serves it.
    pub provider: Provider,
    /// Its name there.
    pub model: String,
    /// Why it was chosen, e.g. `environment variable OPENAI_API_KEY is set`.
    pub why: String,
}

/// Why no model was chosen; each message says what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoModel {
    /// The provider that was asked for is not configured.
    #[error(
        "there is no provider `{name}`.{} Configured are: {known}.",
        nearest.as_ref().map(|n| format!(" Did you mean `{n}`?")).unwrap_or_default()
    )]
    UnknownProvider {
        /// The name that was asked for.
        name: String,
        /// The configured name that is most like it.
        nearest: Option<String>,
        /// All configured names.
        known: String,
    },
    /// The provider that was asked for has no key.
    #[error("{provider} has no key: it is read from {hint}")]
    KeyMissing {
        /// The provider.
        provider: String,
        /// Where the key would be read from.
        hint: String,
    },
    /// A provider was named without a model, and neither the configuration nor its own list has one.
    #[error("which model of {provider}? It was asked, but: {why} Name one as `{provider}/MODEL`.")]
    ModelMissing {
        /// The provider.
        provider: String,
        /// Why its list did not help, as a sentence.
        why: String,
    },
    /// The local model was asked for and is not on this machine.
    #[error("the local model is not installed: run `devika models pull local`")]
    LocalMissing,
    /// One of the editor's models was asked for where there is no editor that lets its models be asked.
    #[error(
        "`{name}` is a model of the editor, and there is no editor here that lets its own models be \
         asked. Run or resume the task in VS Code with Devika's extension, or choose another model: \
         `devika models use PROVIDER/MODEL` for this folder, `models.default` of the configuration, \
         or the editor's setting `devika.model`, where that named it"
    )]
    NoEditor {
        /// The name that was asked for.
        name: String,
    },
    /// One of the editor's models was asked for that the editor does not have.
    #[error("the editor {}", match known.as_str() {
        "" => "has no language models: sign in to what brings them, such as GitHub Copilot, or \
               choose another provider".to_owned(),
        known => format!("has no model `{model}`; it has {known}"),
    })]
    NotInEditor {
        /// The model.
        model: String,
        /// What the editor has, separated by commas.
        known: String,
    },
    /// Nothing is there to choose from.
    #[error(
        "there is no model to ask. Three ways to get one:\n  \
         1. set a key: ANTHROPIC_API_KEY, OPENAI_API_KEY, GEMINI_API_KEY, MISTRAL_API_KEY or GROQ_API_KEY\n  \
         2. start Ollama or LM Studio on this machine, with a model pulled\n  \
         3. run `devika models pull local` for a small model that needs neither (1.1 GB)"
    )]
    None,
}

/// Chooses the model that answers: the `requested` `provider/model`; else `default_model` of the
/// configuration; else the first provider with a key, in the order anthropic, openai, gemini,
/// mistral, groq and then as configured; else Ollama or LM Studio, where one answers on localhost
/// within 300 ms; else the local model, where `local` says that it is installed. The editor's own
/// models are none of this function's: those who have an editor choose among them.
///
/// Without a request and a key this opens connections to localhost, and to nothing else.
///
/// # Errors
/// [`NoModel`], whose message says what to do.
pub async fn choose(
    providers: &[Provider],
    default_model: Option<&str>,
    requested: Option<&str>,
    local: &(dyn Fn() -> bool + Sync),
) -> Result<Chosen, NoModel> {
    if let Some(name) = requested {
        return named(providers, name, "it was asked for", local).await;
    }
    if let Some(name) = default_model {
        return named(providers, name, "it is `models.default` of the configuration", local).await;
    }
    if let Some(chosen) = by_key(providers) {
        return Ok(chosen);
    }
    if let Some(chosen) = on_localhost(providers).await {
        return Ok(chosen);
    }
    let installed = providers.iter().find(|p| p.kind == ProviderKind::Local).filter(|_| local());
    let provider = installed.ok_or(NoModel::None)?.clone();
    let model = provider.default_model.clone().unwrap_or_else(|| LOCAL_MODEL.to_owned());
    Ok(Chosen { provider, model, why: "it is installed on this machine".to_owned() })
}

/// The model of this name: `provider/model`, or a provider alone for its default.
async fn named(
    providers: &[Provider],
    name: &str,
    why: &str,
    local: &(dyn Fn() -> bool + Sync),
) -> Result<Chosen, NoModel> {
    let (provider_name, model) = match name.split_once('/') {
        Some((provider, model)) => (provider, Some(model).filter(|model| !model.is_empty())),
        None => (name, None),
    };
    let provider = providers
        .iter()
        .find(|provider| provider.name == provider_name)
        .ok_or_else(|| unknown_provider(providers, provider_name))?
        .clone();
    if provider.kind == ProviderKind::Local && !local() {
        return Err(NoModel::LocalMissing);
    }
    if provider.kind == ProviderKind::Editor {
        return Err(NoModel::NoEditor { name: name.to_owned() });
    }
    if let (None, Some(hint)) = (&provider.key, &provider.key_hint) {
        return Err(NoModel::KeyMissing { provider: provider.name, hint: hint.clone() });
    }
    let model = match model.map(str::to_owned).or_else(|| provider.default_model.clone()) {
        Some(model) => model,
        None => first_model(&provider).await?,
    };
    Ok(Chosen { provider, model, why: why.to_owned() })
}

/// The first model of a provider's own list.
async fn first_model(provider: &Provider) -> Result<String, NoModel> {
    if provider.kind == ProviderKind::Local {
        return Ok(LOCAL_MODEL.to_owned());
    }
    let missing = |why| NoModel::ModelMissing { provider: provider.name.clone(), why };
    let listed = list_names(provider).await.map_err(|error| missing(error.to_string()))?;
    preferred(listed).ok_or_else(|| missing("It lists none.".to_owned()))
}

fn by_key(providers: &[Provider]) -> Option<Chosen> {
    let usable = |provider: &&Provider| provider.key.is_some() && provider.default_model.is_some();
    let provider = BY_KEY
        .iter()
        .find_map(|name| providers.iter().filter(usable).find(|provider| provider.name == *name))
        .or_else(|| providers.iter().find(usable))?;
    let why = format!("its key was found: {}", provider.key.as_ref()?.source());
    Some(Chosen { provider: provider.clone(), model: provider.default_model.clone()?, why })
}

/// Asks both servers at once; Ollama is preferred where both answer.
async fn on_localhost(providers: &[Provider]) -> Option<Chosen> {
    let [ollama, lmstudio] = ON_LOCALHOST.map(|(name, kind, address)| {
        let configured = providers.iter().find(|provider| provider.name == name);
        probe(configured.cloned().unwrap_or_else(|| local_server(name, kind, address)))
    });
    let (ollama, lmstudio) = futures::join!(ollama, lmstudio);
    ollama.or(lmstudio)
}

async fn probe(provider: Provider) -> Option<Chosen> {
    let listed = timeout(PROBE_TIMEOUT, list_names(&provider)).await.ok()?.ok()?;
    let model = match &provider.default_model {
        Some(wanted) if listed.contains(wanted) => wanted.clone(),
        _ => preferred(listed)?,
    };
    let why = format!("it answers at {}", provider.base_url);
    Some(Chosen { provider, model, why })
}

/// The first coding model, else the first that can chat at all.
fn preferred(listed: Vec<String>) -> Option<String> {
    let mut chatting = listed.into_iter().filter(|name| !name.contains("embed"));
    let first = chatting.next()?;
    if first.contains("coder") {
        return Some(first);
    }
    Some(chatting.find(|name| name.contains("coder")).unwrap_or(first))
}

/// A server on localhost that the configuration does not mention. Its models are likely small, and
/// slow to load.
fn local_server(name: &str, kind: ProviderKind, address: &str) -> Provider {
    Provider {
        name: name.to_owned(),
        kind,
        base_url: address.to_owned(),
        key: None,
        key_hint: None,
        default_model: None,
        connect_timeout: PROBE_TIMEOUT,
        first_token_timeout: Duration::from_secs(300),
        idle_timeout: Duration::from_secs(120),
        context_tokens: 8192,
        output_tokens: 2048,
        small: true,
        headers: Vec::new(),
        ca_file: None,
        proxy: None,
        concurrency: 1,
        queue: 100,
        prices: BTreeMap::new(),
    }
}

fn unknown_provider(providers: &[Provider], name: &str) -> NoModel {
    let known: Vec<&str> = providers.iter().map(|provider| provider.name.as_str()).collect();
    let nearest = known
        .iter()
        .map(|candidate| (distance(candidate, name), *candidate))
        .min()
        // Further apart than a third of the letters, it is another word.
        .filter(|(distance, candidate)| *distance <= candidate.len().max(3) / 3)
        .map(|(_, candidate)| candidate.to_owned());
    NoModel::UnknownProvider { name: name.to_owned(), nearest, known: known.join(", ") }
}

/// Edits between two words, by Levenshtein.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, to) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(from != *to);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coding_models_are_preferred_and_embedding_models_are_left_out() {
        let pick = |names: &[&str]| preferred(names.iter().map(|&n| n.to_owned()).collect());
        assert_eq!(
            pick(&["nomic-embed-text", "llama3", "qwen2.5-coder:7b"]).unwrap(),
            "qwen2.5-coder:7b"
        );
        assert_eq!(pick(&["nomic-embed-text", "llama3"]).unwrap(), "llama3");
        assert_eq!(pick(&["nomic-embed-text"]), None);
    }

    #[test]
    fn distance_counts_single_edits() {
        assert_eq!(distance("antropic", "anthropic"), 1);
        assert_eq!(distance("groq", "openai"), 6);
    }
}
