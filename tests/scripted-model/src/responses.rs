//! OpenAI's responses on the wire.

use serde_json::{Value, json};

use crate::dialect::Asked;
use crate::reply::{Fault, Reply, Stop, Usage};
use crate::stream::Events;

const ID: &str = "resp_scripted";

/// The body of an answer that is not streamed.
pub(crate) fn whole(reply: &Reply, asked: &Asked) -> Value {
    finished(reply, asked)
}

/// The events of a streamed answer, in the documented order.
pub(crate) fn events(reply: &Reply, asked: &Asked) -> Events {
    let item = json!({"type": "message", "id": "msg_1", "role": "assistant", "content": []});
    let begun = response(asked, "in_progress");
    let mut opening = vec![
        frame("response.created", json!({"response": begun})),
        frame("response.in_progress", json!({"response": begun})),
    ];
    if !reply.reasoning.is_empty() {
        let delta = json!({"output_index": 0, "summary_index": 0, "delta": reply.reasoning});
        opening.push(frame("response.reasoning_summary_text.delta", delta));
    }
    opening.push(frame("response.output_item.added", json!({"output_index": 0, "item": item})));
    let (name, done) = if reply.stop == Stop::Declined {
        ("response.refusal.delta", frame("response.refusal.done", json!({"refusal": reply.text})))
    } else {
        (
            "response.output_text.delta",
            frame("response.output_text.done", json!({"text": reply.text})),
        )
    };
    let piece =
        |text: String| frame(name, json!({"output_index": 0, "content_index": 0, "delta": text}));
    let last = match reply.stop {
        Stop::Complete | Stop::Declined => "response.completed",
        Stop::Length | Stop::Refused => "response.incomplete",
        Stop::Failed => "response.failed",
    };
    Events {
        opening,
        pieces: reply.pieces().into_iter().map(piece).chain([done]).collect(),
        stop: frame(last, json!({"response": finished(reply, asked)})),
        closing: Vec::new(),
        end_mark: String::new(),
        error: error(reply),
        bad_json: "event: response.output_text.delta\ndata: {\"delta\": {\n\n",
        line_start: "data: ",
    }
}

fn error(reply: &Reply) -> String {
    match &reply.fault {
        Some(Fault::ErrorEvent { message, .. }) => {
            frame("error", json!({"code": "server_error", "message": message, "param": null}))
        }
        _ => String::new(),
    }
}

fn response(asked: &Asked, status: &str) -> Value {
    json!({
        "id": ID, "object": "response", "created_at": 0, "model": asked.model, "status": status,
        "error": null, "incomplete_details": null, "output": [], "usage": null,
    })
}

fn finished(reply: &Reply, asked: &Asked) -> Value {
    let status = match reply.stop {
        Stop::Complete | Stop::Declined => "completed",
        Stop::Length | Stop::Refused => "incomplete",
        Stop::Failed => "failed",
    };
    let mut body = response(asked, status);
    let part = match reply.stop {
        Stop::Declined => json!({"type": "refusal", "refusal": reply.text}),
        _ => json!({"type": "output_text", "text": reply.text, "annotations": []}),
    };
    body["output"] =
        json!([{"type": "message", "id": "msg_1", "role": "assistant", "content": [part]}]);
    match reply.stop {
        Stop::Length => body["incomplete_details"] = json!({"reason": "max_output_tokens"}),
        Stop::Refused => body["incomplete_details"] = json!({"reason": "content_filter"}),
        Stop::Failed => body["error"] = json!({"code": "server_error", "message": "it failed"}),
        Stop::Complete | Stop::Declined => {}
    }
    if let Some(used) = reply.reported_usage(asked.prompt_chars) {
        body["usage"] = usage(used);
    }
    body
}

fn usage(used: Usage) -> Value {
    json!({
        "input_tokens": used.input,
        "input_tokens_details": {"cached_tokens": used.cached},
        "output_tokens": used.output,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": used.input.saturating_add(used.output),
    })
}

fn frame(event: &str, mut value: Value) -> String {
    value["type"] = json!(event);
    format!("event: {event}\ndata: {value}\n\n")
}
