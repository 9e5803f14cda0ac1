//! The resolved configuration: every default filled in, every value checked.

use std::path::PathBuf;
use std::time::Duration;

use devika_protocol::{GitMode, Joining, Mode};
use serde::{Deserialize, Serialize};

use crate::Provider;
use crate::budget::Budget;
use crate::checkpoints::Checkpoints;
use crate::commits::{CommitChecks, CommitTemplate, Unsigned};
use crate::deploy::Deploy;
use crate::memory::Memory;
use crate::models::Models;
use crate::publish::Publish;
use crate::research::Research;

/// The resolved configuration.
#[derive(Debug, Clone)]
pub struct Config {
    /// Which models are asked.
    pub models: Models,
    /// How much may be spent.
    pub budget: Budget,
    /// The providers, those of the user first.
    pub providers: Vec<Provider>,
    /// How tasks are carried out.
    pub tasks: Tasks,
    /// How commands are run.
    pub commands: Commands,
    /// What commands are kept from.
    pub sandbox: Sandbox,
    /// How work is committed.
    pub git: Git,
    /// What is kept of a project before each command.
    pub checkpoints: Checkpoints,
    /// Where `--new` makes projects; the platform's folder where absent.
    pub projects_folder: Option<PathBuf>,
    /// What a repository that is cloned may have.
    pub clones: Clones,
    /// How projects are put on the web.
    pub deploy: Deploy,
    /// Where work is published.
    pub publish: Publish,
    /// What is remembered, and where.
    pub memory: Memory,
    /// How the web is read.
    pub research: Research,
    /// The Chrome or Chromium that prints reports; the one on the search path where absent.
    pub report_browser: Option<PathBuf>,
    /// The managed local model.
    pub local: Local,
    /// The log.
    pub log: Log,
}

/// How tasks are carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tasks {
    /// How much Devika does before it asks.
    pub mode: Mode,
    /// Bytes of a prompt at the most.
    pub prompt_bytes: usize,
    /// Tasks that may wait for one workspace.
    pub queue: usize,
    /// Tasks with worktrees of their own that run at once in one workspace.
    pub parallel: usize,
    /// Turns of one task at the most.
    pub max_turns: u32,
    /// Steps of a plan at the most.
    pub max_steps: usize,
    /// How often an answer that cannot be used goes back to the model.
    pub repair_rounds: u32,
    /// How often a step that fails its commands goes to the patcher.
    pub patch_rounds: u32,
    /// What becomes of a step that still fails after its rounds of repair.
    pub failing_step: FailingStep,
    /// How long what there is of a task is kept after it was given; for ever where absent.
    pub keep: Option<Duration>,
}

/// What becomes of a step that still fails after its rounds of repair.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FailingStep {
    /// It is committed to the task's branch, marked as failing.
    Keep,
    /// Its changes are taken back.
    Revert,
}

/// How commands are run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commands {
    /// Whether each command line is asked about.
    pub approve: Approval,
    /// How long a command may run.
    pub time_limit: Duration,
    /// Bytes of a command's output that are kept.
    pub output_bytes: usize,
    /// Variables of the environment that commands get besides the plain ones.
    pub env_allow: Vec<String>,
}

/// Whether each command line is asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Approval {
    /// Once a task.
    Ask,
    /// Never: the user allows all beforehand.
    Always,
}

/// What commands are kept from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sandbox {
    /// Whether commands run in a sandbox.
    pub on: bool,
    /// What to do where there can be none.
    pub fallback: SandboxFallback,
    /// Hosts on the internet that commands may reach.
    pub hosts: Vec<String>,
    /// Hosts that commands may reach although they are in a private network.
    pub private_hosts: Vec<String>,
    /// Processor time of one command.
    pub cpu_time: Duration,
    /// Bytes of memory of one command.
    pub memory_bytes: u64,
    /// Processes of one command at one time.
    pub processes: usize,
    /// Bytes of one file that a command writes.
    pub file_bytes: u64,
    /// Bytes that one command writes to disks.
    pub disk_bytes: u64,
}

/// What to do where there can be no sandbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SandboxFallback {
    /// Run no command.
    Refuse,
    /// Run commands with what Landlock and seccomp can do.
    Landlock,
    /// Run commands with the rights of the user.
    None,
}

/// How work is committed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Git {
    /// Where tasks work, and where their commits go.
    pub mode: GitMode,
    /// Whether commits carry `Devika-Task` and `Devika-Step`.
    pub trailers: bool,
    /// Whether commits carry `Assisted-by`.
    pub assisted_by: bool,
    /// What commits say.
    pub message: CommitTemplate,
    /// What is looked for before they are made.
    pub checks: CommitChecks,
    /// What is done where they are to be signed and cannot be.
    pub unsigned: Unsigned,
    /// How accepted work comes to the branch that the task began on.
    pub accept: Joining,
    /// The remote that work is published to; none: the one that the branch follows, else `origin`.
    pub remote: Option<String>,
    /// Patterns of branches that work comes to only where the user names them; `*` stands for any text.
    pub protected: Vec<String>,
}

impl Git {
    /// The pattern that protects a branch.
    pub fn protection_of(&self, branch: &str) -> Option<&str> {
        self.protected.iter().map(String::as_str).find(|pattern| fits(pattern, branch))
    }
}

/// Whether a name is what a pattern stands for.
fn fits(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == name,
        Some((head, tail)) => name.strip_prefix(head).is_some_and(|rest| {
            let ends = rest.char_indices().map(|(at, _)| at).chain([rest.len()]);
            ends.into_iter().any(|at| fits(tail, &rest[at..]))
        }),
    }
}

/// What a repository that is cloned may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clones {
    /// Bytes that are received, and bytes of its files.
    pub bytes: u64,
    /// How long it may take.
    pub time_limit: Duration,
}

/// The managed local model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Local {
    /// How long the model's server stays without use before it stops.
    pub idle: Duration,
    /// Threads of the model's server; as many as the machine has cores where absent.
    pub threads: Option<u32>,
}

/// The log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Log {
    /// A filter such as `info` or `devika=debug`.
    pub level: String,
    /// Files that are kept, one a day.
    pub files: usize,
}

impl Config {
    /// The folder that `--new` makes projects in.
    pub fn projects_folder(&self, paths: &crate::Paths) -> PathBuf {
        self.projects_folder.clone().unwrap_or_else(|| paths.projects_dir.clone())
    }
}
