//! What events speak of: stages, agents, changes, usage, reasons.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Money;

/// One part of the pipeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Stage {
    /// What kind of task it is; shares its turn with the plan.
    Decision,
    /// The ordered steps.
    Plan,
    /// Reading the web.
    Research,
    /// Writing a step's code.
    Code,
    /// Giving the edits to the editor.
    Apply,
    /// Running the step's commands.
    Verify,
    /// Repairing what verification found.
    Patch,
    /// One commit a step.
    Commit,
    /// Fetching a repository.
    Clone,
    /// Putting the project on the web.
    Deploy,
    /// Telling the user.
    Report,
}

/// The role a stage asks the model to play.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Agent {
    /// Chooses what kind of task it is, and plans it.
    Planner,
    /// The same for what the user says next in a conversation.
    Action,
    /// Writes code.
    Coder,
    /// Changes code that the conversation is about.
    Feature,
    /// Repairs code.
    Patcher,
    /// Finds out how a project is run.
    Runner,
    /// Answers questions.
    Answer,
    /// Describes a project.
    Reporter,
}

impl Agent {
    /// Every role.
    pub const ALL: [Self; 8] = [
        Self::Planner,
        Self::Action,
        Self::Coder,
        Self::Feature,
        Self::Patcher,
        Self::Runner,
        Self::Answer,
        Self::Reporter,
    ];
}

/// What was done to a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ChangeKind {
    /// It is new.
    Created,
    /// Its text changed.
    Modified,
    /// It is gone.
    Deleted,
    /// It has this path now.
    Renamed,
}

/// A file that was not changed back, or again, because of what the user did since.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Kept {
    /// The file, relative to the root.
    pub path: String,
    /// Why it stays.
    pub why: String,
    /// The change that is not made, as a unified diff.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub diff: Option<String>,
}

/// How a task's commits come to the branch that it began on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Joining {
    /// All of them, under a merge commit where that branch has moved on.
    Merge,
    /// As one commit.
    Squash,
    /// Each of them anew, on top of what that branch has got.
    Rebase,
}

/// What was made besides the code of the project.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum MadeKind {
    /// A description of the project: a Markdown or a PDF file.
    Report,
    /// A page on the web: its address.
    Site,
    /// Another project: its folder.
    Project,
    /// A branch at a forge: where it was pushed to.
    Branch,
    /// A request to merge a branch: its address.
    Request,
}

/// Why a model stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum StopReason {
    /// It said all.
    Complete,
    /// It reached the limit of the answer's length.
    Length,
}

/// Tokens of one turn, or of several.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Usage {
    /// Tokens of the prompt, those from the cache included.
    pub input: u64,
    /// Tokens of the prompt that the provider had cached.
    pub cached: u64,
    /// Tokens of the answer.
    pub output: u64,
    /// What they cost.
    #[serde(default)]
    pub cost: Money,
}

impl std::ops::AddAssign for Usage {
    fn add_assign(&mut self, other: Self) {
        self.input += other.input;
        self.cached += other.cached;
        self.output += other.output;
        self.cost = self.cost.plus(other.cost);
    }
}

/// What kind of answer is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum AskKind {
    /// Words, by `devika.task.reply`.
    Question,
    /// Whether the plan may be carried out, by `devika.task.approve`.
    Plan,
    /// Whether the edits may be applied, by `devika.task.approve`.
    Edits,
    /// Whether a command may be run, by `devika.task.approve`.
    Command,
    /// Whether the workspace is trusted, by `devika.task.approve`.
    Trust,
    /// Whether a step may be committed in spite of what was found in it, by `devika.task.approve`.
    Finding,
    /// Whether something may be done outside of the project, such as to put it on the web, by
    /// `devika.task.approve`.
    Outside,
    /// Whether commands may reach a host that they were refused, by `devika.task.approve`.
    Host,
}

impl AskKind {
    /// Whether it can be allowed once or for good, and not only for the task.
    #[must_use]
    pub fn has_scopes(self) -> bool {
        matches!(self, Self::Command | Self::Host | Self::Finding)
    }
}

/// What a paused task waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum PauseReason {
    /// An answer or an approval.
    Question,
    /// A raised cap.
    Budget,
    /// The provider, which asks to be left alone for longer than a task waits.
    Provider,
    /// The user's and Devika's changes meet; the user decides.
    Conflict,
    /// The user, who asked for the pause.
    User,
}
