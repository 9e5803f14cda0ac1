//! Whether there is a browser to read web pages with.

use std::collections::BTreeMap;
use std::ffi::OsString;

use super::{Finding, programs};

/// Its names in the distributions.
const NAMES: [&str; 5] =
    ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"];

pub(super) async fn look(search_path: Option<OsString>, env: BTreeMap<String, String>) -> Finding {
    let Some(program) = programs::find(search_path.as_ref(), &NAMES) else {
        let install = cfg!(target_os = "linux").then(|| "sudo apt install chromium".to_owned());
        let text = "not found; nothing needs it yet, reading web pages will";
        return Finding::warning(text).mended_by(install);
    };
    match programs::version(&program, &env).await {
        Some(version) => Finding::ok(format!("{}: {version}", program.display())),
        None => Finding::warning(format!("{} does not tell its version", program.display())),
    }
}
