//! A request as the server saw it, and what is wrong with it.

use std::collections::BTreeMap;

use axum::http::HeaderMap;
use serde_json::Value;

/// Which protocol a request spoke.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// OpenAI's chat completions.
    OpenAi,
    /// Anthropic's messages.
    Anthropic,
}

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
        headers: &HeaderMap,
        raw: String,
    ) -> Result<Self, String> {
        let body: Value =
            serde_json::from_str(&raw).map_err(|e| format!("body is no JSON: {e}"))?;
        let (system, messages) = conversation(&body);
        Ok(Self {
            protocol,
            key: key(protocol, headers),
            headers: readable(headers),
            model: body["model"].as_str().unwrap_or_default().to_owned(),
            stream: body["stream"].as_bool().unwrap_or(false),
            system,
            messages,
            schema: schema(&body),
            max_tokens: body["max_tokens"]
                .as_u64()
                .or_else(|| body["max_completion_tokens"].as_u64()),
            temperature: body["temperature"].as_f64(),
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
        match self.protocol {
            Protocol::OpenAi => {
                if self.stream && self.body["stream_options"]["include_usage"] != true {
                    found.push("a stream without stream_options.include_usage".to_owned());
                }
            }
            Protocol::Anthropic => {
                if self.max_tokens.is_none() {
                    found.push("no max_tokens, which Anthropic demands".to_owned());
                }
                if !self.headers.contains_key("anthropic-version") {
                    found.push("no anthropic-version header".to_owned());
                }
            }
        }
        found
    }
}

/// The key that a request of this protocol carries.
pub(crate) fn key(protocol: Protocol, headers: &HeaderMap) -> Option<String> {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    match protocol {
        Protocol::OpenAi => header("authorization")?.strip_prefix("Bearer ").map(str::to_owned),
        Protocol::Anthropic => header("x-api-key").map(str::to_owned),
    }
}

fn readable(headers: &HeaderMap) -> BTreeMap<String, String> {
    headers
        .iter()
        .map(|(name, value)| {
            (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
        })
        .collect()
}

/// The system text (a field of Anthropic's, messages of OpenAI's) and the other messages.
fn conversation(body: &Value) -> (String, Vec<SeenMessage>) {
    let mut system = text_of(&body["system"]);
    let mut messages = Vec::new();
    for message in body["messages"].as_array().into_iter().flatten() {
        let role = message["role"].as_str().unwrap_or_default();
        let text = text_of(&message["content"]);
        if matches!(role, "system" | "developer") {
            system.push_str(&text);
        } else {
            messages.push(SeenMessage { role: role.to_owned(), text });
        }
    }
    (system, messages)
}

/// The text of a content field, which is a string or a list of parts.
fn text_of(content: &Value) -> String {
    match content {
        Value::String(text) => text.clone(),
        Value::Array(parts) => parts.iter().filter_map(|part| part["text"].as_str()).collect(),
        _ => String::new(),
    }
}

fn schema(body: &Value) -> Option<Value> {
    ["/response_format/json_schema/schema", "/output_config/format/schema", "/output_format/schema"]
        .iter()
        .find_map(|place| body.pointer(place).cloned())
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
