//! Checkpoints of a task, as clients list them and go back to them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::TaskId;

/// Lists what was kept while a task worked, the oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CheckpointsArgs {
    /// The task.
    pub task: TaskId,
}

/// What the work tree held at one moment of a task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TaskCheckpoint {
    /// Its name among those of its task: `3`.
    pub name: String,
    /// The id of its commit.
    pub commit: String,
    /// When it was made, in seconds since 1970.
    pub at: i64,
    /// Bytes of the files that it was the first to keep.
    pub bytes: u64,
    /// What is not in it although git does not ignore it, each with the reason.
    pub left_out: Vec<String>,
    /// The command that came after it, where one did.
    pub command: Option<String>,
    /// What it holds, in words: "before `make test`".
    pub about: String,
}

/// Makes files what they were at a checkpoint. What is there now is kept in another one first; texts
/// change as by an edit, and what the user types at the moment stays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RestoreArgs {
    /// The task.
    pub task: TaskId,
    /// The checkpoint's name.
    pub checkpoint: String,
    /// Only this file or folder, by its path from the root; all files where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
}
