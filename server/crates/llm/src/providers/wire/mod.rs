//! The protocols: what is sent, and how what comes back is read.

mod anthropic;
mod chat;
mod gemini;
mod ollama;
mod responses;
mod schema;

use devika_config::{Key, Provider, ProviderKind};
use secrecy::ExposeSecret;
use serde_json::Value;

use super::reading::Reading;
use crate::{Request, Role};

pub(crate) use schema::{SchemaBy, schema_by};

/// Small models stray at their usual temperature: with it they break the edit format more often.
const SMALL_MODEL_TEMPERATURE: f64 = 0.2;

/// A protocol, and whose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// Chat completions of OpenAI itself.
    OpenAi,
    /// Chat completions of anybody else.
    Compatible,
    /// Chat completions of Mistral, which refuses fields that it does not know.
    Mistral,
    /// OpenAI's responses.
    Responses,
    /// Anthropic's messages.
    Anthropic,
    /// Google's Gemini.
    Gemini,
    /// Ollama's own.
    Ollama,
}

/// One request to one model, as the protocols write it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked<'a> {
    pub(crate) provider: &'a Provider,
    pub(crate) model: &'a str,
    pub(crate) request: &'a Request,
    pub(crate) schema_by: SchemaBy,
}

impl Dialect {
    /// The dialect of a provider.
    pub(crate) fn of(provider: &Provider) -> Self {
        match provider.kind {
            ProviderKind::Responses => Self::Responses,
            ProviderKind::Anthropic => Self::Anthropic,
            ProviderKind::Gemini => Self::Gemini,
            ProviderKind::Ollama => Self::Ollama,
            // The editor's models are asked by no protocol of these; nobody makes such a request.
            ProviderKind::Local | ProviderKind::Editor => Self::Compatible,
            ProviderKind::OpenAi => {
                let address = reqwest::Url::parse(&provider.base_url);
                let host = address.as_ref().ok().and_then(|url| url.host_str()).unwrap_or_default();
                if host == "api.openai.com" {
                    Self::OpenAi
                } else if host.ends_with("mistral.ai") || provider.name == "mistral" {
                    Self::Mistral
                } else {
                    Self::Compatible
                }
            }
        }
    }

    /// Whether it is OpenAI's chat completions, whoever speaks it.
    pub(crate) fn is_chat_completions(self) -> bool {
        matches!(self, Self::OpenAi | Self::Compatible | Self::Mistral)
    }

    /// Where a turn is asked for.
    pub(crate) fn address(self, provider: &Provider, model: &str) -> String {
        let base = base(provider);
        match self {
            Self::OpenAi | Self::Compatible | Self::Mistral => format!("{base}chat/completions"),
            Self::Responses => format!("{base}responses"),
            Self::Anthropic => format!("{base}messages"),
            Self::Gemini => {
                let folder = if model.contains('/') { "" } else { "models/" };
                format!("{base}{folder}{model}:streamGenerateContent?alt=sse")
            }
            Self::Ollama => format!("{base}api/chat"),
        }
    }

    /// The body of a request.
    pub(crate) fn body(self, asked: &Asked<'_>) -> Value {
        match self {
            Self::OpenAi | Self::Compatible | Self::Mistral => chat::body(self, asked),
            Self::Responses => responses::body(asked),
            Self::Anthropic => anthropic::body(asked),
            Self::Gemini => gemini::body(asked),
            Self::Ollama => ollama::body(asked),
        }
    }

    /// Reads one event of a streamed answer.
    ///
    /// # Errors
    /// Where it is no JSON.
    pub(crate) fn read(self, event: &str, into: &mut Reading) -> Result<(), serde_json::Error> {
        if event == "[DONE]" {
            into.done = true;
            return Ok(());
        }
        let event: Value = serde_json::from_str(event)?;
        if event.get("error").is_some_and(|error| !error.is_null()) {
            into.error = Some(event);
            return Ok(());
        }
        match self {
            Self::OpenAi | Self::Compatible | Self::Mistral => chat::read(&event, into),
            Self::Responses => responses::read(&event, into),
            Self::Anthropic => anthropic::read(&event, into),
            Self::Gemini => gemini::read(&event, into),
            Self::Ollama => ollama::read(&event, into),
        }
        Ok(())
    }
}

