//! Chat completions: OpenAI's, which most servers speak.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{Asked, Dialect};
use crate::providers::reading::Reading;

/// Names of OpenAI's models that refuse `max_tokens` wherever they are served.
const COUNT_COMPLETION: [&str; 5] = ["gpt-5", "gpt-6", "o1", "o3", "o4"];

pub(super) fn body(dialect: Dialect, asked: &Asked<'_>) -> Value {
    let mut body = json!({
        "model": asked.model,
        "messages": asked.messages_with_system(),
        "stream": true,
    });
    if dialect != Dialect::Mistral {
        // Mistral reports its usage unasked, and refuses the question.
        body["stream_options"] = json!({"include_usage": true});
    }
    let counts_completion = dialect == Dialect::OpenAi
        || COUNT_COMPLETION.iter().any(|name| asked.model.starts_with(name));
    let max_tokens = if counts_completion { "max_completion_tokens" } else { "max_tokens" };
    body[max_tokens] = json!(asked.max_tokens());
    if dialect == Dialect::OpenAi {
        body["prompt_cache_key"] = json!(cache_key(&asked.request.system));
    }
    if let Some(temperature) = asked.temperature() {
        body["temperature"] = json!(temperature);
    }
    if let Some((name, schema)) = asked.schema_field() {
        let spec = json!({"name": name, "strict": true, "schema": schema});
        body["response_format"] = json!({"type": "json_schema", "json_schema": spec});
    }
    body
}

pub(super) fn read(event: &Value, into: &mut Reading) {
    into.reported.note(&event["usage"]);
    into.reported.note(&event["x_groq"]["usage"]);
    let choice = &event["choices"][0];
    let delta = &choice["delta"];
    into.reasoning(&delta["reasoning_content"]);
    into.reasoning(&delta["reasoning"]);
    match &delta["content"] {
        Value::Array(parts) => parts.iter().for_each(|part| mistral_part(part, into)),
        text => into.text(text),
    }
    into.refuse(&delta["refusal"]);
    into.stop(&choice["finish_reason"]);
}

/// A part of the content of Mistral's reasoning models: text, or a list of thoughts.
fn mistral_part(part: &Value, into: &mut Reading) {
    into.text(&part["text"]);
    for thought in part["thinking"].as_array().into_iter().flatten() {
        into.reasoning(&thought["text"]);
    }
}

/// Requests with the same key go to the same machine of OpenAI's, whose cache then has their
/// common beginning.
pub(super) fn cache_key(system: &str) -> String {
    let digest = Sha256::digest(system.as_bytes());
    let hex: String = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    format!("devika-{hex}")
}
