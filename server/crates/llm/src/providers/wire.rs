//! A [`Request`] as genai wants it.

use devika_config::{Provider, ProviderKind};
use genai::adapter::AdapterKind;
use genai::chat::{
    ChatFrameSink, ChatMessage, ChatOptions, ChatRequest, JsonSpec, ReasoningEffort,
};
use genai::resolver::{AuthData, Endpoint};
use genai::{Headers, ModelIden, ServiceTarget};
use secrecy::ExposeSecret;
use serde_json::json;
use std::sync::Arc;

use crate::{Message, Request, Role};

/// The version of Anthropic's API that is spoken.
pub(crate) const ANTHROPIC_VERSION: &str = "2023-06-01";

/// Small models stray at their usual temperature: with it they break the edit format more often.
const SMALL_MODEL_TEMPERATURE: f64 = 0.2;

/// How the model is told the schema of its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SchemaBy {
    /// By the provider's own field, which also enforces it.
    Field,
    /// At the end of the prompt.
    Prompt,
}

/// Where a request goes. The address and the headers are ours, so that a provider without a key is
/// sent none.
pub(crate) fn target(provider: &Provider, model: &str) -> ServiceTarget {
    let (adapter, path) = match provider.kind {
        ProviderKind::OpenAi | ProviderKind::Local => (AdapterKind::OpenAI, "chat/completions"),
        ProviderKind::Anthropic => (AdapterKind::Anthropic, "messages"),
    };
    ServiceTarget {
        endpoint: Endpoint::from_owned(provider.base_url.as_str()),
        auth: AuthData::RequestOverride {
            url: format!("{}{path}", provider.base_url),
            headers: Headers::from(headers(provider)),
        },
        model: ModelIden::new(adapter, model),
    }
}

/// The headers that carry the key and the version of the API.
pub(crate) fn headers(provider: &Provider) -> Vec<(String, String)> {
    let key = provider.key.as_ref().map(|key| key.secret.expose_secret());
    let mut headers = Vec::new();
    match provider.kind {
        ProviderKind::OpenAi | ProviderKind::Local => {
            headers.extend(key.map(|key| ("authorization".to_owned(), format!("Bearer {key}"))));
        }
        ProviderKind::Anthropic => {
            headers.push(("anthropic-version".to_owned(), ANTHROPIC_VERSION.to_owned()));
            headers.extend(key.map(|key| ("x-api-key".to_owned(), key.to_owned())));
        }
    }
    headers
}

/// The conversation.
pub(crate) fn conversation(request: &Request, schema_by: SchemaBy) -> ChatRequest {
    let mut messages: Vec<ChatMessage> = request.messages.iter().map(message).collect();
    if schema_by == SchemaBy::Prompt
        && let (Some(schema), Some(last)) = (&request.schema, request.messages.last())
    {
        let told = format!(
            "{}\n\nAnswer with one JSON value and nothing else, by this JSON schema:\n{}",
            last.text, schema.json
        );
        messages.pop();
        messages.push(message(&Message { role: last.role, text: told }));
    }
    let chat = ChatRequest::new(messages);
    if request.system.is_empty() { chat } else { chat.with_system(request.system.clone()) }
}

fn message(message: &Message) -> ChatMessage {
    match message.role {
        Role::User => ChatMessage::user(message.text.clone()),
        Role::Assistant => ChatMessage::assistant(message.text.clone()),
    }
}

/// What is asked besides the conversation.
pub(crate) fn options(
    provider: &Provider,
    model: &str,
    request: &Request,
    schema_by: SchemaBy,
    frames: Arc<dyn ChatFrameSink>,
) -> ChatOptions {
    let mut options = ChatOptions::default()
        .with_max_tokens(request.max_tokens.min(provider.output_tokens))
        .with_capture_usage(true)
        .with_raw_frame_sink_arc(frames)
        // genai cuts `-high`, `::` and the like from names; the name is sent as it was configured.
        .with_extra_body(json!({"model": model}));
    if provider.kind != ProviderKind::Anthropic {
        // Keeps genai from reading an effort out of the name; a budget adds nothing to a request
        // of this protocol.
        options = options.with_reasoning_effort(ReasoningEffort::Budget(0));
    }
    if provider.small || provider.kind == ProviderKind::Local {
        options = options.with_temperature(SMALL_MODEL_TEMPERATURE);
    }
    match (&request.schema, schema_by) {
        (Some(schema), SchemaBy::Field) => {
            options.with_response_format(JsonSpec::new(schema.name, schema.json.clone()))
        }
        _ => options,
    }
}

/// How this model is told a schema until it says otherwise. Anthropic enforces schemas from
/// Claude 4.5 on; other servers of its protocol ignore the field.
pub(crate) fn schema_by(provider: &Provider, model: &str) -> SchemaBy {
    if provider.kind != ProviderKind::Anthropic {
        return SchemaBy::Field;
    }
    const WITHOUT: [&str; 6] = [
        "claude-2",
        "claude-3",
        "claude-sonnet-4-0",
        "claude-opus-4-0",
        "claude-sonnet-4-2",
        "claude-opus-4-2",
    ];
    let known = model.starts_with("claude-") && !WITHOUT.iter().any(|name| model.starts_with(name));
    if known { SchemaBy::Field } else { SchemaBy::Prompt }
}