/// Where a provider answers, with a final slash. Gemini and Ollama speak OpenAI's protocol one
/// folder deeper, which is what people may have written.
pub(crate) fn base(provider: &Provider) -> String {
    let base = provider.base_url.trim_end_matches('/');
    let base = match provider.kind {
        ProviderKind::Gemini => base.strip_suffix("/openai").unwrap_or(base),
        ProviderKind::Ollama => base.strip_suffix("/v1").unwrap_or(base),
        _ => base,
    };
    format!("{base}/")
}

/// The headers of each request: the key, the version of the API, and what the user adds, which
/// replaces ours where it has the same name. A provider without a key is sent none,
/// and neither is one whose key was not read yet.
pub(crate) fn headers(provider: &Provider) -> Vec<(String, String)> {
    let key = provider.key.as_ref().and_then(Key::known);
    let own = provider.own_headers(key.as_ref().map(ExposeSecret::expose_secret));
    // Where the user says which header has the key, no other one has.
    let key = key.as_ref().filter(|_| !provider.key_is_in_headers());
    let key = key.map(ExposeSecret::expose_secret);
    let mut headers = Vec::new();
    let mut add = |name: &str, value: String| headers.push((name.to_owned(), value));
    match provider.kind {
        ProviderKind::Anthropic => {
            add("anthropic-version", anthropic::VERSION.to_owned());
            key.into_iter().for_each(|key| add("x-api-key", key.to_owned()));
        }
        ProviderKind::Gemini => {
            key.into_iter().for_each(|key| add("x-goog-api-key", key.to_owned()));
        }
        ProviderKind::OpenAi
        | ProviderKind::Responses
        | ProviderKind::Ollama
        | ProviderKind::Local
        | ProviderKind::Editor => {
            key.into_iter().for_each(|key| add("authorization", format!("Bearer {key}")));
        }
    }
    headers.retain(|(ours, _)| own.iter().all(|(users, _)| !users.eq_ignore_ascii_case(ours)));
    headers.extend(own);
    headers
}

impl Asked<'_> {
    fn max_tokens(&self) -> u32 {
        self.request.max_tokens.min(self.provider.output_tokens)
    }

    fn temperature(&self) -> Option<f64> {
        let small = self.provider.small || self.provider.kind == ProviderKind::Local;
        small.then_some(SMALL_MODEL_TEMPERATURE)
    }

    /// The conversation, each entry with the provider's word for who speaks. A schema that no field
    /// carries is told at its end.
    fn messages<'b>(&'b self, assistant: &'b str) -> impl Iterator<Item = (&'b str, String)> {
        let told = self.request.schema.as_ref().filter(|_| self.schema_by == SchemaBy::Prompt);
        let last = self.request.messages.len().saturating_sub(1);
        self.request.messages.iter().enumerate().map(move |(at, message)| {
            let role = match message.role {
                Role::User => "user",
                Role::Assistant => assistant,
            };
            let text = match told {
                Some(schema) if at == last => schema.told_after(&message.text),
                _ => message.text.clone(),
            };
            (role, text)
        })
    }

    /// The system text and the conversation, as the protocols have it that take both as messages.
    fn messages_with_system(&self) -> Vec<Value> {
        let system = Some(self.request.system.clone()).filter(|system| !system.is_empty());
        let system = system.into_iter().map(|text| ("system", text));
        let said =
            |(role, text): (&str, String)| serde_json::json!({"role": role, "content": text});
        system.chain(self.messages("assistant")).map(said).collect()
    }
}
