//! What of an event goes into the audit log.

use devika_protocol::{AskKind, Event};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::chain;

/// The act that an event tells of, and its details; `None` for what changes nothing outside of the
/// task's own conversation.
pub(super) fn of(event: &Event) -> Option<(&'static str, Value)> {
    let row = match event {
        Event::Queued { prompt, project, mode, .. } => (
            "task",
            json!({ "state": "queued", "prompt": hashed(prompt), "project": project, "mode": mode }),
        ),
        Event::Started { resumed, .. } => {
            ("task", json!({ "state": "started", "resumed": resumed }))
        }
        Event::Completed { .. } => ("task", json!({ "state": "completed" })),
        Event::Failed { .. } => ("task", json!({ "state": "failed" })),
        Event::Cancelled {} => ("task", json!({ "state": "cancelled" })),
        Event::Paused { reason, .. } => ("task", json!({ "state": "paused", "reason": reason })),
        Event::Asked { kind: AskKind::Question, .. } => return None,
        Event::Asked { ask, kind, text } => {
            ("approval", json!({ "ask": ask, "kind": kind, "text": text }))
        }
        Event::Answered { ask, answer, refused } if !refused.is_empty() => {
            ("approval", json!({ "ask": ask, "answer": answer, "refused": refused }))
        }
        Event::Answered { ask, answer, .. } => {
            let answer = match answer.as_str() {
                "yes" | "no" => answer.clone(),
                words => hashed(words),
            };
            ("approval", json!({ "ask": ask, "answer": answer }))
        }
        Event::CommandStarted { command, line } => {
            ("command", json!({ "command": command, "line": line }))
        }
        Event::CommandFinished { command, exit, millis, .. } => {
            ("command", json!({ "command": command, "exit": exit, "millis": millis }))
        }
        Event::EditApplied { step, path, change, diff, .. } => {
            ("write", json!({ "step": step, "path": path, "change": change, "diff": hashed(diff) }))
        }
        Event::Committed { step, commit, branch, .. } => {
            ("commit", json!({ "step": step, "commit": commit, "branch": branch }))
        }
        Event::Undone { step, redo, paths, commit, .. } => {
            ("undo", json!({ "step": step, "redo": redo, "paths": paths, "commit": commit }))
        }
        Event::Accepted { branch, commit, .. } => {
            ("accept", json!({ "branch": branch, "commit": commit }))
        }
        Event::Discarded { branch, .. } => ("discard", json!({ "branch": branch })),
        Event::TurnFinished { model, usage, .. } => {
            ("turn", json!({ "model": model, "usage": usage }))
        }
        Event::PageRead { address, .. } => ("page", json!({ "address": address })),
        Event::Made { what, place } => ("made", json!({ "what": what, "place": place })),
        _ => return None,
    };
    Some(row)
}

/// What stands for words in a log that nothing is ever deleted from.
fn hashed(words: &str) -> String {
    format!("sha256:{}", chain::shown(&Sha256::digest(words).into()))
}
