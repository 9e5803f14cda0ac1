//! What is kept of a project before each command, resolved from the configuration.

use std::time::Duration;

use crate::values::Values;

/// What is kept of a project before each command, so that it can be restored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Checkpoints {
    /// Whether anything is.
    pub on: bool,
    /// Bytes of one file; larger ones are left out.
    pub file_bytes: u64,
    /// How long a checkpoint stays.
    pub keep: Duration,
    /// The share of the free disk that all checkpoints of a repository may take, in percent.
    pub disk_percent: u64,
}

pub(crate) fn resolve(values: &Values) -> Checkpoints {
    Checkpoints {
        on: values.flag("checkpoints.on").unwrap_or(true),
        file_bytes: values.megabytes("checkpoints.file_mb"),
        keep: Duration::from_secs(values.whole("checkpoints.keep_days") as u64 * 24 * 60 * 60),
        disk_percent: values.whole("checkpoints.disk_percent") as u64,
    }
}
