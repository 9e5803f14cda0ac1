//! Which bodies are JSON-RPC messages, and what answers those that are none.

use serde_json::{Value, json};
use tower_lsp::jsonrpc::{Request, Response};

use super::frames::Frame;

/// Arrays and objects within each other at the most; one less than the JSON reader bears.
pub(super) const MAX_JSON_DEPTH: usize = 127;

/// JSON-RPC's code for what is no JSON.
pub(super) const PARSE_ERROR: i64 = -32700;

/// JSON-RPC's code for what is no request.
pub(super) const INVALID_REQUEST: i64 = -32600;

/// A body goes on only if the server's own JSON-RPC types can read it: the library behind ends the
/// session at one that they cannot.
pub(super) fn check_body(body: &[u8]) -> Frame {
    // The types skip members that they do not know, and what is in them; the library reads it as text.
    if let Err(error) = std::str::from_utf8(body) {
        return refused(PARSE_ERROR, &format!("the body is not JSON: {error}"));
    }
    if json_depth(body) > MAX_JSON_DEPTH {
        let why = format!("the message is nested deeper than the limit of {MAX_JSON_DEPTH}");
        return refused(INVALID_REQUEST, &why);
    }
    if let Some(body) = without_parameters(body) {
        return Frame::Message(body);
    }
    if is_request(body) || serde_json::from_slice::<Response>(body).is_ok() {
        return Frame::Message(body.to_vec());
    }
    match serde_json::from_slice::<Value>(body) {
        Err(error) => refused(PARSE_ERROR, &format!("the body is not JSON: {error}")),
        Ok(Value::Array(_)) => refused(INVALID_REQUEST, "batches are not part of LSP"),
        Ok(message) => answer(
            &message["id"],
            INVALID_REQUEST,
            "the body is no JSON-RPC 2.0 request, notification or response",
        ),
    }
}

/// Every object with `jsonrpc` reads as a request; without a method it is none.
fn is_request(body: &[u8]) -> bool {
    serde_json::from_slice::<Request>(body).is_ok_and(|request| !request.method().is_empty())
}

/// Bytes of a message without parameters at the most.
const LONGEST_BARE: usize = 256;

/// `shutdown` and `exit` without the empty object that lsp-mode sends with them, and that the library
/// refuses.
fn without_parameters(body: &[u8]) -> Option<Vec<u8>> {
    if body.len() > LONGEST_BARE {
        return None;
    }
    let request = serde_json::from_slice::<Request>(body).ok()?;
    if !matches!(request.method(), "shutdown" | "exit") || request.params().is_none() {
        return None;
    }
    let mut message: Value = serde_json::from_slice(body).ok()?;
    drop(message.as_object_mut()?.remove("params"));
    Some(message.to_string().into_bytes())
}

/// Whether the body is the `shutdown` request.
pub(super) fn is_shutdown(body: &[u8]) -> bool {
    // Longer ones carry parameters, and `shutdown` has none.
    body.len() <= LONGEST_BARE
        && serde_json::from_slice::<Request>(body)
            .is_ok_and(|request| request.method() == "shutdown" && request.id().is_some())
}

fn json_depth(body: &[u8]) -> usize {
    let (mut depth, mut deepest, mut in_string, mut escaped) = (0_usize, 0, false, false);
    for byte in body {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'{' | b'[' if !in_string => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b'}' | b']' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

/// The answer to a frame whose sender is not known by an id.
pub(super) fn refused(code: i64, why: &str) -> Frame {
    answer(&Value::Null, code, why)
}

fn answer(id: &Value, code: i64, why: &str) -> Frame {
    let id = if id.is_string() || id.is_number() { id } else { &Value::Null };
    let error = json!({"jsonrpc": "2.0", "id": id, "error": {"code": code, "message": why}});
    Frame::Refused { code, answer: error.to_string().into_bytes() }
}
