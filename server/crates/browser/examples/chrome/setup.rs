//! A browser as the server has it.

use std::collections::BTreeMap;
use std::error::Error;
use std::path::Path;
use std::sync::Arc;

use devika_browser::{BrowserSandbox, Chrome, ChromeLimits, ChromeSettings, Guard};
use devika_sandbox::PlainRunner;

/// One whose profile is in `folder`, and which may read `hosts` on this machine.
pub(crate) fn browser(folder: &Path, hosts: &[&str]) -> Result<Chrome, Box<dyn Error>> {
    Ok(Chrome::new(settings(folder, Guard::new(hosts), ChromeLimits::default())?))
}

pub(crate) fn settings(
    folder: &Path,
    guard: Guard,
    limits: ChromeLimits,
) -> Result<ChromeSettings, Box<dyn Error>> {
    let this = std::env::current_exe()?;
    let path = std::env::var_os("PATH");
    let shown = path.clone().unwrap_or_default().to_string_lossy().into_owned();
    Ok(ChromeSettings {
        program: None,
        search_path: path,
        env: BTreeMap::from([("PATH".to_owned(), shown)]),
        folder: folder.to_path_buf(),
        runner: Arc::new(PlainRunner::new(vec![this.into(), "supervise".into()])),
        guard,
        screenshots: None,
        sandbox: sandbox(folder)?,
        limits,
    })
}

/// The superuser's browser refuses to run with it.
fn sandbox(folder: &Path) -> std::io::Result<BrowserSandbox> {
    use std::os::unix::fs::MetadataExt as _;
    let probe = tempfile::tempdir_in(folder)?;
    let is_superuser = std::fs::metadata(probe.path())?.uid() == 0;
    Ok(if is_superuser { BrowserSandbox::OffForTests } else { BrowserSandbox::On })
}
