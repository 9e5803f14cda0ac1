//! Before each command what the workspace holds is kept, and after it what it did is looked at. Where
//! nothing can be kept, since there is no repository, the command runs and the user is told; where
//! something should have been kept and was not, as on a full disk, the command is not run.

use std::path::{Path, PathBuf};

use devika_protocol::Event;
use devika_sandbox::{Slip, Slipped};
use devika_vcs::{Checkpoint, CheckpointLimits, Repository, Touched, VcsError};

use crate::error::Stop;
use crate::run::Run;
use crate::stages::commit::blocking;

/// The kind of the journal's entries for commands.
pub(crate) const COMMAND: &str = "command";

/// Names of files that are told of one command.
const MOST_TOLD: usize = 5;

/// Keeps what the workspace holds before the command of a journal's entry. A task that is taken up again
/// after a crash comes to the same checkpoint.
///
/// # Errors
/// [`Stop::Failed`]: the command must not be run.
pub(super) async fn before(run: &Run, entry: i64, line: &str) -> Result<Option<Checkpoint>, Stop> {
    if !run.settings.checkpoints.on {
        return Ok(None);
    }
    let number = number_of(run, entry).await?;
    let (root, task, limits) = context(run);
    let made = blocking(move || {
        Ok(match Repository::open_busy(&root) {
            Ok(Some(repository)) => repository.checkpoint(&task, number, limits).map(Ok),
            Ok(None) => Ok(Err("there is no git repository".to_owned())),
            Err(error) if is_none_of_ours(&error) => Ok(Err(error.to_string())),
            Err(error) => Err(error),
        })
    });
    match made.await? {
        Ok(Ok(checkpoint)) => {
            warn_of_left_out(run, number, &checkpoint);
            Ok(Some(checkpoint))
        }
        Ok(Err(why)) => {
            if number == 1 {
                let text = format!(
                    "What commands change here cannot be restored, because nothing can be kept: {why}."
                );
                run.tell(Event::Warning { text });
            }
            Ok(None)
        }
        Err(error) => Err(Stop::Failed(format!(
            "`{line}` was not run, because what is here could not be kept before it: {error}. Resume the task when that is mended; `checkpoints.on = false` in your configuration runs commands without."
        ))),
    }
}

/// Looks at what the command did: what the sandbox could not undo is put back from the checkpoint, and
/// the user is told which of their files are not what they were.
pub(super) async fn after(run: &Run, before: &Checkpoint, line: &str, slips: &[Slip]) {
    for slip in slips.iter().filter(|slip| slip.left.is_some()) {
        roll_back(run, before, slip).await;
    }
    let (root, task, limits) = context(run);
    let was = before.clone();
    let looked = blocking(move || {
        let repository = Repository::open_busy(&root)?
            .ok_or_else(|| Stop::Failed("there is no git repository any more".to_owned()))?;
        let touched = repository.touched_since_checkpoint(limits.file_bytes)?;
        if touched != Touched::default() {
            repository.checkpoint_after(&task, &was, limits)?;
        }
        Ok(touched)
    });
    let text = match looked.await {
        Ok(touched) if touched == Touched::default() => return,
        Ok(Touched { changed, removed, submodules }) => {
            let files = [told("changed", &changed), told("removed", &removed)];
            let files: Vec<String> = files.into_iter().flatten().collect();
            let mut all = Vec::new();
            if !files.is_empty() {
                all.push(format!(
                    "While `{line}` ran, {}. `devika tasks restore {} {}` brings back what was there before.",
                    files.join(" and "),
                    run.task,
                    before.name
                ));
            }
            all.extend(told("changed", &submodules).map(|changed| {
                format!(
                    "While `{line}` ran, the inside of {changed}. A checkpoint keeps which commit a submodule is at and not what is in it: look there with `git status`."
                )
            }));
            all.join(" ")
        }
        Err(Stop::Failed(why) | Stop::Paused(_, why)) => {
            format!("What `{line}` changed cannot be told: {why}.")
        }
        Err(Stop::Denied) => return,
    };
    run.tell(Event::Warning { text });
}

/// `a.py was removed`, `a.py, b.py and 3 more were changed`; none where there are no files.
fn told(what: &str, paths: &[String]) -> Option<String> {
    let was = if paths.len() == 1 { "was" } else { "were" };
    let named: Vec<String> = paths.iter().take(MOST_TOLD).map(|path| format!("`{path}`")).collect();
    let more = match paths.len() - named.len() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    (!paths.is_empty()).then(|| format!("{}{more} {was} {what}", named.join(", ")))
}

/// Puts a protected file back that the sandbox had no copy of. What was made is not removed: it may be
/// the user's after all.
async fn roll_back(run: &Run, before: &Checkpoint, slip: &Slip) {
    if matches!(slip.what, Slipped::Created { .. }) {
        return;
    }
    let Some(path) = below(&run.workspace.root, &slip.path) else { return };
    let (root, was) = (run.workspace.root.clone(), before.clone());
    let put_back = blocking(move || {
        let repository = Repository::open_busy(&root)?
            .ok_or_else(|| Stop::Failed("there is no git repository any more".to_owned()))?;
        Ok(repository.roll_back(&was, &path)?)
    });
    let text = match put_back.await {
        Ok(paths) if paths.is_empty() => return,
        Ok(paths) => format!("Put back from the checkpoint: {}.", paths.join(", ")),
        Err(Stop::Failed(why) | Stop::Paused(_, why)) => why,
        Err(Stop::Denied) => return,
    };
    run.tell(Event::Warning { text });
}

fn below(root: &Path, path: &Path) -> Option<String> {
    path.strip_prefix(root).ok().map(|path| path.to_string_lossy().into_owned())
}

fn warn_of_left_out(run: &Run, number: u32, checkpoint: &Checkpoint) {
    if number == 1 && !checkpoint.left_out.is_empty() {
        let shown: Vec<&str> =
            checkpoint.left_out.iter().take(MOST_TOLD).map(String::as_str).collect();
        let more = match checkpoint.left_out.len() - shown.len() {
            0 => String::new(),
            more => format!(", and {more} more"),
        };
        let text = format!(
            "If commands change these, they cannot be restored: {}{more}.",
            shown.join(", ")
        );
        run.tell(Event::Warning { text });
    }
}

/// Which of the task's commands an entry is, counted from 1 in the order in which they were begun.
async fn number_of(run: &Run, entry: i64) -> Result<u32, Stop> {
    let entries = run.store.entries(run.task).await?;
    let until = |it: &&devika_store::Entry| it.kind == COMMAND && it.id <= entry;
    Ok(u32::try_from(entries.iter().filter(until).count()).unwrap_or(u32::MAX))
}

fn context(run: &Run) -> (PathBuf, String, CheckpointLimits) {
    let limits = limits_of(&run.settings.checkpoints);
    (run.workspace.root.clone(), run.task.to_string(), limits)
}

/// The limits of a configuration.
pub(crate) fn limits_of(configured: &devika_config::Checkpoints) -> CheckpointLimits {
    CheckpointLimits {
        file_bytes: configured.file_bytes,
        keep: configured.keep,
        disk_percent: configured.disk_percent,
    }
}

/// Whether Devika may not write to the repository in any case, or it cannot be read.
fn is_none_of_ours(error: &VcsError) -> bool {
    matches!(
        error,
        VcsError::Bare { .. }
            | VcsError::Broken { .. }
            | VcsError::Foreign { .. }
            | VcsError::Owner { .. }
    )
}
