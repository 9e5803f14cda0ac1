//! A trajectory: the recorded turns, commands and edits of a task, with what it saw of its
//! workspace, so that it can be carried out again without the workspace, a network or a model.

mod before;
mod error;
mod file;
mod mask;
mod record;
mod replay;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use devika_protocol::{Agent, AskKind, Mode, TaskState};
use serde::{Deserialize, Serialize};

pub(crate) use before::Before;
pub use error::{ReplayError, TrajectoryError, WriteError};
pub use mask::Mask;
pub use replay::{Divergence, Prefix, Replay};

use crate::conversation::Conversation;
use crate::ports::CodeError;
use crate::run::StoredAnswer;
use crate::settings::Bounds;
use crate::sight::World;
use crate::stages::apply::StoredEdit;
use crate::stages::verify::StoredOutcome;

/// The recorded turns, commands and edits of a task.
#[derive(Debug, Clone, PartialEq)]
pub struct Trajectory {
    header: Header,
    acts: Vec<Act>,
}

/// What the task was.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Header {
    /// The version of Devika that recorded it.
    devika: String,
    prompt: String,
    mode: Mode,
    /// Where the task stood when it was exported.
    state: TaskState,
    /// RFC 3339, UTC.
    created: String,
    /// The workspace's root, which stands in what the user was asked.
    root: String,
    bounds: Bounds,
}

/// One act of the task.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Act {
    /// Names it within its task, as in the journal.
    key: String,
    /// Which run of the task began it, counted from 1.
    run: u32,
    /// What was seen of the workspace since the act before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    world: Option<World>,
    #[serde(flatten)]
    what: What,
}

/// What was done, and what came of it; nothing where the recording ends.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "act", rename_all = "lowercase")]
enum What {
    Turn {
        request: Asked,
        answer: Option<StoredAnswer>,
    },
    Ask {
        kind: AskKind,
        text: String,
        answer: Option<String>,
    },
    Command {
        line: String,
        outcome: Option<StoredOutcome>,
    },
    /// `done` is the edit as it was applied, merged with what the user typed.
    Edit {
        edit: StoredEdit,
        done: Option<StoredEdit>,
    },
    /// What the editor's language servers found wrong; `errors` is nothing where they did not answer.
    Errors {
        asked: bool,
        errors: Option<Vec<CodeError>>,
    },
    /// The task branch; `made` is whether there was a repository to make it in.
    Branch {
        made: bool,
        branch: Option<String>,
    },
    Commit {
        subject: Option<String>,
    },
    /// What was said and done in the project before the task.
    Conversation {
        before: Option<Conversation>,
    },
    /// What was found or done outside; `done` is whether it came to an end, with this outcome.
    Outside {
        done: bool,
        outcome: serde_json::Value,
    },
    /// What the user said while the task was under way.
    Steer {
        text: String,
    },
    /// An act that follows from the others.
    Other {},
}

/// A request, as the journal keeps it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Asked {
    agent: Agent,
    /// `provider/model`.
    model: String,
    /// Whether it is the model that writes code where the first came to nothing.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    second: bool,
    limits: Limits,
    max_tokens: u32,
    system: String,
    messages: Vec<String>,
}

/// What a turn of the model could hold; see [`devika_llm::Limits`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Limits {
    context: u32,
    output: u32,
    small: bool,
}

/// The plan's step that the act of this key belongs to, counted from 1.
fn step_of(key: &str) -> Option<u32> {
    key.strip_prefix("step")?.split(['/', '.']).next()?.parse().ok()
}

impl Trajectory {
    /// What the user asked for.
    pub fn prompt(&self) -> &str {
        &self.header.prompt
    }

    /// The names of the providers that were asked.
    pub fn providers(&self) -> BTreeSet<&str> {
        let models = self.acts.iter().filter_map(|act| match &act.what {
            What::Turn { request, answer } => {
                Some([Some(&request.model), answer.as_ref().map(|answer| &answer.model)])
            }
            _ => None,
        });
        let named = models.flatten().flatten();
        named.filter_map(|model| Some(model.split_once('/')?.0)).collect()
    }

    /// How many steps of the plan were begun.
    pub fn steps(&self) -> u32 {
        self.acts.iter().filter_map(|act| step_of(&act.key)).max().unwrap_or(0)
    }
}
