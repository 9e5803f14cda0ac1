//! What commands are run in: each promise of the sandbox, tried.

use devika_config::Config;
use devika_sandbox::Promise;

use super::{Finding, programs};
use crate::setup::Setup;

pub(super) async fn look(setup: Setup, config: Config) -> Finding {
    if !config.sandbox.on {
        return Finding::warning("off by `sandbox.mode`: commands can do what you can do");
    }
    let promises = devika_sandbox::probe(&setup.sandbox(&config)).await;
    let broken: Vec<String> = promises
        .iter()
        .filter(|promise| !promise.holds)
        .map(|Promise { name, why, .. }| format!("{name}: {why}"))
        .collect();
    if broken.is_empty() {
        return Finding::ok(format!("{} promises were tried, and all hold", promises.len()));
    }
    let is_missing = programs::find(setup.search_path().as_ref(), &["bwrap"]).is_none();
    let install = is_missing && cfg!(target_os = "linux");
    let install = install.then(|| "sudo apt install bubblewrap".to_owned());
    Finding::failed(broken.join("; ")).mended_by(install)
}
