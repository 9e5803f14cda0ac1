//! Anthropic messages on the wire.

use serde_json::{Value, json};

use crate::reply::{Fault, Reply, Stop, Usage};
use crate::stream::Events;

const ID: &str = "msg_scripted";

/// The body of an answer that is not streamed.
pub(crate) fn whole(reply: &Reply, model: &str, prompt_chars: usize) -> Value {
    let mut content = Vec::new();
    if !reply.reasoning.is_empty() {
        content.push(json!({"type": "thinking", "thinking": reply.reasoning, "signature": "s"}));
    }
    if !reply.text.is_empty() {
        content.push(json!({"type": "text", "text": reply.text}));
    }
    let mut body = message(model, &json!(content));
    body["stop_reason"] = json!(stop_reason(reply.stop));
    if let Some(used) = reply.reported_usage(prompt_chars) {
        body["usage"] = usage(used, used.output);
    }
    body
}

/// The events of a streamed answer, in the documented order.
pub(crate) fn events(reply: &Reply, model: &str, prompt_chars: usize) -> Events {
    let used = reply.reported_usage(prompt_chars);
    let mut start = message(model, &json!([]));
    if let Some(used) = used {
        start["usage"] = usage(used, 1);
    }
    let mut opening = vec![frame("message_start", json!({"message": start}))];
    let text_index = usize::from(!reply.reasoning.is_empty());
    opening.extend(thinking(&reply.reasoning));
    opening.push(frame(
        "content_block_start",
        json!({"index": text_index, "content_block": {"type": "text", "text": ""}}),
    ));
    opening.push(frame("ping", json!({})));

    let piece = |text: String| {
        let delta = json!({"type": "text_delta", "text": text});
        frame("content_block_delta", json!({"index": text_index, "delta": delta}))
    };
    let mut ending =
        json!({"delta": {"stop_reason": stop_reason(reply.stop), "stop_sequence": null}});
    if let Some(used) = used {
        ending["usage"] = json!({"output_tokens": used.output});
    }
    Events {
        opening,
        pieces: reply.pieces().into_iter().map(piece).collect(),
        stop: [
            frame("content_block_stop", json!({"index": text_index})),
            frame("message_delta", ending),
        ]
        .concat(),
        closing: Vec::new(),
        end_mark: frame("message_stop", json!({})),
        error: error(reply),
        bad_json: "event: content_block_delta\ndata: {\"delta\": {\n\n",
        line_start: "data: ",
    }
}

/// The body of an HTTP error.
pub(crate) fn error_body(status: u16, message: &str) -> Value {
    let kind = match status {
        401 => "authentication_error",
        403 => "permission_error",
        404 => "not_found_error",
        413 => "request_too_large",
        429 => "rate_limit_error",
        529 => "overloaded_error",
        400..=499 => "invalid_request_error",
        _ => "api_error",
    };
    json!({"type": "error", "error": {"type": kind, "message": message}})
}

fn error(reply: &Reply) -> String {
    match &reply.fault {
        Some(Fault::ErrorEvent { message, .. }) => {
            let error = json!({"type": "overloaded_error", "message": message});
            frame("error", json!({"error": error}))
        }
        _ => String::new(),
    }
}

fn thinking(text: &str) -> Vec<String> {
    if text.is_empty() {
        return Vec::new();
    }
    let block = json!({"type": "thinking", "thinking": "", "signature": ""});
    let delta = json!({"type": "thinking_delta", "thinking": text});
    vec![
        frame("content_block_start", json!({"index": 0, "content_block": block})),
        frame("content_block_delta", json!({"index": 0, "delta": delta})),
        frame("content_block_stop", json!({"index": 0})),
    ]
}

fn message(model: &str, content: &Value) -> Value {
    json!({
        "id": ID, "type": "message", "role": "assistant", "model": model, "content": content,
        "stop_reason": null, "stop_sequence": null,
    })
}

fn stop_reason(stop: Stop) -> &'static str {
    match stop {
        Stop::Complete => "end_turn",
        Stop::Length => "max_tokens",
        Stop::Refused | Stop::Declined => "refusal",
        Stop::Failed => "pause_turn",
    }
}

/// Anthropic counts tokens from the cache, and into it, apart from `input_tokens`.
fn usage(used: Usage, output: i64) -> Value {
    json!({
        "input_tokens": used.input.saturating_sub(used.cached).saturating_sub(used.written),
        "cache_creation_input_tokens": used.written,
        "cache_read_input_tokens": used.cached,
        "output_tokens": output,
    })
}

fn frame(event: &str, mut value: Value) -> String {
    value["type"] = json!(event);
    format!("event: {event}\ndata: {value}\n\n")
}
