//! OpenAI's responses.

use serde_json::{Value, json};

use super::{Asked, chat};
use crate::providers::reading::Reading;

pub(super) fn body(asked: &Asked<'_>) -> Value {
    let said = |(role, text): (&str, String)| json!({"role": role, "content": text});
    let mut body = json!({
        "model": asked.model,
        "input": asked.messages("assistant").map(said).collect::<Vec<_>>(),
        "stream": true,
        // Otherwise the provider keeps the conversation.
        "store": false,
        "max_output_tokens": asked.max_tokens(),
        "prompt_cache_key": chat::cache_key(&asked.request.system),
    });
    if !asked.request.system.is_empty() {
        body["instructions"] = json!(asked.request.system);
    }
    if let Some(temperature) = asked.temperature() {
        body["temperature"] = json!(temperature);
    }
    if let Some((name, schema)) = asked.schema_field() {
        let format = json!({"type": "json_schema", "name": name, "strict": true, "schema": schema});
        body["text"] = json!({"format": format});
    }
    body
}

pub(super) fn read(event: &Value, into: &mut Reading) {
    let response = &event["response"];
    match event["type"].as_str().unwrap_or_default() {
        "response.output_text.delta" => into.text(&event["delta"]),
        "response.reasoning_text.delta" | "response.reasoning_summary_text.delta" => {
            into.reasoning(&event["delta"]);
        }
        "response.refusal.delta" => into.refuse(&event["delta"]),
        "response.completed" => {
            into.reported.note(&response["usage"]);
            into.stop(&response["status"]);
            into.done = true;
        }
        "response.incomplete" => {
            into.reported.note(&response["usage"]);
            into.stop(&response["incomplete_details"]["reason"]);
            into.done = true;
        }
        "response.failed" => into.error = Some(response.clone()),
        // The words are in the event itself.
        "error" => into.error = Some(event.clone()),
        _ => {}
    }
}
