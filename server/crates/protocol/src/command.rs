//! The commands of `workspace/executeCommand` and their arguments: one JSON object each.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{AskId, EventRecord, GitMode, Joining, Mode, TaskId, TaskSummary};

/// The commands a client may execute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CommandName {
    /// [`StartArgs`] → [`StartReply`], at once.
    Start,
    /// [`CancelArgs`] → null.
    Cancel,
    /// [`ListArgs`] → array of [`TaskSummary`], newest first.
    List,
    /// [`ShowArgs`] → [`TaskView`].
    Show,
    /// [`ReplyArgs`] → null.
    Reply,
    /// [`ApproveArgs`] → null.
    Approve,
    /// [`ResumeArgs`] → null.
    Resume,
    /// [`SteerArgs`] → null.
    Steer,
    /// [`PauseArgs`] → null.
    Pause,
    /// [`UndoArgs`] → null; what became of it is told as [`Event::Undone`](crate::Event::Undone).
    Undo,
    /// [`UndoArgs`] → null; as for [`Undo`](Self::Undo).
    Redo,
    /// [`CheckpointsArgs`](crate::CheckpointsArgs) → array of
    /// [`TaskCheckpoint`](crate::TaskCheckpoint).
    Checkpoints,
    /// [`RestoreArgs`](crate::RestoreArgs) → null; told as [`Event::Warning`](crate::Event::Warning).
    Restore,
    /// [`AcceptArgs`] → null; told as [`Event::Accepted`](crate::Event::Accepted).
    Accept,
    /// [`DiscardArgs`] → null; told as [`Event::Discarded`](crate::Event::Discarded).
    Discard,
    /// [`PublishArgs`] → null; told as [`Event::Made`](crate::Event::Made).
    Push,
    /// [`PublishArgs`] → null; told as [`Event::Made`](crate::Event::Made).
    PullRequest,
    /// [`DiffArgs`] → [`DiffReply`].
    Diff,
    /// [`DoctorArgs`] → array of [`Check`](crate::Check), within ten seconds.
    Doctor,
    /// [`ModelListArgs`](crate::ModelListArgs) → array of [`ModelOffer`](crate::ModelOffer).
    ModelList,
    /// [`ModelSelectArgs`](crate::ModelSelectArgs) → null.
    ModelSelect,
    /// [`OpenArgs`] → null, at once.
    Open,
    /// [`MemorySearchArgs`](crate::MemorySearchArgs) → array of [`MemoryPassage`](crate::MemoryPassage).
    MemorySearch,
    /// [`MemoryRememberArgs`](crate::MemoryRememberArgs) → null.
    MemoryRemember,
    /// [`MemoryForgetArgs`](crate::MemoryForgetArgs) → [`MemoryForgetReply`](crate::MemoryForgetReply).
    MemoryForget,
    /// [`MemoryStatsArgs`](crate::MemoryStatsArgs) → [`MemoryStats`](crate::MemoryStats).
    MemoryStats,
}

/// Every command with the name it has on the wire.
pub const COMMANDS: [(CommandName, &str); 26] = [
    (CommandName::Start, "devika.task.start"),
    (CommandName::Cancel, "devika.task.cancel"),
    (CommandName::List, "devika.task.list"),
    (CommandName::Show, "devika.task.show"),
    (CommandName::Reply, "devika.task.reply"),
    (CommandName::Approve, "devika.task.approve"),
    (CommandName::Resume, "devika.task.resume"),
    (CommandName::Steer, "devika.task.steer"),
    (CommandName::Pause, "devika.task.pause"),
    (CommandName::Undo, "devika.task.undo"),
    (CommandName::Redo, "devika.task.redo"),
    (CommandName::Checkpoints, "devika.task.checkpoints"),
    (CommandName::Restore, "devika.task.restore"),
    (CommandName::Accept, "devika.task.accept"),
    (CommandName::Discard, "devika.task.discard"),
    (CommandName::Push, "devika.task.push"),
    (CommandName::PullRequest, "devika.task.pullRequest"),
    (CommandName::Diff, "devika.task.diff"),
    (CommandName::Doctor, "devika.doctor"),
    (CommandName::ModelList, "devika.model.list"),
    (CommandName::ModelSelect, "devika.model.select"),
    (CommandName::Open, "devika.task.open"),
    (CommandName::MemorySearch, "devika.memory.search"),
    (CommandName::MemoryRemember, "devika.memory.remember"),
    (CommandName::MemoryForget, "devika.memory.forget"),
    (CommandName::MemoryStats, "devika.memory.stats"),
];

impl CommandName {
    /// The name on the wire.
    pub fn as_str(self) -> &'static str {
        COMMANDS.iter().find(|(name, _)| *name == self).map_or("", |(_, text)| text)
    }

    /// The command of that name on the wire.
    pub fn parse(text: &str) -> Option<Self> {
        COMMANDS.iter().find(|(_, name)| *name == text).map(|(name, _)| *name)
    }
}

