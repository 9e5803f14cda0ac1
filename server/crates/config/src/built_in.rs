//! The usual providers, which need no configuration but a key.

use crate::provider::ProviderKind;

/// A provider that needs no configuration but a key.
pub(crate) struct BuiltIn {
    pub(crate) name: &'static str,
    pub(crate) kind: ProviderKind,
    pub(crate) base_url: &'static str,
    pub(crate) key_env: Option<&'static str>,
    pub(crate) default_model: Option<&'static str>,
    pub(crate) context_tokens: u32,
    pub(crate) output_tokens: u32,
    pub(crate) small: bool,
    pub(crate) concurrency: u32,
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
        concurrency: 4,
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
        // A second request would take memory and speed from the first.
        concurrency: 1,
    }
}

/// What a provider of the user's own has by default; its kind and address are always given.
pub(crate) const OWN: BuiltIn =
    BuiltIn { key_env: None, default_model: None, ..remote("", "", "", "") };

/// In the order in which a key in the environment chooses among them.
pub(crate) const BUILT_IN: [BuiltIn; 9] = [
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
    // What a model of the editor holds, it says itself; this is for one that does not.
    BuiltIn {
        name: "editor",
        kind: ProviderKind::Editor,
        context_tokens: 64_000,
        output_tokens: 8_192,
        ..OWN
    },
];
