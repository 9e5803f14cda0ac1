//! OpenAI chat completions on the wire.

use serde_json::{Value, json};

use crate::reply::{Fault, Reply, Stop, Usage};
use crate::stream::Events;

const ID: &str = "chatcmpl-scripted";

/// The body of an answer that is not streamed.
pub(crate) fn whole(reply: &Reply, model: &str, prompt_chars: usize) -> Value {
    let mut message = json!({"role": "assistant", "content": reply.text});
    if !reply.reasoning.is_empty() {
        message["reasoning_content"] = json!(reply.reasoning);
    }
    let mut body = json!({
        "id": ID, "object": "chat.completion", "created": 0, "model": model,
        "choices": [{"index": 0, "message": message, "finish_reason": finish_reason(reply.stop)}],
    });
    if let Some(used) = reply.reported_usage(prompt_chars) {
        body["usage"] = usage(used);
    }
    body
}

/// The events of a streamed answer.
pub(crate) fn events(reply: &Reply, model: &str, prompt_chars: usize) -> Events {
    let chunk = |choices: Value| {
        json!({
            "id": ID, "object": "chat.completion.chunk", "created": 0, "model": model,
            "choices": choices,
        })
    };
    let delta = |delta: Value, finish: Value| {
        frame(&chunk(json!([{"index": 0, "delta": delta, "finish_reason": finish}])))
    };
    let mut opening = vec![delta(json!({"role": "assistant", "content": ""}), Value::Null)];
    if !reply.reasoning.is_empty() {
        opening.push(delta(json!({"reasoning_content": reply.reasoning}), Value::Null));
    }
    let field = if reply.stop == Stop::Declined { "refusal" } else { "content" };
    let pieces =
        reply.pieces().into_iter().map(|text| delta(json!({field: text}), Value::Null)).collect();
    let mut closing = vec![delta(json!({}), json!(finish_reason(reply.stop)))];
    if let Some(used) = reply.reported_usage(prompt_chars) {
        let mut tail = chunk(json!([]));
        tail["usage"] = usage(used);
        closing.push(frame(&tail));
    }
    Events {
        opening,
        pieces,
        closing,
        end_mark: "data: [DONE]\n\n".to_owned(),
        error: error(reply),
        bad_json: "data: {\"choices\": [{\n\n",
    }
}

/// The body of an HTTP error.
pub(crate) fn error_body(status: u16, message: &str) -> Value {
    let kind = match status {
        401 | 403 => "authentication_error",
        404 => "not_found_error",
        429 => "rate_limit_error",
        400..=499 => "invalid_request_error",
        _ => "server_error",
    };
    json!({"error": {"message": message, "type": kind, "param": null, "code": null}})
}

fn error(reply: &Reply) -> String {
    match &reply.fault {
        Some(Fault::ErrorEvent { message, .. }) => frame(&error_body(500, message)),
        _ => String::new(),
    }
}

fn finish_reason(stop: Stop) -> &'static str {
    match stop {
        Stop::Complete | Stop::Declined => "stop",
        Stop::Length => "length",
        Stop::Refused => "content_filter",
    }
}

fn usage(used: Usage) -> Value {
    json!({
        "prompt_tokens": used.input,
        "completion_tokens": used.output,
        "total_tokens": used.input + used.output,
        "prompt_tokens_details": {"cached_tokens": used.cached},
    })
}

fn frame(value: &Value) -> String {
    format!("data: {value}\n\n")
}
