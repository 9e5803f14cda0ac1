//! Whether there is a browser to read web pages and print reports with, and whether its sandbox works.

use std::path::{Path, PathBuf};

use devika_browser::{Chrome, find_browser};
use devika_config::Config;

use super::{Finding, programs};
use crate::printer::is_superuser;
use crate::setup::Setup;

pub(super) async fn look(setup: &Setup, config: &Config) -> Finding {
    let named = config.research.browser.clone();
    if let Some(missing) = named.as_ref().filter(|named| !named.is_file()) {
        let text = format!("`research.browser` is {}, which is not there", missing.display());
        return Finding::warning(format!("{text}; {}", without_it()));
    }
    let Some(program) = find_browser(named, setup.search_path().as_deref()) else {
        let install = cfg!(target_os = "linux").then(|| "sudo apt install chromium".to_owned());
        return Finding::warning(format!("not found; {}", without_it())).mended_by(install);
    };
    let Some(version) = programs::version(&program, &setup.tool_env()).await else {
        return Finding::warning(format!("{} does not tell its version", program.display()));
    };
    if !config.research.on || !config.research.render {
        let key = if config.research.on { "research.render" } else { "research.on" };
        return Finding::ok(format!(
            "{}: {version}; it reads no pages (`{key}`)",
            program.display()
        ));
    }
    tried(&program, &version, setup.browser(config)).await
}

/// What is done without a browser.
fn without_it() -> &'static str {
    "pages are read as their servers send them, and reports are not printed"
}

/// Starts it as it is started to read a page.
async fn tried(program: &Path, version: &str, browser: Option<Chrome>) -> Finding {
    let name = format!("{}: {version}", PathBuf::from(program).display());
    let Some(browser) = browser else {
        let why = match is_superuser() {
            true => "it keeps its sandbox, which it has none of for the superuser",
            false => "it cannot be used",
        };
        return Finding::warning(format!(
            "{name}; {why}: pages are read as their servers send them. Run Devika as another user"
        ));
    };
    match browser.try_out().await {
        Ok(()) => Finding::ok(format!("{name}; it starts, with its sandbox")),
        Err(why) => Finding::warning(format!(
            "{name}, but it does not start with its sandbox: {why}. Until it does, pages are read as \
             their servers send them"
        )),
    }
}
