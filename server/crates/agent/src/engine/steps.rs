//! Walking the steps of a task backwards or forwards: each file's change, merged into what the file has
//! become since. The user's text wins.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::path::Path;

use devika_edit::{FileEdit, RelPath, merge3, unified};
use devika_protocol::Kept;
use devika_vcs::{Changed, ChangedFile, CommitFile, FileState, Repository};

use crate::error::{EngineError, Stop};
use crate::ports::{EditorError, Workspace};
use crate::snapshot::{ReadError, Snapshot};

/// Which way a step is walked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// Its changes are taken back.
    Undo,
    /// They are made again.
    Redo,
}

/// What a walk changed, and what it did not.
#[derive(Debug, Default)]
pub(super) struct Walked {
    /// The edits, in their order.
    pub(super) edits: Vec<FileEdit>,
    /// What stays as the user has it.
    pub(super) kept: Vec<Kept>,
    /// The same changes, made to the texts that are committed: what the user has not committed is no
    /// part of them.
    pub(super) committed: CommittedTexts,
}

impl Walked {
    /// The files that are not as they were.
    pub(super) fn paths(&self) -> Vec<String> {
        let mut paths: Vec<String> = self.edits.iter().flat_map(paths_of).collect();
        paths.sort();
        paths.dedup();
        paths
    }
}

/// Makes the changes of a step, as far as the user's later changes let it.
pub(super) async fn walk(
    workspace: &Workspace,
    changed: Changed,
    way: Way,
    walked: &mut Walked,
) -> Result<(), EngineError> {
    let odd = changed.odd.into_iter().map(|path| kept(&path, "it is no text", None));
    walked.kept.extend(odd);
    for ChangedFile { before, after } in changed.files {
        let turn = match way {
            Way::Undo => Turn { from: after, to: before },
            Way::Redo => Turn { from: before, to: after },
        };
        make(workspace, &turn, walked).await?;
    }
    Ok(())
}

/// Makes all of the changes, or, where one cannot be made, none of them.
///
/// # Errors
/// [`EngineError::Usage`]: which file is in the way and why.
pub(super) async fn walk_whole(
    workspace: &Workspace,
    files: Vec<ChangedFile>,
    walked: &mut Walked,
) -> Result<(), EngineError> {
    let turns: Vec<Turn> =
        files.into_iter().map(|file| Turn { from: file.before, to: file.after }).collect();
    let snapshot = workspace.editor.snapshot();
    walked.kept.extend(turns.iter().filter_map(|turn| turn.edit(&on_disk(&snapshot)).err()));
    for turn in turns {
        if walked.kept.is_empty() {
            make(workspace, &turn, walked).await?;
        }
    }
    let Some(first) = walked.kept.first() else { return Ok(()) };
    for edit in walked.edits.iter().rev() {
        if let Err(error) = workspace.editor.apply(&reversed(edit)).await {
            tracing::warn!(%error, "a change that was to be taken back stays");
        }
    }
    Err(EngineError::Usage(format!("`{}`: {}", first.path, first.why)))
}

async fn make(workspace: &Workspace, turn: &Turn, walked: &mut Walked) -> Result<(), EngineError> {
    let snapshot = workspace.editor.snapshot();
    match turn.edit(&on_disk(&snapshot)) {
        Ok(None) => walked.committed.make(&workspace.root, turn),
        Ok(Some(edit)) => match workspace.editor.apply(&edit).await {
            Ok(()) => {
                turn.make_executable(&workspace.root, &edit);
                walked.committed.make(&workspace.root, turn)?;
                walked.edits.push(edit);
                Ok(())
            }
            Err(EditorError::Moved { path }) => {
                walked.kept.push(kept(path.as_str(), "you are changing it now", turn.diff()));
                Ok(())
            }
            Err(EditorError::Refused { path, why }) => {
                walked.kept.push(kept(path.as_str(), &why, turn.diff()));
                Ok(())
            }
        },
        Err(theirs) => {
            walked.kept.push(theirs);
            Ok(())
        }
    }
}

/// A change of one file that is to be made to what the file is now.
#[derive(Debug, Clone)]
struct Turn {
    from: Option<FileState>,
    to: Option<FileState>,
}

