//! The providers: the usual ones, always there, and the user's own.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::provider::{Key, Provider, ProviderKind};
use crate::values::Values;

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
    BuiltIn {
        kind: ProviderKind::Gemini,
        ..remote(
            "gemini",
            "https://generativelanguage.googleapis.com/v1beta/",
            "GEMINI_API_KEY",
            "gemini-2.5-flash",
        )
    },
    remote("mistral", "https://api.mistral.ai/v1/", "MISTRAL_API_KEY", "devstral-small-latest"),
    remote("groq", "https://api.groq.com/openai/v1/", "GROQ_API_KEY", "llama-3.3-70b-versatile"),
    BuiltIn { kind: ProviderKind::Ollama, ..nearby("ollama", "http://127.0.0.1:11434/") },
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
    for (name, place) in values.providers() {
        if BUILT_IN.iter().all(|built_in| built_in.name != name) {
            providers.extend(own(name, place, values, env, wrong));
        }
    }
    for built_in in &BUILT_IN {
        providers.push(provider(built_in.name, built_in, values, env, wrong));
    }
    commands_get_no_keys(&providers, values, wrong);
    providers
}

/// A provider that only the configuration knows.
fn own(
    name: &str,
    place: &str,
    values: &Values,
    env: &BTreeMap<String, String>,
    wrong: &mut Vec<String>,
) -> Option<Provider> {
    let key = |field: &str| format!("providers.{name}.{field}");
    let missing: Vec<String> = ["kind", "base_url"]
        .into_iter()
        .filter(|field| !values.mentions(&key(field)))
        .map(|field| format!("`{}`", key(field)))
        .collect();
    if !missing.is_empty() {
        wrong.push(format!(
            "{place}: {} missing; a provider of your own needs `kind` and `base_url`",
            missing.join(" and ") + if missing.len() == 1 { " is" } else { " are" }
        ));
        return None;
    }
    let base = BuiltIn { key_env: None, default_model: None, ..remote("", "", "", "") };
    Some(provider(name, &base, values, env, wrong))
}

fn provider(
    name: &str,
    built_in: &BuiltIn,
    values: &Values,
    env: &BTreeMap<String, String>,
    wrong: &mut Vec<String>,
) -> Provider {
    let key = |field: &str| format!("providers.{name}.{field}");
    let tokens = |field: &str| values.number(&key(field)).and_then(|number| number.try_into().ok());
    let time = |field: &str, seconds: u64| {
        values.duration(&key(field)).unwrap_or(Duration::from_secs(seconds))
    };
    let mut base_url =
        values.text(&key("base_url")).unwrap_or_else(|| built_in.base_url.to_owned());
    if !base_url.is_empty() && !base_url.ends_with('/') {
        base_url.push('/');
    }
    let context_tokens = tokens("context_tokens").unwrap_or(built_in.context_tokens);
    // At least three quarters are for the prompt, unless the user says otherwise.
    let output_tokens =
        tokens("output_tokens").unwrap_or(built_in.output_tokens.min(context_tokens / 4));
    if output_tokens >= context_tokens {
        wrong.push(format!(
            "{}: `{}` must be less than `context_tokens`, which is {context_tokens}",
            values.place(&key("output_tokens")),
            key("output_tokens"),
        ));
    }
    let small = values.flag(&key("small")).unwrap_or(built_in.small);
    // A machine of the user's own may take minutes to load a model and to read a prompt.
    let first_token = if small { 600 } else { 120 };
    let key_env = values.text(&key("key_env")).or_else(|| built_in.key_env.map(str::to_owned));
    Provider {
        name: name.to_owned(),
        kind: kind(values.text(&key("kind")).as_deref(), built_in.kind),
        base_url,
        key: secret(name, values, env, key_env.as_deref()),
        key_hint: key_env.map(|variable| format!("environment variable {variable}")),
        default_model: values
            .text(&key("default_model"))
            .or_else(|| built_in.default_model.map(str::to_owned)),
        connect_timeout: time("connect_timeout", 10),
        first_token_timeout: time("first_token_timeout", first_token),
        idle_timeout: time("idle_timeout", 120),
        context_tokens,
        output_tokens,
        small,
        headers: Vec::new(),
        ca_file: None,
        proxy: None,
    }
}

fn kind(word: Option<&str>, otherwise: ProviderKind) -> ProviderKind {
    match word {
        Some("anthropic") => ProviderKind::Anthropic,
        Some("gemini") => ProviderKind::Gemini,
        Some("ollama") => ProviderKind::Ollama,
        Some("openai") => ProviderKind::OpenAi,
        Some("responses") => ProviderKind::Responses,
        _ => otherwise,
    }
}

fn secret(
    name: &str,
    values: &Values,
    env: &BTreeMap<String, String>,
    key_env: Option<&str>,
) -> Option<Key> {
    let written = format!("providers.{name}.key");
    if let Some((secret, place)) = values.secret(&written) {
        return Some(Key { secret, source: format!("{written} in {place}") });
    }
    let variable = key_env?;
    let text = env.get(variable).map(|text| text.trim()).filter(|text| !text.is_empty())?;
    Some(Key { secret: text.into(), source: format!("environment variable {variable}") })
}

/// Refuses to hand the variable that holds a provider's key to commands.
fn commands_get_no_keys(providers: &[Provider], values: &Values, wrong: &mut Vec<String>) {
    for allowed in values.texts("commands.env_allow") {
        let hint = format!("environment variable {allowed}");
        if let Some(provider) = providers.iter().find(|one| one.key_hint.as_ref() == Some(&hint)) {
            wrong.push(format!(
                "{}: `commands.env_allow` names {allowed}, which holds the key of {}; commands \
                 never get keys of providers: take it out",
                values.place("commands.env_allow"),
                provider.name
            ));
        }
    }
}
