//! Anthropic's messages.

use serde_json::{Value, json};

use super::Asked;
use crate::providers::reading::Reading;
use crate::providers::tokens::estimated;

/// The version of the API that is spoken.
pub(super) const VERSION: &str = "2023-06-01";

/// Anthropic caches no beginning that is shorter; of some models only longer ones, in which case it
/// ignores the mark.
const CACHED_TOKENS: u64 = 1024;

pub(super) fn body(asked: &Asked<'_>) -> Value {
    let system = &asked.request.system;
    let mut messages: Vec<Value> = asked
        .messages("assistant")
        .map(|(role, text)| json!({"role": role, "content": text}))
        .collect();
    let opening = asked.request.messages.first().map_or(0, |opening| opening.text.len());
    if estimated(system.len() + opening) >= CACHED_TOKENS
        && let Some(opening) = messages.first_mut()
    {
        // System text and opening stay the same over the turns of a step.
        opening["content"] = cached_to_here(&opening["content"]);
    }
    let mut body = json!({
        "model": asked.model,
        "max_tokens": asked.max_tokens(),
        "messages": messages,
        "stream": true,
    });
    if !system.is_empty() {
        body["system"] = cached_to_here(&json!(system));
    }
    if let Some(temperature) = asked.temperature() {
        body["temperature"] = json!(temperature);
    }
    if let Some((_, schema)) = asked.schema_field() {
        body["output_config"] = json!({"format": {"type": "json_schema", "schema": schema}});
    }
    body
}

/// A text after which the provider shall cache what came until then.
fn cached_to_here(text: &Value) -> Value {
    json!([{"type": "text", "text": text, "cache_control": {"type": "ephemeral"}}])
}

pub(super) fn read(event: &Value, into: &mut Reading) {
    match event["type"].as_str().unwrap_or_default() {
        "message_start" => {
            // Its count of the answer is a placeholder.
            let mut usage = event["message"]["usage"].clone();
            if let Some(usage) = usage.as_object_mut() {
                usage.remove("output_tokens");
            }
            into.reported.note(&usage);
        }
        "content_block_start" => into.text(&event["content_block"]["text"]),
        "content_block_delta" => {
            into.text(&event["delta"]["text"]);
            into.reasoning(&event["delta"]["thinking"]);
        }
        "message_delta" => {
            into.reported.note(&event["usage"]);
            into.stop(&event["delta"]["stop_reason"]);
        }
        "message_stop" => into.done = true,
        _ => {}
    }
}
