//! The bounds and habits the pipeline works under.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use devika_config::{Approval, Checkpoints, Commands, FailingStep, Git, Tasks, Unsigned};
use devika_protocol::GitMode;
use devika_vcs::Signing;
use serde::{Deserialize, Serialize};

use crate::knowledge::ReadAndRemember;
use crate::outside::Outside;
use crate::ports::Printer;

/// Finds a provider's key in a text, and says whose it is.
pub type KeyIn = Arc<dyn Fn(&str) -> Option<String> + Send + Sync>;

/// The bounds and habits the pipeline works under, as the configuration has them.
#[derive(Clone)]
pub struct Settings {
    /// How tasks are carried out.
    pub tasks: Tasks,
    /// How commands are run.
    pub commands: Commands,
    /// How work is committed.
    pub git: Git,
    /// What is kept of the workspace before each command.
    pub checkpoints: Checkpoints,
    /// The whole environment of a command.
    pub command_env: BTreeMap<String, String>,
    /// The whole environment of the program that signs commits, where the user's git is set so.
    pub signing_env: BTreeMap<String, String>,
    /// Where the locks are that keep two processes from working on one workspace.
    pub leases: PathBuf,
    /// Where tasks have worktrees of their own; in no workspace.
    pub worktrees: PathBuf,
    /// Finds a provider's key in a text, and says whose it is.
    pub key_in: KeyIn,
    /// Where reports of projects are written; outside of all projects.
    pub reports: PathBuf,
    /// Prints reports, where there is something that can.
    pub printer: Option<Arc<dyn Printer>>,
    /// What there is to know besides the project's files, where tasks may know it.
    pub knowledge: Option<Arc<ReadAndRemember>>,
    /// What lies outside of this machine.
    pub outside: Outside,
}

/// The part of the settings that changes what a task does, as a trajectory holds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(Default))]
pub(crate) struct Bounds {
    max_turns: u32,
    max_steps: usize,
    repair_rounds: u32,
    patch_rounds: u32,
    /// Whether commands are run without asking.
    allow_commands: bool,
    /// Whether commits go to the branch that is checked out.
    current_branch: bool,
    /// Whether a step that cannot be repaired is taken back.
    #[serde(default)]
    take_back: bool,
}

impl Settings {
    /// How commits are signed, where the user's git is set so.
    pub(crate) fn signing(&self) -> Signing {
        let is_optional = self.git.unsigned == Unsigned::Commit;
        Signing { env: self.signing_env.clone(), is_optional }
    }

    /// What a trajectory holds of them.
    pub(crate) fn bounds(&self) -> Bounds {
        Bounds {
            max_turns: self.tasks.max_turns,
            max_steps: self.tasks.max_steps,
            repair_rounds: self.tasks.repair_rounds,
            patch_rounds: self.tasks.patch_rounds,
            allow_commands: self.commands.approve == Approval::Always,
            current_branch: self.git.mode == GitMode::Current,
            take_back: self.tasks.failing_step == FailingStep::Revert,
        }
    }

    /// The same with the bounds that a recorded task worked under.
    pub(crate) fn bound_by(&self, bounds: &Bounds) -> Self {
        let mut settings = self.clone();
        settings.tasks.max_turns = bounds.max_turns;
        settings.tasks.max_steps = bounds.max_steps;
        settings.tasks.repair_rounds = bounds.repair_rounds;
        settings.tasks.patch_rounds = bounds.patch_rounds;
        settings.commands.approve =
            if bounds.allow_commands { Approval::Always } else { Approval::Ask };
        settings.git.mode =
            if bounds.current_branch { GitMode::Current } else { GitMode::TaskBranch };
        settings.tasks.failing_step =
            if bounds.take_back { FailingStep::Revert } else { FailingStep::Keep };
        settings
    }
}
