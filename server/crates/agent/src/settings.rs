//! The bounds and habits the pipeline works under.

use std::collections::BTreeMap;
use std::path::PathBuf;

use devika_config::{Commands, Git, Tasks};

/// The bounds and habits the pipeline works under, as the configuration has them.
#[derive(Clone)]
pub struct Settings {
    /// How tasks are carried out.
    pub tasks: Tasks,
    /// How commands are run.
    pub commands: Commands,
    /// How work is committed.
    pub git: Git,
    /// The whole environment of a command.
    pub command_env: BTreeMap<String, String>,
    /// Where the locks are that keep two processes from working on one workspace.
    pub leases: PathBuf,
}
