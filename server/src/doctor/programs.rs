//! Programs of this machine: where they are, and which version.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;

/// How long a program may take to tell its version.
const VERSION_TIME: Duration = Duration::from_secs(5);

/// The first of these programs that is on the search path.
pub(super) fn find(search_path: Option<&OsString>, names: &[&str]) -> Option<PathBuf> {
    let folders: Vec<PathBuf> = std::env::split_paths(search_path?).collect();
    let places = names.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
    let mut places = places.map(|place| place.with_extension(std::env::consts::EXE_EXTENSION));
    places.find(|place| place.is_file())
}

/// The first line that `program --version` prints. The program gets `env` and nothing else, so no
/// key.
pub(super) async fn version(program: &Path, env: &BTreeMap<String, String>) -> Option<String> {
    let mut command = Command::new(program);
    command.arg("--version").env_clear().envs(env).stdin(Stdio::null()).kill_on_drop(true);
    let output = tokio::time::timeout(VERSION_TIME, command.output()).await.ok()?.ok()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let line = text.lines().map(str::trim).find(|line| !line.is_empty())?;
    output.status.success().then(|| line.to_owned())
}