impl Turn {
    /// The edit that makes it; `None` where it is so already.
    ///
    /// # Errors
    /// Why the file stays as it is.
    fn edit(
        &self,
        read: &dyn Fn(&RelPath) -> Result<Option<String>, String>,
    ) -> Result<Option<FileEdit>, Kept> {
        let shown = self.from.as_ref().or(self.to.as_ref()).map_or("", |state| &state.path);
        self.resolved(read).map_err(|why| kept(shown, &why, self.diff()))
    }

    fn resolved(
        &self,
        read: &dyn Fn(&RelPath) -> Result<Option<String>, String>,
    ) -> Result<Option<FileEdit>, String> {
        let path = |state: &FileState| RelPath::new(&state.path).map_err(|error| error.to_string());
        match (&self.from, &self.to) {
            (Some(from), Some(to)) if from.path == to.path => {
                let path = path(to)?;
                let now = read(&path)?;
                modified(path, &from.text, &to.text, now)
            }
            (Some(from), Some(to)) => {
                let (old, new) = (path(from)?, path(to)?);
                let (now, there) = (read(&old)?, read(&new)?);
                renamed((old, &from.text), (new, &to.text), now, there)
            }
            (Some(from), None) => {
                let path = path(from)?;
                match read(&path)? {
                    None => Ok(None),
                    Some(before) if as_in(&before, &from.text) == before => {
                        Ok(Some(FileEdit::Delete { path, before }))
                    }
                    Some(_) => {
                        Err("you have changed it since; delete it if you do not need it".to_owned())
                    }
                }
            }
            (None, Some(to)) => {
                let path = path(to)?;
                match read(&path)? {
                    None => Ok(Some(FileEdit::Create { path, text: to.text.clone() })),
                    Some(now) if as_in(&now, &to.text) == now => Ok(None),
                    Some(_) => Err("there is another file of that name".to_owned()),
                }
            }
            (None, None) => Ok(None),
        }
    }

    /// The change as it was meant, to be shown where it is not made.
    fn diff(&self) -> Option<String> {
        let text = |state: &'_ Option<FileState>| state.as_ref().map(|state| state.text.clone());
        let path = self.to.as_ref().or(self.from.as_ref())?.path.clone();
        let diff = unified(&path, text(&self.from).as_deref(), text(&self.to).as_deref()).text;
        (!diff.is_empty()).then_some(diff)
    }

    /// A file that comes back is one that can be run, if it was.
    #[cfg(unix)]
    fn make_executable(&self, root: &Path, edit: &FileEdit) {
        use std::os::unix::fs::PermissionsExt;
        let (FileEdit::Create { path, .. }, Some(FileState { executable: true, .. })) =
            (edit, &self.to)
        else {
            return;
        };
        let file = path.under(root);
        let made = file.metadata().and_then(|found| {
            let mode = found.permissions().mode();
            // Who may read it may run it, as git does on checkout.
            let mode = mode | ((mode & 0o444) >> 2);
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode))
        });
        if let Err(error) = made {
            tracing::warn!(%error, file = %file.display(), "the file cannot be made executable");
        }
    }

    #[cfg(not(unix))]
    fn make_executable(&self, _: &Path, _: &FileEdit) {}
}

fn modified(
    path: RelPath,
    from: &str,
    to: &str,
    now: Option<String>,
) -> Result<Option<FileEdit>, String> {
    let before = now.ok_or("you have removed it since")?;
    let (from, to) = (as_in(&before, from), as_in(&before, to));
    let after = merge3(&from, &before, &to).map_err(|_| "you have changed the same lines since")?;
    Ok((after != before).then_some(FileEdit::Modify { path, before, after }))
}

/// A file gets its other name, with what the user has written in it since.
fn renamed(
    (from, old): (RelPath, &str),
    (to, new): (RelPath, &str),
    now: Option<String>,
    there: Option<String>,
) -> Result<Option<FileEdit>, String> {
    match (now, there) {
        (Some(before), None) => {
            let (old, new) = (as_in(&before, old), as_in(&before, new));
            let after = merge3(&old, &before, &new)
                .map_err(|_| "you have changed the same lines since".to_owned())?;
            Ok(Some(FileEdit::Rename { from, to, before, after }))
        }
        (None, Some(there)) => modified(to, old, new, Some(there)),
        (Some(before), Some(there)) => {
            // Who died while it was renamed has made the new file, and not yet removed the old one.
            let (old, new) = (as_in(&before, old), as_in(&before, new));
            match merge3(&old, &before, &new) {
                Ok(after) if after == there => Ok(Some(FileEdit::Delete { path: from, before })),
                _ => Err(format!("there is another file `{to}`")),
            }
        }
        (None, None) => Err("you have removed it since".to_owned()),
    }
}

