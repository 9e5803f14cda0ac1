//! Which models of its own the editor lets be asked. None is asked here: the first turn is what the
//! editor asks the user to allow.

use super::Finding;
use crate::models::ConfiguredModels;

/// Models that are named.
const NAMED: usize = 6;

/// Nothing is found where there is no editor that lets its models be asked.
pub(super) async fn look(models: &ConfiguredModels) -> Option<Finding> {
    let listed = models.editor.as_ref()?.list().await;
    if listed.is_empty() {
        return Some(Finding::ok(
            "none: what brings them, such as GitHub Copilot, is missing or signed out",
        ));
    }
    let mut names: Vec<&str> = listed.iter().take(NAMED).map(|model| model.id.as_str()).collect();
    if listed.len() > NAMED {
        names.push("…");
    }
    let (count, names) = (listed.len(), names.join(", "));
    Some(Finding::ok(format!("{count} that a task can name as `editor/MODEL`: {names}")))
}
