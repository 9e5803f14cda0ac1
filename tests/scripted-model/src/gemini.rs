//! Google's Gemini on the wire.

use serde_json::{Value, json};

use crate::dialect::Asked;
use crate::reply::{Fault, Reply, Stop, Usage};
use crate::stream::Events;

/// Tokens of an answer that are reported as thoughts, where the reply has a reasoning.
const THOUGHTS: i64 = 1;

/// The body of an answer that is not streamed.
pub(crate) fn whole(reply: &Reply, asked: &Asked) -> Value {
    if reply.stop == Stop::Declined {
        return blocked(reply, asked);
    }
    let mut parts = Vec::new();
    if !reply.reasoning.is_empty() {
        parts.push(json!({"text": reply.reasoning, "thought": true}));
    }
    parts.push(json!({"text": reply.text}));
    last(reply, asked, &parts)
}

/// The events of a streamed answer. There is no end mark: the stop is in the last chunk, with the
/// usage.
pub(crate) fn events(reply: &Reply, asked: &Asked) -> Events {
    let mut opening = Vec::new();
    if !reply.reasoning.is_empty() {
        opening.push(chunk(asked, &[json!({"text": reply.reasoning, "thought": true})], None));
    }
    let mut pieces: Vec<String> = Vec::new();
    let stop = if reply.stop == Stop::Declined {
        blocked(reply, asked)
    } else {
        let piece = |text: String| frame(&chunk(asked, &[json!({"text": text})], None));
        pieces.extend(reply.pieces().into_iter().map(piece));
        last(reply, asked, &[])
    };
    Events {
        opening: opening.iter().map(frame).collect(),
        pieces,
        stop: frame(&stop),
        closing: Vec::new(),
        end_mark: String::new(),
        error: error(reply),
        bad_json: "data: {\"candidates\": [{\n\n",
        line_start: "data: ",
    }
}

/// The body of an HTTP error.
pub(crate) fn error_body(status: u16, message: &str) -> Value {
    let word = match status {
        400 => "INVALID_ARGUMENT",
        401 => "UNAUTHENTICATED",
        403 => "PERMISSION_DENIED",
        404 => "NOT_FOUND",
        409 => "ABORTED",
        429 => "RESOURCE_EXHAUSTED",
        503 => "UNAVAILABLE",
        500..=599 => "INTERNAL",
        _ => "FAILED_PRECONDITION",
    };
    json!({"error": {"code": status, "message": message, "status": word}})
}

fn error(reply: &Reply) -> String {
    match &reply.fault {
        Some(Fault::ErrorEvent { message, .. }) => frame(&error_body(503, message)),
        _ => String::new(),
    }
}

/// What is sent instead of an answer to a prompt that a filter stops.
fn blocked(reply: &Reply, asked: &Asked) -> Value {
    let mut body = json!({
        "promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}, "modelVersion": asked.model,
    });
    body["usageMetadata"] = reply.reported_usage(asked.prompt_chars).map_or(Value::Null, usage(0));
    body
}

fn last(reply: &Reply, asked: &Asked, parts: &[Value]) -> Value {
    let reason = match reply.stop {
        Stop::Complete | Stop::Declined => "STOP",
        Stop::Length => "MAX_TOKENS",
        Stop::Refused => "SAFETY",
        Stop::Failed => "MALFORMED_FUNCTION_CALL",
    };
    let mut body = chunk(asked, parts, Some(reason));
    if let Some(used) = reply.reported_usage(asked.prompt_chars) {
        body["usageMetadata"] = usage(if reply.reasoning.is_empty() { 0 } else { THOUGHTS })(used);
    }
    body
}

fn chunk(asked: &Asked, parts: &[Value], reason: Option<&str>) -> Value {
    let mut candidate = json!({"content": {"parts": parts, "role": "model"}, "index": 0});
    if let Some(reason) = reason {
        candidate["finishReason"] = json!(reason);
    }
    json!({"candidates": [candidate], "modelVersion": asked.model})
}

/// Gemini counts thoughts apart from the candidates' tokens.
fn usage(thoughts: i64) -> impl Fn(Usage) -> Value {
    move |used| {
        let mut counted = json!({
            "promptTokenCount": used.input,
            "candidatesTokenCount": used.output.saturating_sub(thoughts),
            "totalTokenCount": used.input.saturating_add(used.output),
        });
        if used.cached != 0 {
            counted["cachedContentTokenCount"] = json!(used.cached);
        }
        if thoughts != 0 {
            counted["thoughtsTokenCount"] = json!(thoughts);
        }
        counted
    }
}

fn frame(value: &Value) -> String {
    format!("data: {value}\r\n\r\n")
}
