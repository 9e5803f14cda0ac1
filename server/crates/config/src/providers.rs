//! The providers: the usual ones, always there, and the user's own.

use std::collections::BTreeMap;
use std::time::Duration;

use secrecy::SecretString;

use crate::layers::Values;
use crate::provider::{Key, Provider, ProviderKind};

/// A provider that needs no configuration but a key.
struct BuiltIn {
    name: &'static str,
    kind: ProviderKind,
    base_url: &'static str,
    key_env: Option<&'static str>,
    default_model: Option<&'static str>,
    context_tokens: u32,
    output_tokens: u32,
    small: bool,
}

const fn remote(
    name: &'static str,
    base_url: &'static str,
    key_env: &'static str,
    default_model: &'static str,
) -> BuiltIn {
    BuiltIn {
        name,
        kind: ProviderKind::OpenAi,
        base_url,
        key_env: Some(key_env),
        default_model: Some(default_model),
        context_tokens: 128_000,
        output_tokens: 8_192,
        small: false,
    }
}

/// A server on the user's own machine: contexts are short unless the user says otherwise.
const fn nearby(name: &'static str, base_url: &'static str) -> BuiltIn {
    BuiltIn {
        name,
        kind: ProviderKind::OpenAi,
        base_url,
        key_env: None,
        default_model: None,
        context_tokens: 8_192,
        output_tokens: 2_048,
        small: true,
    }
}

/// In the order in which a key in the environment chooses among them.
const BUILT_IN: [BuiltIn; 8] = [
    BuiltIn {
        kind: ProviderKind::Anthropic,
        context_tokens: 200_000,
        ..remote(
            "anthropic",
            "https://api.anthropic.com/v1/",
            "ANTHROPIC_API_KEY",
            "claude-sonnet-4-5",
        )
    },
    remote("openai", "https://api.openai.com/v1/", "OPENAI_API_KEY", "gpt-5-mini"),
    remote(
        "gemini",
        "https://generativelanguage.googleapis.com/v1beta/openai/",
        "GEMINI_API_KEY",
        "gemini-2.5-flash",
    ),
    remote("mistral", "https://api.mistral.ai/v1/", "MISTRAL_API_KEY", "devstral-small-latest"),
    remote("groq", "https://api.groq.com/openai/v1/", "GROQ_API_KEY", "llama-3.3-70b-versatile"),
    nearby("ollama", "http://127.0.0.1:11434/v1/"),
    nearby("lmstudio", "http://127.0.0.1:1234/v1/"),
    BuiltIn {
        kind: ProviderKind::Local,
        default_model: Some("qwen2.5-coder-1.5b"),
        ..nearby("local", "")
    },
];

/// The user's providers in the order of their names, then the built-in ones.
pub(crate) fn resolve(
    values: &Values,
    env: &BTreeMap<String, String>,
    wrong: &mut Vec<String>,
) -> Vec<Provider> {
    let mut providers = Vec::new();
    for name in values.names_below("providers.") {
        if BUILT_IN.iter().all(|built_in| built_in.name != name) {
            providers.extend(own(&name, values, env, wrong));
        }
    }
    let built_in = BUILT_IN.iter().map(|built_in| provider(built_in.name, built_in, values, env));
    providers.extend(built_in);
    providers
}

/// A provider that only the configuration knows.
fn own(
    name: &str,
    values: &Values,
    env: &BTreeMap<String, String>,
    wrong: &mut Vec<String>,
) -> Option<Provider> {
    let key = |field: &str| format!("providers.{name}.{field}");
    for field in ["kind", "base_url"] {
        if values.text(&key(field)).is_none() {
            wrong.push(format!(
                "providers.{name}: `{}` is missing; a provider needs `kind` and `base_url`",
                key(field)
            ));
            return None;
        }
    }
    let base = BuiltIn { key_env: None, default_model: None, ..remote("", "", "", "") };
    let mut provider = provider(name, &base, values, env);
    if !(provider.base_url.starts_with("http://") || provider.base_url.starts_with("https://")) {
        let place = values.place(&key("base_url"));
        wrong.push(format!("{place}: `{}` must begin with http:// or https://", key("base_url")));
    }
    if values.text(&key("kind")).as_deref() == Some("anthropic") {
        provider.kind = ProviderKind::Anthropic;
    }
    Some(provider)
}

fn provider(
    name: &str,
    built_in: &BuiltIn,
    values: &Values,
    env: &BTreeMap<String, String>,
) -> Provider {
    let key = |field: &str| format!("providers.{name}.{field}");
    let tokens = |field: &str, default: u32| {
        values.number(&key(field)).and_then(|number| u32::try_from(number).ok()).unwrap_or(default)
    };
    let time = |field: &str, seconds: u64| {
        values.duration(&key(field)).unwrap_or(Duration::from_secs(seconds))
    };
    let mut base_url =
        values.text(&key("base_url")).unwrap_or_else(|| built_in.base_url.to_owned());
    if !base_url.is_empty() && !base_url.ends_with('/') {
        base_url.push('/');
    }
    let key_env = values.text(&key("key_env")).or_else(|| built_in.key_env.map(str::to_owned));
    // A machine of the user's own may take minutes to load a model and to read a prompt.
    let first_token = if built_in.small { 600 } else { 120 };
    Provider {
        name: name.to_owned(),
        kind: built_in.kind,
        base_url,
        key: secret(name, values, env, key_env.as_deref()),
        key_hint: key_env.map(|variable| format!("environment variable {variable}")),
        default_model: values
            .text(&key("default_model"))
            .or_else(|| built_in.default_model.map(str::to_owned)),
        connect_timeout: time("connect_timeout", 10),
        first_token_timeout: time("first_token_timeout", first_token),
        idle_timeout: time("idle_timeout", 120),
        context_tokens: tokens("context_tokens", built_in.context_tokens),
        output_tokens: tokens("output_tokens", built_in.output_tokens),
        small: values.flag(&key("small")).unwrap_or(built_in.small),
    }
}

fn secret(
    name: &str,
    values: &Values,
    env: &BTreeMap<String, String>,
    key_env: Option<&str>,
) -> Option<Key> {
    let written = format!("providers.{name}.key");
    if let Some(text) = values.text(&written) {
        let source = format!("{written} in {}", values.place(&written));
        return Some(Key { secret: SecretString::from(text), source });
    }
    let variable = key_env?;
    let text = env.get(variable).map(|text| text.trim()).filter(|text| !text.is_empty())?;
    Some(Key {
        secret: SecretString::from(text.to_owned()),
        source: format!("environment variable {variable}"),
    })
}