/// A text as git keeps it, with the line endings that `now` has.
fn as_in(now: &str, text: &str) -> String {
    if now.contains("\r\n") && !text.contains('\r') {
        return text.replace('\n', "\r\n");
    }
    text.to_owned()
}

fn on_disk(snapshot: &Snapshot) -> impl Fn(&RelPath) -> Result<Option<String>, String> {
    |path| match snapshot.read(path) {
        Ok(text) => Ok(Some(text)),
        Err(ReadError::Missing(_)) => Ok(None),
        Err(error) => Err(error.to_string()),
    }
}

fn kept(path: &str, why: &str, diff: Option<String>) -> Kept {
    Kept { path: path.to_owned(), why: why.to_owned(), diff }
}

fn paths_of(edit: &FileEdit) -> Vec<String> {
    match edit {
        FileEdit::Rename { from, to, .. } => vec![from.to_string(), to.to_string()],
        edit => vec![edit.path().to_string()],
    }
}

fn reversed(edit: &FileEdit) -> FileEdit {
    match edit.clone() {
        FileEdit::Create { path, text } => FileEdit::Delete { path, before: text },
        FileEdit::Delete { path, before } => FileEdit::Create { path, text: before },
        FileEdit::Modify { path, before, after } => {
            FileEdit::Modify { path, before: after, after: before }
        }
        FileEdit::Rename { from, to, before, after } => {
            FileEdit::Rename { from: to, to: from, before: after, after: before }
        }
    }
}

/// HEAD's texts of the files that a walk comes by, before it and after.
#[derive(Debug, Default)]
pub(super) struct CommittedTexts(BTreeMap<RelPath, (Option<String>, Option<String>)>);

impl CommittedTexts {
    /// Makes a change to the committed text, where it can be made there.
    fn make(&mut self, root: &Path, turn: &Turn) -> Result<(), EngineError> {
        for state in [&turn.from, &turn.to].into_iter().flatten() {
            self.look_up(root, &state.path)?;
        }
        let read = |path: &RelPath| Ok(self.0.get(path).and_then(|(_, now)| now.clone()));
        // Where it cannot, it is left for the user to commit with their own work.
        let Ok(Some(edit)) = turn.edit(&read) else { return Ok(()) };
        let after = edit.after().map(str::to_owned);
        if let FileEdit::Rename { from, .. } = &edit {
            self.put(from, None);
        }
        self.put(edit.path(), after);
        Ok(())
    }

    fn look_up(&mut self, root: &Path, path: &str) -> Result<(), EngineError> {
        let Ok(path) = RelPath::new(path) else { return Ok(()) };
        if let Entry::Vacant(unknown) = self.0.entry(path) {
            let path = unknown.key().as_str();
            let text = open(root).and_then(|git| Ok(git.text_in_head(path)?));
            let text = text.map_err(usage)?;
            unknown.insert((text.clone(), text));
        }
        Ok(())
    }

    fn put(&mut self, path: &RelPath, text: Option<String>) {
        if let Some((_, now)) = self.0.get_mut(path) {
            *now = text;
        }
    }

    /// What is to be committed.
    pub(super) fn files(self) -> Vec<CommitFile> {
        let changed = self.0.into_iter().filter(|(_, (before, after))| before != after);
        changed
            .map(|(path, (before, after))| CommitFile { path: path.to_string(), before, after })
            .collect()
    }
}

pub(super) fn open(root: &Path) -> Result<Repository, Stop> {
    Repository::open(root)?.ok_or_else(|| Stop::Failed("there is no git repository".to_owned()))
}

pub(super) fn usage(stop: Stop) -> EngineError {
    EngineError::Usage(match stop {
        Stop::Failed(why) | Stop::Paused(_, why) => why,
        Stop::Denied => "it was not allowed".to_owned(),
    })
}

#[cfg(test)]
#[path = "steps_tests.rs"]
mod tests;
