//! From a task's journal to its trajectory.

use devika_protocol::{TaskId, TaskSummary};
use devika_store::Entry;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{Act, Asked, Header, Trajectory, What, WriteError};
use crate::conversation;
use crate::run::OUTSIDE;
use crate::sight::world_of;
use crate::stages::commit::Committed;
use crate::steer;

impl Trajectory {
    /// The trajectory of a task, from its journal.
    ///
    /// # Errors
    /// [`WriteError::Unrecorded`].
    pub(crate) fn of(task: &TaskSummary, entries: &[Entry]) -> Result<Self, WriteError> {
        let mut run = 1;
        let mut acts = Vec::with_capacity(entries.len());
        for entry in entries {
            let world = world_of(entry);
            run = world.as_ref().map_or(run, |world| world.run);
            let what = what(entry).map_err(|error| unreadable(task.id, entry, &error))?;
            acts.push(Act { key: entry.key.clone(), run, world, what });
        }
        let first = acts.iter().find_map(|act| act.world.as_ref());
        let bounds = first.and_then(|world| world.bounds).ok_or_else(|| {
            let why = "it has done nothing yet, or an older Devika ran it, which did not keep what the task saw";
            WriteError::Unrecorded { task: task.id, why: why.to_owned() }
        })?;
        let header = Header {
            devika: env!("CARGO_PKG_VERSION").to_owned(),
            prompt: task.prompt.clone(),
            mode: task.mode,
            state: task.state,
            created: task.created.clone(),
            root: task.project.clone(),
            bounds,
        };
        Ok(Self { header, acts })
    }
}

fn unreadable(task: TaskId, entry: &Entry, error: &serde_json::Error) -> WriteError {
    let why = format!("the journal's entry `{}` cannot be read ({error})", entry.key);
    WriteError::Unrecorded { task, why }
}

fn what(entry: &Entry) -> Result<What, serde_json::Error> {
    #[derive(Deserialize)]
    struct Ask {
        kind: devika_protocol::AskKind,
        text: String,
    }
    #[derive(Deserialize)]
    struct Command {
        line: String,
    }
    Ok(match entry.kind.as_str() {
        "turn" => What::Turn { request: intent::<Asked>(entry)?, answer: outcome(entry)? },
        "ask" => {
            let Ask { kind, text } = intent(entry)?;
            What::Ask { kind, text, answer: outcome(entry)? }
        }
        "command" => {
            What::Command { line: intent::<Command>(entry)?.line, outcome: outcome(entry)? }
        }
        "apply" => What::Edit { edit: intent(entry)?, done: outcome(entry)? },
        "errors" => What::Errors { asked: entry.outcome.is_some(), errors: outcome(entry)? },
        "branch" => What::Branch {
            made: entry.outcome.is_some(),
            branch: outcome::<Option<String>>(entry)?.flatten(),
        },
        "commit" => {
            let made: Option<Option<Committed>> = outcome(entry)?;
            What::Commit { subject: made.flatten().map(|made| made.subject) }
        }
        OUTSIDE => What::Outside {
            done: entry.outcome.is_some(),
            outcome: entry.outcome.clone().unwrap_or_default(),
        },
        steer::KIND => {
            What::Steer { text: entry.intent["text"].as_str().unwrap_or_default().to_owned() }
        }
        conversation::KEY => What::Conversation { before: outcome(entry)? },
        _ => What::Other {},
    })
}

fn intent<T: DeserializeOwned>(entry: &Entry) -> Result<T, serde_json::Error> {
    serde_json::from_value(entry.intent.clone())
}

fn outcome<T: DeserializeOwned>(entry: &Entry) -> Result<Option<T>, serde_json::Error> {
    entry
        .outcome
        .clone()
        .filter(|value| *value != Value::Null)
        .map(serde_json::from_value)
        .transpose()
}
