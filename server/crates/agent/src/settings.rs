//! The bounds and habits the pipeline works under, resolved from the configuration.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use devika_protocol::Mode;

/// The bounds and habits the pipeline works under.
#[derive(Debug, Clone)]
pub struct Settings {
    /// How much Devika does before it asks, where a task does not say.
    pub mode: Mode,
    /// Bytes of a prompt at the most.
    pub prompt_bytes: usize,
    /// Tasks that may wait for one workspace.
    pub queue: usize,
    /// Turns of one task at the most.
    pub max_turns: u32,
    /// Steps of a plan at the most.
    pub max_steps: usize,
    /// How often an answer that cannot be read or applied goes back to the model.
    pub repair_rounds: u32,
    /// How often a step that does not pass its commands goes to the patcher.
    pub patch_rounds: u32,
    /// How long a command may run.
    pub command_time: Duration,
    /// Bytes of a command's output that are kept.
    pub command_output: usize,
    /// The whole environment of a command.
    pub command_env: BTreeMap<String, String>,
    /// Whether the user allows every command beforehand.
    pub allow_commands: bool,
    /// Whether work is committed to the branch that is checked out, not to a task branch.
    pub current_branch: bool,
    /// Whether commits carry `Devika-Task` and `Devika-Step`.
    pub trailers: bool,
    /// Whether commits carry `Assisted-by`.
    pub assisted_by: bool,
    /// Where the locks are that keep two processes from working on one workspace.
    pub leases: PathBuf,
}
