//! What can go wrong, named by what the caller does.

use devika_protocol::{PauseReason, TaskId};
use devika_store::StoreError;

/// A command to the engine that was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The request itself is wrong; the text says how to mend it.
    #[error("{0}")]
    Usage(String),
    /// There is no such task.
    #[error("there is no task {0}; `devika.task.list` or `devika tasks` lists what there is")]
    NoTask(TaskId),
    /// The state database refused.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why the pipeline stopped before its end.
#[derive(Debug)]
pub(crate) enum Stop {
    /// It gave up: what failed, why, and what to do next.
    Failed(String),
    /// It waits for the user.
    Paused(PauseReason, String),
    /// The user said no to the plan or to edits.
    Denied,
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Self {
        Self::Failed(format!(
            "The task's journal cannot be written, so nothing more is done: {error}"
        ))
    }
}
