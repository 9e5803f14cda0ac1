//! Ollama's own protocol on the wire: one JSON object a line.

use serde_json::{Value, json};

use crate::dialect::Asked;
use crate::reply::{Fault, Reply, Stop, Usage};
use crate::stream::Events;

/// The body of an answer that is not streamed.
pub(crate) fn whole(reply: &Reply, asked: &Asked) -> Value {
    let mut body = done(reply, asked);
    body["message"] = json!({"role": "assistant", "content": reply.text});
    if !reply.reasoning.is_empty() {
        body["message"]["thinking"] = json!(reply.reasoning);
    }
    body
}

/// The lines of a streamed answer. There is no end mark: the last line says that it is done.
pub(crate) fn events(reply: &Reply, asked: &Asked) -> Events {
    let mut opening = Vec::new();
    if !reply.reasoning.is_empty() {
        let message = json!({"role": "assistant", "content": "", "thinking": reply.reasoning});
        opening.push(line(&part(asked, &message)));
    }
    let piece = |text: String| line(&part(asked, &json!({"role": "assistant", "content": text})));
    Events {
        opening,
        pieces: reply.pieces().into_iter().map(piece).collect(),
        stop: line(&done(reply, asked)),
        closing: Vec::new(),
        end_mark: String::new(),
        error: match &reply.fault {
            Some(Fault::ErrorEvent { message, .. }) => line(&error_body(message)),
            _ => String::new(),
        },
        bad_json: "{\"message\": {\n",
        line_start: "",
    }
}

/// The body of an HTTP error, and the line that breaks an answer off.
pub(crate) fn error_body(message: &str) -> Value {
    json!({"error": message})
}

fn part(asked: &Asked, message: &Value) -> Value {
    json!({
        "model": asked.model, "created_at": "2026-01-01T00:00:00Z", "message": message,
        "done": false,
    })
}

fn done(reply: &Reply, asked: &Asked) -> Value {
    let mut body = part(asked, &json!({"role": "assistant", "content": ""}));
    body["done"] = json!(true);
    body["done_reason"] = json!(match reply.stop {
        Stop::Length => "length",
        // Ollama has neither filters nor refusals of its own.
        Stop::Complete | Stop::Declined | Stop::Refused => "stop",
        Stop::Failed => "error",
    });
    if let Some(Usage { input, output, .. }) = reply.reported_usage(asked.prompt_chars) {
        body["prompt_eval_count"] = json!(input);
        body["eval_count"] = json!(output);
    }
    body
}

fn line(value: &Value) -> String {
    format!("{value}\n")
}
