//! Chat completions on the wire: OpenAI's, and what Mistral, Groq, LM Studio and OpenRouter make of
//! them.

use serde_json::{Value, json};

use crate::dialect::{Asked, Protocol};
use crate::reply::{Fault, Reply, Stop, Usage};
use crate::stream::Events;

const ID: &str = "chatcmpl-scripted";

/// The body of an answer that is not streamed.
pub(crate) fn whole(reply: &Reply, asked: &Asked) -> Value {
    let mut message = json!({"role": "assistant", "content": reply.text});
    if !reply.reasoning.is_empty() {
        let (field, value) = reasoning(asked.protocol, &reply.reasoning);
        message[field] = value;
    }
    let finish = finish_reason(asked.protocol, reply.stop);
    let mut body = json!({
        "id": ID, "object": "chat.completion", "created": 0, "model": asked.model,
        "choices": [{"index": 0, "message": message, "finish_reason": finish}],
    });
    if let Some(used) = reply.reported_usage(asked.prompt_chars) {
        body["usage"] = usage(used);
    }
    body
}

/// The events of a streamed answer.
pub(crate) fn events(reply: &Reply, asked: &Asked) -> Events {
    let protocol = asked.protocol;
    let chunk = |choices: Value| {
        json!({
            "id": ID, "object": "chat.completion.chunk", "created": 0, "model": asked.model,
            "choices": choices,
        })
    };
    let delta = |delta: Value, finish: Value| {
        chunk(json!([{"index": 0, "delta": delta, "finish_reason": finish}]))
    };
    let piece = |field: &str, value: Value| frame(&delta(json!({field: value}), Value::Null));
    let mut opening = vec![frame(&delta(json!({"role": "assistant", "content": ""}), Value::Null))];
    if protocol == Protocol::OpenRouter {
        // Sent while the provider behind it is slow.
        opening.push(": OPENROUTER PROCESSING\n\n".to_owned());
    }
    if !reply.reasoning.is_empty() {
        let (field, value) = reasoning(protocol, &reply.reasoning);
        opening.push(piece(field, value));
    }
    let field = if reply.stop == Stop::Declined { "refusal" } else { "content" };
    let pieces = reply.pieces().into_iter().map(|text| piece(field, json!(text))).collect();

    let mut stop = delta(json!({}), json!(finish_reason(protocol, reply.stop)));
    let mut tail = None;
    if let Some(used) = reply.reported_usage(asked.prompt_chars) {
        match protocol {
            Protocol::Mistral => stop["usage"] = usage(used),
            Protocol::Groq => stop["x_groq"] = json!({"id": "req_1", "usage": usage(used)}),
            _ => {
                let mut last = chunk(json!([]));
                last["usage"] = usage(used);
                tail = Some(frame(&last));
            }
        }
    }
    Events {
        opening,
        pieces,
        stop: frame(&stop),
        closing: tail.into_iter().collect(),
        end_mark: "data: [DONE]\n\n".to_owned(),
        error: error(protocol, reply),
        bad_json: "data: {\"choices\": [{\n\n",
        line_start: "data: ",
    }
}

/// The body of an HTTP error.
pub(crate) fn error_body(protocol: Protocol, status: u16, message: &str) -> Value {
    let kind = match status {
        401 | 403 => "authentication_error",
        404 => "not_found_error",
        429 => "rate_limit_error",
        400..=499 => "invalid_request_error",
        _ => "server_error",
    };
    match (protocol, status) {
        (Protocol::Mistral, 401) => json!({"detail": message}),
        (Protocol::Mistral, 422) => {
            json!({"detail": [{"type": "missing", "loc": ["body", "messages"], "msg": message}]})
        }
        (Protocol::Mistral, _) => {
            json!({"object": "error", "message": message, "type": kind, "param": null, "code": null})
        }
        (Protocol::LmStudio, _) => json!({"error": message}),
        (Protocol::OpenRouter, _) => json!({"error": {"message": message, "code": status}}),
        _ => json!({"error": {"message": message, "type": kind, "param": null, "code": null}}),
    }
}

fn error(protocol: Protocol, reply: &Reply) -> String {
    let Some(Fault::ErrorEvent { message, .. }) = &reply.fault else { return String::new() };
    match protocol {
        Protocol::LmStudio => {
            format!("event: error\n{}", frame(&error_body(protocol, 500, message)))
        }
        // Mistral sends its errors bare; inside a stream they are wrapped as everybody's.
        Protocol::Mistral => frame(&json!({"error": error_body(protocol, 500, message)})),
        _ => frame(&error_body(protocol, 500, message)),
    }
}

/// Where a delta carries the reasoning, and how.
fn reasoning(protocol: Protocol, text: &str) -> (&'static str, Value) {
    match protocol {
        Protocol::Groq | Protocol::OpenRouter => ("reasoning", json!(text)),
        Protocol::Mistral => {
            let inner = json!([{"type": "text", "text": text}]);
            ("content", json!([{"type": "thinking", "thinking": inner}]))
        }
        _ => ("reasoning_content", json!(text)),
    }
}

fn finish_reason(protocol: Protocol, stop: Stop) -> &'static str {
    match stop {
        Stop::Complete | Stop::Declined => "stop",
        Stop::Length if protocol == Protocol::Mistral => "model_length",
        Stop::Length => "length",
        Stop::Refused => "content_filter",
        Stop::Failed => "error",
    }
}

fn usage(used: Usage) -> Value {
    json!({
        "prompt_tokens": used.input,
        "completion_tokens": used.output,
        "total_tokens": used.input.saturating_add(used.output),
        "prompt_tokens_details": {"cached_tokens": used.cached},
    })
}

fn frame(value: &Value) -> String {
    format!("data: {value}\n\n")
}