/// Starts a task.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StartArgs {
    /// What is to be done, in plain language.
    pub prompt: String,
    /// How much Devika does before it asks; the configured mode where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<Mode>,
    /// `provider/model`; the configured default where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// A `file:` URI of, or in, the workspace folder to work in; needed where several are open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub root: Option<String>,
    /// Where it works and commits; as configured where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub git: Option<GitMode>,
}

/// Answers [`StartArgs`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StartReply {
    /// The new task.
    pub task: TaskId,
}

/// Stops a task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CancelArgs {
    /// The task; the one that runs in the workspace where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<TaskId>,
}

/// Lists the tasks of the open workspace folders.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ListArgs {
    /// How many at the most; 50 where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
}

/// Shows one task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ShowArgs {
    /// The task.
    pub task: TaskId,
}

/// Answers [`ShowArgs`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TaskView {
    /// The task.
    #[serde(flatten)]
    pub summary: TaskSummary,
    /// Everything stored of it, in order.
    pub events: Vec<EventRecord>,
}

/// Answers a question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReplyArgs {
    /// The task that asked.
    pub task: TaskId,
    /// The user's words.
    pub answer: String,
}

/// Answers an approval.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ApproveArgs {
    /// The task that asked.
    pub task: TaskId,
    /// The approval that is meant; the pending one where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ask: Option<AskId>,
    /// Whether it may.
    pub allow: bool,
    /// For how long a command is allowed; for the task where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<ApprovalScope>,
    /// Of edits: what is not to be applied. The rest is; all where absent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refused: Vec<Refusal>,
}

/// What the user refuses of the edits that are proposed: changes of one file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Refusal {
    /// The file, as the proposed diff names it after the change; before it, where the file is deleted.
    pub path: String,
    /// Which of the file's hunks, counted from 1 in the order of the proposed diff; the whole file where
    /// absent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hunks: Vec<u32>,
}

/// For how long a command is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ApprovalScope {
    /// This one time.
    Once,
    /// For the task.
    Task,
    /// In this project from now on, while the command line and the scripts that it runs stay as they
    /// are. Kept outside the project.
    Project,
}

/// Takes up a task that was interrupted, paused or failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ResumeArgs {
    /// The task.
    pub task: TaskId,
    /// What the task may spend from now on, where its budget was used up: dollars such as `2.50`, or
    /// tokens such as `500000t`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget: Option<String>,
}

/// Says more to a task that runs, or that can be resumed: its next turn gets it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SteerArgs {
    /// The task; the one that runs in the workspace where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<TaskId>,
    /// The user's words.
    pub text: String,
}

/// Pauses a task after what it does at the moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PauseArgs {
    /// The task; the one that runs in the workspace where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<TaskId>,
}

/// Takes changes of a task back, or makes them again, around what came after.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UndoArgs {
    /// The task.
    pub task: TaskId,
    /// The step, counted from 1; all of them where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<u32>,
}

/// Brings a task's work to the branch that it began on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AcceptArgs {
    /// The task.
    pub task: TaskId,
    /// How; as configured where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<Joining>,
    /// The branch that the task began on; has to be named where that is protected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub onto: Option<String>,
}

/// Shows what a task, or a step of it, has changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DiffArgs {
    /// The task.
    pub task: TaskId,
    /// The step, counted from 1; all of them where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<u32>,
}

/// Answers [`DiffArgs`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DiffReply {
    /// In the unified format, as `git apply` takes it; binary files are named only.
    pub diff: String,
}

/// Takes all of a task back, and its branch away.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DiscardArgs {
    /// The task.
    pub task: TaskId,
}

/// Pushes a task's branch to the forge of a remote, or asks there for it to be merged, after asking.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PublishArgs {
    /// The task.
    pub task: TaskId,
    /// The remote, by its name; the configured one where absent, else the one that the branch follows,
    /// else `origin`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remote: Option<String>,
}

/// Shows a task as a file to read: its prompt, plan, changes and report. The file is opened in the
/// client, or named in a message where the client opens none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OpenArgs {
    /// The task.
    pub task: TaskId,
}

/// Checks that everything Devika needs is there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DoctorArgs {}

/// What a client declares under `capabilities.experimental.devika`; all off where absent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Capabilities {
    /// Takes `devika/event` notifications.
    pub events: bool,
    /// Answers the `devika/save` request.
    pub save: bool,
    /// Answers the `devika/diagnostics` request.
    pub diagnostics: bool,
    /// Answers the `devika/definition`, `devika/references` and `devika/symbols` requests.
    pub navigation: bool,
    /// Answers the `devika/openFolder` request.
    pub folders: bool,
    /// Tells its language models by `devika/lm/models`, and answers the `devika/lm` request.
    pub models: bool,
    /// Puts questions and approvals to the user itself and tells how tasks end, from the events, so
    /// that the server shows no messages for them.
    pub asks: bool,
}
