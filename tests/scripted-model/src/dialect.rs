//! The protocols, and where each is spoken.

use axum::http::HeaderMap;
use serde_json::Value;

use crate::stream::Events;
use crate::{Reply, anthropic, gemini, ollama, openai, responses};

/// Which protocol a request spoke. Mistral, Groq and LM Studio speak OpenAI's with their own words,
/// fields and omissions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// OpenAI's chat completions.
    OpenAi,
    /// OpenAI's responses.
    Responses,
    /// Anthropic's messages.
    Anthropic,
    /// Google's Gemini.
    Gemini,
    /// Mistral's chat completions.
    Mistral,
    /// Groq's chat completions.
    Groq,
    /// LM Studio's chat completions.
    LmStudio,
    /// OpenRouter's chat completions.
    OpenRouter,
    /// Ollama's own protocol.
    Ollama,
}

/// What an answer needs to know of its request.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) protocol: Protocol,
    pub(crate) model: String,
    pub(crate) stream: bool,
    pub(crate) prompt_chars: usize,
}

impl Protocol {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::OpenAi,
        Self::Responses,
        Self::Anthropic,
        Self::Gemini,
        Self::Mistral,
        Self::Groq,
        Self::LmStudio,
        Self::OpenRouter,
        Self::Ollama,
    ];

    /// The path that a client of this protocol appends its endpoints to.
    pub(crate) fn base_path(self) -> &'static str {
        match self {
            Self::OpenAi | Self::Responses | Self::Anthropic => "/v1/",
            Self::Gemini => "/v1beta/",
            Self::Mistral => "/mistral/v1/",
            Self::Groq => "/groq/openai/v1/",
            Self::LmStudio => "/lmstudio/v1/",
            Self::OpenRouter => "/openrouter/api/v1/",
            Self::Ollama => "/",
        }
    }

    /// The key that a request of this protocol carries.
    pub(crate) fn key(self, headers: &HeaderMap) -> Option<String> {
        let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        match self {
            Self::Anthropic => header("x-api-key").map(str::to_owned),
            Self::Gemini => header("x-goog-api-key").map(str::to_owned),
            _ => header("authorization")?.strip_prefix("Bearer ").map(str::to_owned),
        }
    }

    /// The body of an HTTP error.
    pub(crate) fn error_body(self, status: u16, message: &str) -> Value {
        match self {
            Self::Anthropic => anthropic::error_body(status, message),
            Self::Gemini => gemini::error_body(status, message),
            Self::Ollama => ollama::error_body(message),
            Self::Responses => openai::error_body(Self::OpenAi, status, message),
            _ => openai::error_body(self, status, message),
        }
    }

    /// What a streamed body is called.
    pub(crate) fn stream_type(self) -> &'static str {
        match self {
            Self::Ollama => "application/x-ndjson",
            _ => "text/event-stream",
        }
    }
}

impl Asked {
    /// The body of an answer that is not streamed.
    pub(crate) fn whole(&self, reply: &Reply) -> Value {
        match self.protocol {
            Protocol::Anthropic => anthropic::whole(reply, &self.model, self.prompt_chars),
            Protocol::Responses => responses::whole(reply, self),
            Protocol::Gemini => gemini::whole(reply, self),
            Protocol::Ollama => ollama::whole(reply, self),
            _ => openai::whole(reply, self),
        }
    }

    /// The events of a streamed answer.
    pub(crate) fn events(&self, reply: &Reply) -> Events {
        match self.protocol {
            Protocol::Anthropic => anthropic::events(reply, &self.model, self.prompt_chars),
            Protocol::Responses => responses::events(reply, self),
            Protocol::Gemini => gemini::events(reply, self),
            Protocol::Ollama => ollama::events(reply, self),
            _ => openai::events(reply, self),
        }
    }
}
