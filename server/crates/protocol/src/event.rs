//! Events: the facts the engine tells its clients. They are stored in order, and every view is
//! drawn from them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    Agent, AskKind, CapScope, CapUse, ChangeKind, CommandExit, Kept, MadeKind, Mode, PauseReason,
    Plan, Refusal, Stage, StopReason, TaskId, Usage,
};

/// The notification that carries an [`EventRecord`] to a client that declared `events`.
pub const EVENT_METHOD: &str = "devika/event";

/// Names a question or an approval.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct AskId(pub i64);

/// Names a turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct TurnId(pub i64);

/// An event as it is stored and sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EventRecord {
    /// Counted up over all tasks of the user. A live-only event ([`Event::is_live`]) is not stored
    /// and carries the number of the stored event before it.
    pub seq: i64,
    /// RFC 3339, UTC, milliseconds.
    pub time: String,
    /// The task it is about.
    pub task: TaskId,
    /// What happened.
    #[serde(flatten)]
    pub event: Event,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// The task was taken.
    Queued {
        /// What the user asked for.
        prompt: String,
        /// The workspace root, absolute.
        project: String,
        /// How much Devika does before it asks.
        mode: Mode,
        /// How many tasks of the workspace come first.
        ahead: u32,
    },
    /// Work began, or began again after an interruption or a pause.
    Started {
        /// Whether the task had been started before.
        resumed: bool,
        /// The task's own worktree, absolute, where it works; in the project where absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        worktree: Option<String>,
    },
    /// A stage of the pipeline began.
    StageStarted {
        /// The stage.
        stage: Stage,
        /// The step it is about, counted from 1.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        step: Option<u32>,
        /// Which attempt at it, counted from 1.
        round: u32,
    },
    /// The one-line thought of an agent.
    Monologue {
        /// The agent.
        agent: Agent,
        /// The thought.
        text: String,
    },
    /// An agent's words to the user, as Markdown.
    Reply {
        /// The words.
        text: String,
    },
    /// The plan is made.
    Planned {
        /// The plan.
        plan: Plan,
    },
    /// Web searches that the planner wants.
    Queries {
        /// The searches.
        queries: Vec<String>,
    },
    /// A search engine was asked.
    Searched {
        /// For what.
        query: String,
        /// How many pages it names.
        found: u32,
    },
    /// A page of the web was read.
    PageRead {
        /// Its address, after redirects.
        address: String,
        /// Its title.
        title: String,
        /// A picture of it: an absolute path of a PNG file.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        screenshot: Option<String>,
    },
    /// Passages of pages are quoted to an agent.
    PassagesUsed {
        /// The step that they are for, counted from 1; an answer where absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        step: Option<u32>,
        /// The pages' addresses.
        sources: Vec<String>,
    },
    /// A step is verified and committed.
    StepFinished {
        /// The step, counted from 1.
        step: u32,
    },
    /// A request was sent to a model.
    TurnStarted {
        /// The turn.
        turn: TurnId,
        /// The agent that asks.
        agent: Agent,
        /// `provider/model`.
        model: String,
        /// Estimated size of the prompt, in tokens.
        prompt_tokens: u64,
    },
    /// A piece of the answer arrived. Live only.
    TurnDelta {
        /// The turn.
        turn: TurnId,
        /// The piece.
        text: String,
        /// Whether it is the model's reasoning, not its answer.
        reasoning: bool,
    },
    /// The whole answer arrived and is stored.
    TurnFinished {
        /// The turn.
        turn: TurnId,
        /// Why the model stopped.
        stop: StopReason,
        /// What it cost, in tokens.
        usage: Usage,
        /// How long it took, in milliseconds.
        millis: u64,
        /// `provider/model` that answered, which after a fallback is another than the one asked.
        #[serde(default)]
        model: String,
    },
    /// A request failed in a way that passes, and is made again after a while.
    TurnRetried {
        /// The turn.
        turn: TurnId,
        /// `provider/model`.
        model: String,
        /// Why.
        error: String,
        /// How long is waited before the next attempt, in milliseconds.
        wait_millis: u64,
    },
    /// A model could not answer, and the next one of `models.fallback` is asked.
    FellBack {
        /// The turn.
        turn: TurnId,
        /// `provider/model` that could not.
        from: String,
        /// `provider/model` that is asked now.
        to: String,
        /// Why.
        error: String,
    },
    /// A provider failed so often in a row that it is left alone for a while.
    ProviderDown {
        /// The provider.
        provider: String,
        /// For how long, in milliseconds.
        wait_millis: u64,
    },
    /// Four fifths of a cap are used up.
    BudgetWarning {
        /// What the cap is for.
        scope: CapScope,
        /// How far it is used up.
        #[serde(rename = "use")]
        used: CapUse,
    },
    /// The turn failed.
    TurnFailed {
        /// The turn.
        turn: TurnId,
        /// Why.
        error: String,
    },
    /// An answer could not be used and goes back to the model.
    Complaint {
        /// The agent that is asked again.
        agent: Agent,
        /// What was wrong.
        text: String,
    },
    /// One file was changed in the editor and on disk.
    EditApplied {
        /// The step, counted from 1.
        step: u32,
        /// Relative to the workspace root.
        path: String,
        /// What was done to it.
        change: ChangeKind,
        /// Lines added.
        added: u32,
        /// Lines removed.
        removed: u32,
        /// Unified diff.
        diff: String,
    },
    /// A command was started.
    CommandStarted {
        /// Names the command within the task.
        command: i64,
        /// The command line.
        line: String,
    },
    /// A command printed something. Live only.
    CommandOutput {
        /// The command.
        command: i64,
        /// What it printed, escape sequences kept.
        text: String,
    },
    /// How far something has come that takes a while. Live only.
    Progress {
        /// How far, in words.
        text: String,
    },
    /// A command ended.
    CommandFinished {
        /// The command.
        command: i64,
        /// How it ended.
        exit: CommandExit,
        /// What it printed, its middle cut where it is long.
        output: String,
        /// How long it took, in milliseconds.
        millis: u64,
    },
    /// A step was committed.
    Committed {
        /// The step, counted from 1.
        step: u32,
        /// The commit's full id.
        commit: String,
        /// The branch.
        branch: String,
        /// The first line of the message.
        subject: String,
    },
    /// The user is asked.
    Asked {
        /// Names the question or approval.
        ask: AskId,
        /// What kind of answer is wanted.
        kind: AskKind,
        /// The question, or what is to be approved.
        text: String,
    },
    /// The question or approval is answered.
    Answered {
        /// Names the question or approval.
        ask: AskId,
        /// The answer; `yes` or `no` to an approval, `partly` to one of edits.
        answer: String,
        /// Of edits: what is not applied.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        refused: Vec<Refusal>,
    },
    /// The user said more while the task runs, or before it goes on; the next turn gets it.
    Steered {
        /// The user's words.
        text: String,
    },
    /// Something was made that the user wants to see.
    Made {
        /// What it is.
        what: MadeKind,
        /// Where it is: an absolute path, or the address of a page.
        place: String,
    },
    /// Changes of the task were taken back, or made again, after its end.
    Undone {
        /// The step; all of them where absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        step: Option<u32>,
        /// Whether they were made again.
        redo: bool,
        /// The files that changed.
        paths: Vec<String>,
        /// What stays as the user has it.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        kept: Vec<Kept>,
        /// The commit, where the task's branch was checked out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        commit: Option<String>,
    },
    /// The task's work is on the branch that the task began on, which is checked out again.
    Accepted {
        /// That branch.
        branch: String,
        /// Its new commit.
        commit: String,
        /// The task's worktree, where it stays for what is not committed in it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        worktree: Option<String>,
    },
    /// Nothing of the task is left in the files, and the branch that it began on is checked out again.
    Discarded {
        /// That branch.
        branch: String,
        /// The task's worktree, where it stays for what is not committed in it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        worktree: Option<String>,
    },
    /// Something the user should know that stops nothing.
    Warning {
        /// What.
        text: String,
    },
    /// Terminal: done.
    Completed {
        /// What was done, as Markdown.
        summary: String,
        /// The branch the commits are on, where there are any.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        branch: Option<String>,
        /// All turns together.
        usage: Usage,
    },
    /// Terminal: gave up.
    Failed {
        /// What failed, why, and what to do next.
        reason: String,
    },
    /// Terminal: stopped by the user.
    Cancelled {},
    /// Terminal for now: stopped until the user does something.
    Paused {
        /// What is waited for.
        reason: PauseReason,
        /// What the user can do.
        text: String,
    },
}

impl Event {
    /// Whether the event is sent to those who listen and not stored.
    pub fn is_live(&self) -> bool {
        matches!(self, Self::TurnDelta { .. } | Self::CommandOutput { .. } | Self::Progress { .. })
    }

    /// Whether it ends the task.
    pub fn is_terminal(&self) -> bool {
        matches!(
            self,
            Self::Completed { .. } | Self::Failed { .. } | Self::Cancelled {} | Self::Paused { .. }
        )
    }
}
