//! Whether the managed local model is there, and loaded.

use super::Finding;
use crate::models::ConfiguredModels;

/// The command that gets it.
pub(super) const PULL: &str = "devika models pull local";

/// `wanted` is the model that the configuration names.
pub(super) async fn look(models: &ConfiguredModels, wanted: Option<String>) -> Finding {
    if models.local.is_loaded().await {
        return Finding::ok("installed and loaded");
    }
    if models.local.installed() {
        return Finding::ok("installed; it is loaded when it is first used, which takes seconds");
    }
    if wanted.is_some_and(|name| name == "local" || name.starts_with("local/")) {
        return Finding::failed("not installed, and the configuration names it")
            .mended_by(PULL.to_owned());
    }
    Finding::ok(format!("not installed; `{PULL}` gets it (1.1 GB)"))
}
