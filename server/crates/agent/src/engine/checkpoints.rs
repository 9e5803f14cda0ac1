//! What was kept before the commands of a task, and going back to it.

use std::fmt;
use std::path::Path;

use devika_edit::RelPath;
use devika_protocol::{Event, Kept, TaskCheckpoint, TaskId};
use devika_vcs::{Changed, ChangedFile, Checkpoint, Repository};

use super::Engine;
use super::steps::{Walked, Way, usage, walk};
use crate::error::{EngineError, Stop};
use crate::ports::Workspace;
use crate::stages::checkpoint::{COMMAND, limits_of};
use crate::stages::commit::blocking;

/// What became of files that were to be restored. Shown as a sentence for each.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Restored {
    /// The files that are now as the checkpoint has them.
    pub paths: Vec<String>,
    /// Those that stay as they are, each with the reason.
    pub kept: Vec<Kept>,
    /// The checkpoint that they were to be restored from.
    pub checkpoint: String,
    /// The checkpoint of what was there before.
    pub before: String,
}

impl fmt::Display for Restored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.paths.as_slice() {
            [] => write!(f, "Nothing is restored")?,
            paths => write!(f, "Restored: {}", paths.join(", "))?,
        }
        write!(
            f,
            " (checkpoint {}). What was there before is checkpoint {}.",
            self.checkpoint, self.before
        )?;
        self.kept
            .iter()
            .try_for_each(|kept| write!(f, "\n`{}` stays as it is: {}.", kept.path, kept.why))
    }
}

impl Engine {
    /// The checkpoints of a task, the oldest first.
    ///
    /// # Errors
    /// [`EngineError::NoTask`]; why git refused.
    pub async fn checkpoints(
        &self,
        task: TaskId,
        root: &Path,
    ) -> Result<Vec<TaskCheckpoint>, EngineError> {
        self.summary(task).await?;
        let entries = self.0.store.entries(task).await?;
        let lines: Vec<Option<String>> = entries
            .iter()
            .filter(|entry| entry.kind == COMMAND)
            .map(|entry| entry.intent["line"].as_str().map(str::to_owned))
            .collect();
        let (root, name) = (root.to_owned(), task.to_string());
        let all = blocking(move || Ok(open(&root)?.checkpoints(&name)?)).await.map_err(usage)?;
        let with_command = |checkpoint: Checkpoint| {
            let is_before = !checkpoint.name.contains('-');
            let command = number_of(&checkpoint)
                .filter(|_| is_before)
                .and_then(|number| lines.get(number - 1).cloned().flatten());
            of_task(checkpoint, command)
        };
        Ok(all.into_iter().map(with_command).collect())
    }

    /// Makes the files what they were at a checkpoint, or one file or folder of them, by its path from
    /// the root. What is there now is kept in a checkpoint first. Texts are changed as by an edit, so
    /// that what is typed at the moment stays, saved or not: it is merged, or the file stays as it is
    /// and is named. So is a file that cannot be changed as a text, where it has unsaved text. Told as a
    /// warning.
    ///
    /// # Errors
    /// [`EngineError::Usage`] where there is no such checkpoint, or the task still runs; why what is
    /// there cannot be kept. Nothing is changed then.
    pub async fn restore(
        &self,
        task: TaskId,
        name: &str,
        path: Option<&str>,
        workspace: &Workspace,
    ) -> Result<Restored, EngineError> {
        let _lease = self.hold(task, workspace).await?;
        let workspace = &self.work_of(task, workspace).await?;
        let limits = limits_of(&self.0.settings.checkpoints);
        let (root, of, wanted) = (workspace.root.clone(), task.to_string(), name.to_owned());
        let (then, now, changed) = blocking(move || {
            let repository = open(&root)?;
            let all = repository.checkpoints(&of)?;
            let then = all.into_iter().find(|it| it.name == wanted).ok_or_else(|| {
                Stop::Failed(format!(
                    "task {of} has no checkpoint {wanted}; `devika tasks checkpoints {of}` lists what there is"
                ))
            })?;
            let now = repository.checkpoint_before_restore(&of, limits)?;
            let changed = repository.changed_between(&now, &then)?;
            Ok((then, now, changed))
        })
        .await
        .map_err(usage)?;
        let mut changed = within(changed, path);
        // An editor has its own mind about line ends, and none about rights.
        let (exact, texts) = changed.files.into_iter().partition(is_beyond_text);
        changed.files = texts;
        let exact: Vec<ChangedFile> = exact;
        let mut odd = std::mem::take(&mut changed.odd);
        odd.extend(exact.into_iter().filter_map(|file| Some(file.after.or(file.before)?.path)));
        let mut walked = Walked::default();
        walk(workspace, changed, Way::Redo, &mut walked).await?;
        let mut restored = Restored {
            paths: walked.paths(),
            kept: walked.kept,
            checkpoint: then.name.clone(),
            before: now.name,
        };
        let snapshot = workspace.editor.snapshot();
        for path in odd {
            if RelPath::new(&path).is_ok_and(|path| snapshot.is_unsaved(&path)) {
                let why = "it has unsaved changes in the editor".to_owned();
                restored.kept.push(Kept { path, why, diff: None });
                continue;
            }
            let (root, then, file) = (workspace.root.clone(), then.clone(), path.clone());
            match blocking(move || Ok(open(&root)?.put_back(&then, &file)?)).await.map_err(usage) {
                Ok(()) => restored.paths.push(path),
                Err(why) => {
                    restored.kept.push(Kept { path, why: why.to_string(), diff: None });
                }
            }
        }
        restored.paths.sort();
        let text = restored.to_string();
        self.0.store.append_and_wait(task, Event::Warning { text }).await?;
        Ok(restored)
    }
}

fn open(root: &Path) -> Result<Repository, Stop> {
    Repository::open_busy(root)?
        .ok_or_else(|| Stop::Failed("there is no git repository, so nothing was kept".to_owned()))
}

fn of_task(checkpoint: Checkpoint, command: Option<String>) -> TaskCheckpoint {
    let Checkpoint { name, commit, at, bytes, left_out } = checkpoint;
    let about = match &command {
        Some(line) => format!("before `{line}`"),
        None if name.ends_with("-after") => "what a command left".to_owned(),
        None => "before files were restored".to_owned(),
    };
    TaskCheckpoint { name, commit, at, bytes, left_out, command, about }
}

/// The number of the command that a checkpoint was made before.
fn number_of(checkpoint: &Checkpoint) -> Option<usize> {
    let number = checkpoint.name.split('.').next()?.parse().ok()?;
    (number > 0).then_some(number)
}

/// The part of a difference that is at a path or below it. A renamed file of which one name is there is
/// a new file, or one that is gone.
fn within(changed: Changed, path: Option<&str>) -> Changed {
    let Some(path) = path.map(|path| path.trim_start_matches("./").trim_end_matches('/')) else {
        return changed;
    };
    let is_in = |file: &str| {
        file.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let files = changed.files.into_iter().map(|file| ChangedFile {
        before: file.before.filter(|state| is_in(&state.path)),
        after: file.after.filter(|state| is_in(&state.path)),
    });
    Changed {
        files: files.filter(|file| file.before.is_some() || file.after.is_some()).collect(),
        odd: changed.odd.into_iter().filter(|file| is_in(file)).collect(),
        outside: Vec::new(),
    }
}

/// Whether two states of a file differ in line ends or rights alone.
fn is_beyond_text(file: &ChangedFile) -> bool {
    let (Some(before), Some(after)) = (&file.before, &file.after) else { return false };
    before.path == after.path && before.text.replace('\r', "") == after.text.replace('\r', "")
}
