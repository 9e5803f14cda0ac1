//! What tests of all dialects begin with.

use std::collections::BTreeMap;
use std::time::Duration;

use devika_config::{Key, Provider, ProviderKind};
use devika_llm::{Message, Request, Role};
use scripted_model::{Protocol, ScriptedModel};

/// A provider that speaks `dialect`, at a scripted server, with a key.
pub(crate) fn provider(dialect: Protocol, server: &ScriptedModel) -> Provider {
    let kind = match dialect {
        Protocol::Responses => ProviderKind::Responses,
        Protocol::Anthropic => ProviderKind::Anthropic,
        Protocol::Gemini => ProviderKind::Gemini,
        Protocol::Ollama => ProviderKind::Ollama,
        _ => ProviderKind::OpenAi,
    };
    let secret = "sk-canary".to_owned().into();
    Provider {
        name: format!("{dialect:?}").to_lowercase(),
        kind,
        base_url: server.url(dialect),
        key: Some(Key::fixed(secret, "a test")),
        key_hint: None,
        default_model: None,
        connect_timeout: Duration::from_secs(30),
        first_token_timeout: Duration::from_secs(60),
        idle_timeout: Duration::from_secs(60),
        context_tokens: 8000,
        output_tokens: 1000,
        small: false,
        headers: Vec::new(),
        ca_file: None,
        proxy: None,
        concurrency: 1,
        queue: 10,
        prices: BTreeMap::new(),
    }
}

/// The shortest of requests.
pub(crate) fn request() -> Request {
    Request {
        system: "Be brief.".to_owned(),
        messages: vec![Message { role: Role::User, text: "Say hello".to_owned() }],
        schema: None,
        max_tokens: 100,
    }
}
