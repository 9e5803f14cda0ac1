//! A task: one request of the user, from prompt to its one terminal event.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Names a task of this user; counted up, never reused.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(transparent)]
pub struct TaskId(pub i64);

impl std::fmt::Display for TaskId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// How much Devika does before it asks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Show the plan and wait for approval before any file changes.
    Plan,
    /// Show each step's edits and wait for approval before they are applied.
    Review,
    /// Apply and commit each step without asking. Commands still need approval.
    #[default]
    Auto,
}

/// Where a task works, and where its commits go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum GitMode {
    /// In the user's files; commits go to a branch of the task's own.
    TaskBranch,
    /// In the user's files; commits go to the branch that is checked out.
    Current,
    /// In a worktree of its own, on a branch of its own: the user's files stay as they are, and several
    /// such tasks run at once.
    Worktree,
}

/// Where a task stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum TaskState {
    /// Waits for its turn in the workspace's queue.
    Queued,
    /// Is being worked on by a live process.
    Running,
    /// Runs, and waits for the user's answer.
    Waiting,
    /// Its process died; it can be resumed.
    Interrupted,
    /// Stopped for budget, a question or a conflict; it can be resumed.
    Paused,
    /// Done.
    Completed,
    /// Gave up, with a reason.
    Failed,
    /// Stopped by the user.
    Cancelled,
}

impl TaskState {
    /// Whether `devika.task.resume` takes the task up again.
    pub fn can_resume(self) -> bool {
        matches!(self, Self::Interrupted | Self::Paused | Self::Failed)
    }

    /// Whether no process works on the task any more.
    pub fn is_terminal(self) -> bool {
        matches!(self, Self::Completed | Self::Failed | Self::Cancelled | Self::Paused)
    }
}

/// One line of the list of tasks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TaskSummary {
    /// The task.
    pub id: TaskId,
    /// The workspace root, absolute.
    pub project: String,
    /// What the user asked for.
    pub prompt: String,
    /// How much Devika does before it asks.
    pub mode: Mode,
    /// `provider/model` where the task named its own.
    pub model: Option<String>,
    /// Where it works and commits; not known of tasks of older versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub git: Option<GitMode>,
    /// Where it stands.
    pub state: TaskState,
    /// RFC 3339, UTC.
    pub created: String,
}
