//! The protocols: OpenAI's, which most servers speak, Gemini's and Ollama's.

use devika_config::{Provider, ProviderKind};
use serde_json::{Value, json};

use super::batch::Size;
use crate::providers::http;
use crate::providers::wire::{self, Dialect};

/// A protocol, and whose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wire {
    /// `embeddings` of OpenAI, and of whoever offers it to many.
    OpenAi,
    /// The same of Mistral, which takes 16,384 tokens a request.
    Mistral,
    /// The same of a server on the user's machine, which works on a text at a time.
    OnThisMachine,
    Gemini,
    Ollama,
}

impl Wire {
    /// The protocol of a provider; none where it has no embeddings.
    pub(super) fn of(provider: &Provider) -> Option<Self> {
        match Dialect::of(provider) {
            Dialect::Anthropic => None,
            Dialect::Gemini => Some(Self::Gemini),
            Dialect::Ollama => Some(Self::Ollama),
            Dialect::Mistral => Some(Self::Mistral),
            Dialect::OpenAi | Dialect::Compatible | Dialect::Responses => {
                let is_near =
                    provider.kind == ProviderKind::Local || http::is_on_this_machine(provider);
                Some(if is_near { Self::OnThisMachine } else { Self::OpenAi })
            }
        }
    }

    /// How much goes into one request. OpenAI takes 2,048 texts and 300,000 tokens, Gemini 100 texts;
    /// on the user's machine a request should be answered before its limit of silence.
    pub(super) fn batch(self) -> Size {
        match self {
            Self::OpenAi => Size { texts: 128, bytes: 256 << 10 },
            Self::Mistral => Size { texts: 64, bytes: 32 << 10 },
            Self::Gemini => Size { texts: 100, bytes: 256 << 10 },
            Self::OnThisMachine | Self::Ollama => Size { texts: 32, bytes: 64 << 10 },
        }
    }

    pub(super) fn address(self, provider: &Provider, model: &str) -> String {
        let base = wire::base(provider);
        match self {
            Self::OpenAi | Self::Mistral | Self::OnThisMachine => format!("{base}embeddings"),
            Self::Gemini => format!("{base}{}:batchEmbedContents", with_folder(model)),
            Self::Ollama => format!("{base}api/embed"),
        }
    }

    pub(super) fn body(self, model: &str, texts: &[&str]) -> Value {
        match self {
            Self::OpenAi | Self::Mistral | Self::OnThisMachine | Self::Ollama => {
                json!({"model": model, "input": texts})
            }
            Self::Gemini => {
                let model = with_folder(model);
                let request =
                    |text| json!({"model": model, "content": {"parts": [{"text": text}]}});
                json!({"requests": texts.iter().map(request).collect::<Vec<_>>()})
            }
        }
    }

    /// The vectors of an answer, in the order of the texts.
    pub(super) fn vectors(self, mut answer: Value) -> Option<Vec<Vec<f32>>> {
        let name = match self {
            Self::OpenAi | Self::Mistral | Self::OnThisMachine => "data",
            Self::Gemini | Self::Ollama => "embeddings",
        };
        let Value::Array(mut entries) = answer.get_mut(name)?.take() else { return None };
        if name == "data" {
            // Nobody promises the order; without an index it is the texts'.
            entries.sort_by_key(|entry| entry["index"].as_u64());
        }
        entries.iter().map(|entry| vector(self.numbers(entry))).collect()
    }

    fn numbers(self, entry: &Value) -> &Value {
        match self {
            Self::OpenAi | Self::Mistral | Self::OnThisMachine => &entry["embedding"],
            Self::Gemini => &entry["values"],
            Self::Ollama => entry,
        }
    }
}

/// A vector with at least one number, all of them finite.
fn vector(numbers: &Value) -> Option<Vec<f32>> {
    let numbers = numbers.as_array().filter(|numbers| !numbers.is_empty())?;
    let number = |number: &Value| {
        number.as_f64().map(|number| number as f32).filter(|number| number.is_finite())
    };
    numbers.iter().map(number).collect()
}

/// Gemini's models are in a folder, which people may have written.
fn with_folder(model: &str) -> String {
    let folder = if model.contains('/') { "" } else { "models/" };
    format!("{folder}{model}")
}
