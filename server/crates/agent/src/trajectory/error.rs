//! What can go wrong with a trajectory, named by what the caller does.

use crate::error::EngineError;

/// A file that is no trajectory which can be used.
#[derive(Debug, thiserror::Error)]
pub enum TrajectoryError {
    /// It is another kind of file.
    #[error(
        "this is not a trajectory: its first line does not say so; `devika tasks export` writes one"
    )]
    Foreign,
    /// A newer Devika wrote it.
    #[error(
        "this trajectory has format {found}, and this Devika reads up to {known}; get a newer Devika"
    )]
    Newer {
        /// Its format.
        found: u32,
        /// The newest that is known.
        known: u32,
    },
    /// A line of it cannot be read.
    #[error("line {line} of the trajectory is damaged: {why}; export the task again")]
    Damaged {
        /// Counted from 1.
        line: usize,
        /// What is wrong.
        why: String,
    },
    /// Its end is missing.
    #[error("the trajectory is cut off after {lines} lines; copy or export it again")]
    Truncated {
        /// Whole lines that are there.
        lines: usize,
    },
    /// It is over a bound.
    #[error("the trajectory is too large: {what} (the limit is {limit}); it is not read")]
    TooLarge {
        /// What of it.
        what: &'static str,
        /// The bound.
        limit: u64,
    },
    /// The system refused.
    #[error("the trajectory cannot be read: {0}")]
    Io(#[from] std::io::Error),
}

/// A trajectory that was not written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The journal has too little of the task.
    #[error("task {task} cannot be exported: {why}")]
    Unrecorded {
        /// The task.
        task: devika_protocol::TaskId,
        /// What is missing, and what to do.
        why: String,
    },
    /// The task or the journal cannot be read.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The system refused.
    #[error("the trajectory cannot be written: {0}")]
    Io(#[from] std::io::Error),
}

/// A trajectory that could not be carried out again.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// The folder that it is carried out in.
    #[error("the recorded files cannot be put into {folder}: {why}")]
    Folder {
        /// The folder.
        folder: String,
        /// What the system or git said.
        why: String,
    },
    /// It ends before the step that was asked for.
    #[error("step {step} was not begun in this trajectory; it has {steps}")]
    NoStep {
        /// The step that was asked for.
        step: u32,
        /// How many it has.
        steps: u32,
    },
    /// The recorded steps do not lead to the step that was asked for any more.
    #[error("the recorded turns do not lead to step {step}: {why}")]
    Lost {
        /// The step that was asked for.
        step: u32,
        /// Where they lead.
        why: String,
    },
    /// The engine refused.
    #[error(transparent)]
    Engine(#[from] EngineError),
}
