//! Apply: edits go to the editor, one file at a time. The user's typing always wins.

use devika_edit::{FileEdit, RelPath, merge3, unified};
use devika_protocol::{ChangeKind, Event, Mode, PauseReason, Stage};
use serde::{Deserialize, Serialize};

use crate::error::Stop;
use crate::ports::EditorError;
use crate::run::Run;
use crate::snapshot::ReadError;
use crate::stages::review;

/// How often an edit is merged with what the user typed meanwhile.
const MAX_MERGES: u32 = 5;

/// Bytes of a diff that an event carries.
const MAX_DIFF: usize = 64 * 1024;

/// A [`FileEdit`] as the journal keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct StoredEdit {
    /// The path after the edit.
    pub(crate) path: String,
    /// The path before it, where it is another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) from: Option<String>,
    /// The text before it; none where there was no file.
    pub(crate) before: Option<String>,
    /// The text after it; none where there is no file any more.
    pub(crate) after: Option<String>,
}

impl From<&FileEdit> for StoredEdit {
    fn from(edit: &FileEdit) -> Self {
        let from = match edit {
            FileEdit::Rename { from, .. } => Some(from.to_string()),
            _ => None,
        };
        Self {
            path: edit.path().to_string(),
            from,
            before: edit.before().map(str::to_owned),
            after: edit.after().map(str::to_owned),
        }
    }
}

impl StoredEdit {
    /// The checked edit again; the path rules may have become stricter since it was stored.
    pub(super) fn restore(self) -> Result<FileEdit, Stop> {
        let check =
            |path: &str| RelPath::new(path).map_err(|error| Stop::Failed(error.to_string()));
        let path = check(&self.path)?;
        Ok(match (self.from, self.before, self.after) {
            (Some(from), Some(before), Some(after)) => {
                FileEdit::Rename { from: check(&from)?, to: path, before, after }
            }
            (None, None, Some(text)) => FileEdit::Create { path, text },
            (None, Some(before), Some(after)) => FileEdit::Modify { path, before, after },
            (None, Some(before), None) => FileEdit::Delete { path, before },
            _ => return Err(Stop::Failed(format!("the journal holds a broken edit of `{path}`"))),
        })
    }
}

/// Applies a step's edits and returns them as they really were, merged with the user's typing.
pub(crate) async fn apply(
    run: &Run,
    key: &str,
    step: u32,
    round: u32,
    edits: Vec<StoredEdit>,
) -> Result<Vec<FileEdit>, Stop> {
    run.enter(Stage::Apply, Some(step), round);
    let mut edits = edits.into_iter().map(StoredEdit::restore).collect::<Result<Vec<_>, _>>()?;
    if run.mode == Mode::Review {
        edits = review::allowed(run, key, edits).await?;
    }
    carry_out(run, key, step, edits).await
}

/// Applies edits that only take back what was allowed before.
pub(crate) async fn apply_unasked(
    run: &Run,
    key: &str,
    step: u32,
    round: u32,
    edits: Vec<StoredEdit>,
) -> Result<Vec<FileEdit>, Stop> {
    run.enter(Stage::Apply, Some(step), round);
    let edits = edits.into_iter().map(StoredEdit::restore).collect::<Result<Vec<_>, _>>()?;
    carry_out(run, key, step, edits).await
}

async fn carry_out(
    run: &Run,
    key: &str,
    step: u32,
    edits: Vec<FileEdit>,
) -> Result<Vec<FileEdit>, Stop> {
    let mut applied = Vec::with_capacity(edits.len());
    for (index, edit) in edits.into_iter().enumerate() {
        // The intent holds the whole edit, so that a process that takes over after a crash can
        // tell from the file's text whether it happened.
        let intent = serde_json::json!(StoredEdit::from(&edit));
        let key = format!("{key}/apply/{index}");
        let was_begun = run.attempt > 1 && run.store.entry(run.task, &key).await?.is_some();
        let told = format!("{key}/conflict");
        // Whoever resumes a task that paused for a conflict has the file as they want it.
        let is_theirs = was_begun && run.store.entry(run.task, &told).await?.is_some();
        let done: Result<StoredEdit, Stop> = run
            .once(&key, "apply", intent, async |_| {
                // The user may have gone on in the file since.
                let edit = match was_begun && was_made(run, &edit) {
                    true => saved(run, edit).await?,
                    false => match apply_one(run, edit).await {
                        Err((_, Some(theirs))) if is_theirs => theirs,
                        outcome => outcome.map_err(|(stop, _)| stop)?,
                    },
                };
                Ok(StoredEdit::from(&edit))
            })
            .await;
        if let Err(Stop::Paused(PauseReason::Conflict, _)) = &done {
            run.once(&told, "conflict", serde_json::Value::Null, async |_| Ok(())).await?;
        }
        let done = done?;
        let edit = done.restore()?;
        if let Some(text) = edit.after() {
            run.approvals.written(text);
        }
        tell(run, step, &edit);
        applied.push(edit);
    }
    Ok(applied)
}

