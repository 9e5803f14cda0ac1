//! A request as the server saw it, and what is wrong with it.

use std::collections::BTreeMap;

use axum::http::HeaderMap;
use serde_json::Value;

use crate::dialect::Protocol;
use crate::strict;

/// One entry of the conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenMessage {
    /// `user` or `assistant`, or what the client invented.
    pub role: String,
    /// Its text parts, joined.
    pub text: String,
}

/// A request as the server saw it.
#[derive(Debug, Clone)]
pub struct Seen {
    /// Which protocol it spoke.
    pub protocol: Protocol,
    /// The key it carried.
    pub key: Option<String>,
    /// All headers, names in lower case.
    pub headers: BTreeMap<String, String>,
    /// The model it asked for.
    pub model: String,
    /// Whether it asked for a stream.
    pub stream: bool,
    /// The system text.
    pub system: String,
    /// The conversation without the system text.
    pub messages: Vec<SeenMessage>,
    /// The JSON schema of a structured answer.
    pub schema: Option<Value>,
    /// Tokens of the answer at the most.
    pub max_tokens: Option<u64>,
    /// The temperature, where one was sent.
    pub temperature: Option<f64>,
    /// The body, byte for byte.
    pub raw: String,
    /// The body, parsed.
    pub body: Value,
}

impl Seen {
    /// System text and messages in one.
    pub fn prompt(&self) -> String {
        let texts = self.messages.iter().map(|message| message.text.as_str());
        std::iter::once(self.system.as_str()).chain(texts).collect::<Vec<_>>().join("\n")
    }

    /// Reads a request; `Err` says what cannot be read.
    pub(crate) fn read(
        protocol: Protocol,
        path: &str,
        headers: &HeaderMap,
        raw: String,
    ) -> Result<Self, String> {
        let body: Value =
            serde_json::from_str(&raw).map_err(|e| format!("body is no JSON: {e}"))?;
        let (system, messages) = conversation(protocol, &body);
        let (model, stream) = match protocol {
            // Gemini's are in the path: models/MODEL:streamGenerateContent
            Protocol::Gemini => {
                let (model, verb) = path.rsplit_once(':').unwrap_or((path, ""));
                (
                    model.rsplit_once("models/").map_or(model, |(_, model)| model),
                    verb.starts_with('s'),
                )
            }
            // Ollama streams unless it is told not to.
            Protocol::Ollama => (text(&body["model"]), body["stream"] != false),
            _ => (text(&body["model"]), body["stream"] == true),
        };
        Ok(Self {
            protocol,
            key: protocol.key(headers),
            headers: readable(headers),
            model: model.to_owned(),
            stream,
            system,
            messages,
            schema: first(&body, &SCHEMA).cloned(),
            max_tokens: first(&body, &MAX_TOKENS).and_then(Value::as_u64),
            temperature: first(&body, &TEMPERATURE).and_then(Value::as_f64),
            raw,
            body,
        })
    }

    /// What a strict provider would refuse, and what a careful client would not send.
    pub(crate) fn complaints(&self) -> Vec<String> {
        let mut found = role_complaints(&self.messages);
        if self.model.is_empty() {
            found.push("no model is named".to_owned());
        }
        if let Some(schema) = &self.schema
            && let Err(error) = jsonschema::validator_for(schema)
        {
            found.push(format!("the schema is no JSON schema: {error}"));
        }
        found.extend(strict::complaints(self));
        found
    }
}

/// Where the protocols put the schema of a structured answer.
const SCHEMA: [&str; 6] = [
    "/response_format/json_schema/schema",
    "/output_config/format/schema",
    "/output_format/schema",
    "/text/format/schema",
    "/generationConfig/responseJsonSchema",
    "/format",
];

/// Where they put the most tokens of an answer.
const MAX_TOKENS: [&str; 5] = [
    "/max_tokens",
    "/max_completion_tokens",
    "/max_output_tokens",
    "/generationConfig/maxOutputTokens",
    "/options/num_predict",
];

/// Where they put the temperature.
const TEMPERATURE: [&str; 3] =
    ["/temperature", "/generationConfig/temperature", "/options/temperature"];

fn first<'a>(body: &'a Value, places: &[&str]) -> Option<&'a Value> {
    places.iter().find_map(|place| body.pointer(place))
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn readable(headers: &HeaderMap) -> BTreeMap<String, String> {
    headers
        .iter()
        .map(|(name, value)| {
            (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
        })
        .collect()
}

/// The system text, which is a field or a message, and the other messages.
fn conversation(protocol: Protocol, body: &Value) -> (String, Vec<SeenMessage>) {
    let (system, messages) = match protocol {
        Protocol::Gemini => (text_of(&body["systemInstruction"]["parts"]), &body["contents"]),
        Protocol::Responses => (text_of(&body["instructions"]), &body["input"]),
        _ => (text_of(&body["system"]), &body["messages"]),
    };
    let mut conversation = (system, Vec::new());
    for message in messages.as_array().into_iter().flatten() {
        let text = text_of(message.get("parts").unwrap_or(&message["content"]));
        match message["role"].as_str().unwrap_or_default() {
            "system" | "developer" => conversation.0.push_str(&text),
            role => {
                let role = if role == "model" { "assistant" } else { role }.to_owned();
                conversation.1.push(SeenMessage { role, text });
            }
        }
    }
    conversation
}

/// The text of a content field, which is a string or a list of parts.
fn text_of(content: &Value) -> String {
    match content {
        Value::String(text) => text.clone(),
        Value::Array(parts) => parts.iter().filter_map(|part| part["text"].as_str()).collect(),
        _ => String::new(),
    }
}

fn role_complaints(messages: &[SeenMessage]) -> Vec<String> {
    let mut found = Vec::new();
    for (at, message) in messages.iter().enumerate() {
        let expected = if at % 2 == 0 { "user" } else { "assistant" };
        if message.role != expected {
            found.push(format!("message {at} is of `{}`, not of `{expected}`", message.role));
        }
        if message.text.trim().is_empty() {
            found.push(format!("message {at} is empty"));
        }
    }
    if messages.last().is_none_or(|last| last.role != "user") {
        found.push("the last message is not the user's".to_owned());
    }
    found
}
