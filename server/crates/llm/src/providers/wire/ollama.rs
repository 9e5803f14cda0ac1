//! Ollama's own protocol. Through its OpenAI protocol the length of the context cannot be set, and
//! Ollama cuts what does not fit without a word.

use serde_json::{Value, json};

use super::Asked;
use crate::providers::reading::Reading;

pub(super) fn body(asked: &Asked<'_>) -> Value {
    let mut options = json!({
        "num_ctx": asked.provider.context_tokens,
        "num_predict": asked.max_tokens(),
    });
    if let Some(temperature) = asked.temperature() {
        options["temperature"] = json!(temperature);
    }
    let mut body = json!({
        "model": asked.model,
        "messages": asked.messages_with_system(),
        "stream": true,
        "options": options,
        // A prompt that does not fit is an error, and an answer that does not fit stops.
        "truncate": false,
        "shift": false,
    });
    if let Some((_, schema)) = asked.schema_field() {
        body["format"] = schema;
    }
    body
}

pub(super) fn read(event: &Value, into: &mut Reading) {
    into.reasoning(&event["message"]["thinking"]);
    into.text(&event["message"]["content"]);
    if event["done"] == true {
        into.reported.note(event);
        into.stop(event.get("done_reason").unwrap_or(&json!("stop")));
        into.done = true;
    }
}
