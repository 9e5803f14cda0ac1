//! Google's Gemini.

use serde_json::{Value, json};

use super::Asked;
use crate::providers::reading::Reading;

/// Beginnings of the names of Geminis that refuse to be asked for their thoughts.
const THOUGHTLESS: [&str; 2] = ["gemini-1", "gemini-2.0"];

pub(super) fn body(asked: &Asked<'_>) -> Value {
    let said = |(role, text): (&str, String)| json!({"role": role, "parts": [{"text": text}]});
    let mut config = json!({"maxOutputTokens": asked.max_tokens()});
    let thinks = asked.model.starts_with("gemini-")
        && !THOUGHTLESS.iter().any(|name| asked.model.starts_with(name));
    if thinks {
        config["thinkingConfig"] = json!({"includeThoughts": true});
    }
    if let Some(temperature) = asked.temperature() {
        config["temperature"] = json!(temperature);
    }
    if let Some((_, schema)) = asked.schema_field() {
        config["responseMimeType"] = json!("application/json");
        config["responseJsonSchema"] = schema;
    }
    let mut body = json!({});
    if !asked.request.system.is_empty() {
        body["systemInstruction"] = json!({"parts": [{"text": asked.request.system}]});
    }
    body["contents"] = asked.messages("model").map(said).collect();
    body["generationConfig"] = config;
    body
}

pub(super) fn read(event: &Value, into: &mut Reading) {
    into.reported.note(&event["usageMetadata"]);
    let candidate = &event["candidates"][0];
    for part in candidate["content"]["parts"].as_array().into_iter().flatten() {
        if part["thought"] == true {
            into.reasoning(&part["text"]);
        } else {
            into.text(&part["text"]);
        }
    }
    // There is no end mark: the chunk with the reason is the last, and has the usage.
    into.stop(&candidate["finishReason"]);
    if let Some(reason) = event["promptFeedback"]["blockReason"].as_str() {
        into.refuse(&json!(format!("the prompt was blocked ({reason})")));
        into.done = true;
    }
    into.done |= into.stop.is_some();
}
