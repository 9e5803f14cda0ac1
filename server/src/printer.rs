//! Printing a page to a PDF file with a headless Chrome or Chromium.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use async_trait::async_trait;
use devika_agent::Printer;
use devika_sandbox::{Command, PlainRunner, Runner as _};

/// How long printing may take.
const TIME_LIMIT: Duration = Duration::from_secs(60);

/// Prints with the browser that the user has.
pub(crate) struct Browser {
    /// The one that the user names.
    named: Option<PathBuf>,
    /// Where programs are looked for.
    search_path: Option<OsString>,
    /// Starts it, and kills it with all its children.
    runner: PlainRunner,
    env: BTreeMap<String, String>,
}

impl Browser {
    /// The browser that is `named`, else the one that is found in `search_path` when it is needed;
    /// `env` is its environment, but for the home, which is a new folder each time.
    pub(crate) fn new(
        named: Option<PathBuf>,
        search_path: Option<OsString>,
        supervisor: Vec<OsString>,
        env: BTreeMap<String, String>,
    ) -> Self {
        Self { named, search_path, runner: PlainRunner::new(supervisor), env }
    }

    fn program(&self) -> Option<PathBuf> {
        devika_browser::find_browser(self.named.clone(), self.search_path.as_deref())
    }
}

#[async_trait]
impl Printer for Browser {
    async fn print(&self, page: &str, pdf: &Path) -> Result<(), String> {
        let program = self.program().ok_or(
            "there is no Chrome or Chromium; install one, such as by `sudo apt install chromium`, or name it as `report.browser`, and ask again.",
        )?;
        let failed = |error: std::io::Error| format!("no page can be made for it ({error}).");
        let folder = tempfile::tempdir().map_err(failed)?;
        let source = folder.path().join("report.html");
        tokio::fs::write(&source, page).await.map_err(failed)?;
        let mut env = self.env.clone();
        env.insert("HOME".to_owned(), folder.path().display().to_string());
        let line = line(&program, folder.path(), &source, pdf);
        let command = Command { env, time_limit: TIME_LIMIT, ..Command::new(line, folder.path()) };
        let outcome =
            self.runner.run(&command, &|_| {}).await.map_err(|error| error.to_string())?;
        if pdf.is_file() {
            return Ok(());
        }
        tracing::warn!(output = outcome.output, "the browser did not print");
        let last = outcome.output.trim().lines().next_back().unwrap_or_default().to_owned();
        Err(format!("{} failed. {last}", program.display()))
    }
}

/// The command line of the browser: a profile of its own, and no name of a host resolves.
fn line(program: &Path, profile: &Path, source: &Path, pdf: &Path) -> String {
    let quoted = |path: &Path| format!("'{}'", path.display().to_string().replace('\'', r"'\''"));
    // Chrome has no sandbox for the superuser, and refuses to start with it.
    let sandbox = if is_superuser() { " --no-sandbox" } else { "" };
    format!(
        "exec {} --headless --disable-gpu --no-first-run --disable-extensions --disable-dev-shm-usage{sandbox} --host-resolver-rules='MAP * ~NOTFOUND' --user-data-dir={} --no-pdf-header-footer --print-to-pdf={} {}",
        quoted(program),
        quoted(&profile.join("profile")),
        quoted(pdf),
        quoted(source)
    )
}

/// Whether this process runs as the superuser.
pub(crate) fn is_superuser() -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        tempfile::tempdir()
            .and_then(|folder| std::fs::metadata(folder.path()))
            .is_ok_and(|made| made.uid() == 0)
    }
    #[cfg(not(unix))]
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn without_a_browser_the_reason_says_how_to_get_one() {
        let empty = tempfile::tempdir().unwrap();
        let browser = Browser::new(None, Some(empty.path().into()), Vec::new(), BTreeMap::new());
        let why = browser.print("<p>A</p>", &empty.path().join("a.pdf")).await.unwrap_err();
        assert!(why.contains("sudo apt install chromium"), "{why}");
    }
}
