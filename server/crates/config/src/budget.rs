//! How much may be spent.

use std::time::Duration;

use devika_protocol::Cap;

use crate::values::Values;

/// How much may be spent, and how long is waited where a provider asks for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// For one task.
    pub task: Cap,
    /// For all tasks of the user on one day, by UTC.
    pub day: Cap,
    /// For all tasks of one project, since its first.
    pub project: Cap,
    /// The longest wait that a provider may ask for before the task pauses instead.
    pub patience: Duration,
}

pub(crate) fn resolve(values: &Values) -> Budget {
    Budget {
        task: values.cap("budget.task"),
        day: values.cap("budget.day"),
        project: values.cap("budget.project"),
        patience: values.duration("models.patience").unwrap_or_default(),
    }
}