/// Applies one edit; where the file has moved on, what changed is merged and tried again. A conflict
/// comes with the edit that leaves the file as the user has it.
async fn apply_one(run: &Run, mut edit: FileEdit) -> Result<FileEdit, (Stop, Option<FileEdit>)> {
    for _ in 0..=MAX_MERGES {
        if is_done(run, &edit) {
            return saved(run, edit).await.map_err(|stop| (stop, None));
        }
        match run.workspace.editor.apply(&edit).await {
            Ok(()) => return Ok(edit),
            Err(EditorError::Moved { .. }) => {
                let theirs = left_alone(run, &edit);
                edit = rebase(run, edit).map_err(|stop| (stop, theirs))?;
            }
            Err(error @ EditorError::Refused { .. }) => {
                return Err((Stop::Failed(error.to_string()), None));
            }
        }
    }
    Err((conflict(edit.path(), "it keeps changing while Devika works on it"), None))
}

/// An edit that is in the file already, once it is on disk, too.
async fn saved(run: &Run, edit: FileEdit) -> Result<FileEdit, Stop> {
    if edit.after().is_some() {
        let saved = run.workspace.editor.save(edit.path()).await;
        saved.map_err(|error| Stop::Failed(error.to_string()))?;
    }
    Ok(edit)
}

/// The edit that changes nothing of the file as the user has it; `None` where they removed it.
fn left_alone(run: &Run, edit: &FileEdit) -> Option<FileEdit> {
    let path = match edit {
        FileEdit::Rename { from, .. } => from,
        other => other.path(),
    };
    let now = run.workspace.editor.snapshot().read(path).ok()?;
    Some(FileEdit::Modify { path: path.clone(), before: now.clone(), after: now })
}

/// Whether the file is already as the edit would make it: it was applied before a crash.
fn is_done(run: &Run, edit: &FileEdit) -> bool {
    let snapshot = run.workspace.editor.snapshot();
    let gone = |path: &RelPath| matches!(snapshot.read(path), Err(ReadError::Missing(_)));
    match edit {
        FileEdit::Create { path, text } => snapshot.read(path).is_ok_and(|now| now == *text),
        FileEdit::Modify { path, after, .. } => snapshot.read(path).is_ok_and(|now| now == *after),
        FileEdit::Delete { path, .. } => gone(path),
        FileEdit::Rename { from, to, after, .. } => {
            gone(from) && snapshot.read(to).is_ok_and(|now| now == *after)
        }
    }
}

/// Whether an edit that was begun before a crash was made, whatever the user typed into the file since:
/// then the text there is nearer to the edit's than to the one before it.
fn was_made(run: &Run, edit: &FileEdit) -> bool {
    let snapshot = run.workspace.editor.snapshot();
    let (Some(after), Ok(now)) = (edit.after(), snapshot.read(edit.path())) else { return false };
    let before = match edit {
        FileEdit::Modify { before, .. } => before,
        FileEdit::Rename { from, .. } if snapshot.read(from).is_ok() => return false,
        _ => "",
    };
    let distance = |text: &str| {
        let diff = unified("", Some(text), Some(&now));
        diff.added + diff.removed
    };
    distance(after) < distance(before)
}

/// The same change against the text as the user has it now.
fn rebase(run: &Run, edit: FileEdit) -> Result<FileEdit, Stop> {
    let snapshot = run.workspace.editor.snapshot();
    let now = |path: &RelPath| {
        snapshot.read(path).map_err(|_| conflict(path, "you removed it while Devika worked on it"))
    };
    match edit {
        FileEdit::Modify { path, before, after } => {
            let now = now(&path)?;
            let merged = merge3(&before, &now, &after).map_err(|_| {
                conflict(&path, "you changed the same lines while Devika worked on it")
            })?;
            Ok(FileEdit::Modify { path, before: now, after: merged })
        }
        FileEdit::Rename { from, to, before, after } => {
            let now = now(&from)?;
            let merged = merge3(&before, &now, &after).map_err(|_| {
                conflict(&from, "you changed the same lines while Devika worked on it")
            })?;
            Ok(FileEdit::Rename { from, to, before: now, after: merged })
        }
        FileEdit::Create { path, .. } => {
            Err(conflict(&path, "you created it with other text while Devika worked on it"))
        }
        FileEdit::Delete { path, .. } => {
            Err(conflict(&path, "you changed it while Devika was about to delete it"))
        }
    }
}

fn conflict(path: &RelPath, why: &str) -> Stop {
    Stop::Paused(
        PauseReason::Conflict,
        format!(
            "`{path}` is left as you have it: {why}. Make it as you want it, then resume the task, which goes on with your text, or cancel it."
        ),
    )
}

pub(super) fn diff_of(edit: &FileEdit) -> devika_edit::Diff {
    unified(edit.path().as_str(), edit.before(), edit.after())
}

fn tell(run: &Run, step: u32, edit: &FileEdit) {
    let diff = diff_of(edit);
    let mut text = diff.text;
    if text.len() > MAX_DIFF {
        text.truncate(text.floor_char_boundary(MAX_DIFF));
        text.push_str("\n(the rest is left out)\n");
    }
    let change = match edit {
        FileEdit::Create { .. } => ChangeKind::Created,
        FileEdit::Modify { .. } => ChangeKind::Modified,
        FileEdit::Delete { .. } => ChangeKind::Deleted,
        FileEdit::Rename { .. } => ChangeKind::Renamed,
    };
    run.tell(Event::EditApplied {
        step,
        path: edit.path().to_string(),
        change,
        added: diff.added,
        removed: diff.removed,
        diff: text,
    });
}
