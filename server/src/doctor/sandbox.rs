//! What commands are run in.

use std::collections::BTreeMap;
use std::ffi::OsString;

use super::{Finding, programs};

pub(super) async fn look(search_path: Option<OsString>, env: BTreeMap<String, String>) -> Finding {
    let Some(program) = programs::find(search_path.as_ref(), &["bwrap"]) else {
        let install = cfg!(target_os = "linux").then(|| "sudo apt install bubblewrap".to_owned());
        return Finding::warning("bubblewrap is not found").mended_by(install);
    };
    match programs::version(&program, &env).await {
        Some(version) => Finding::ok(format!("{}: {version}", program.display())),
        None => Finding::warning(format!("{} does not run", program.display())),
    }
}
