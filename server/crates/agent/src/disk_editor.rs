//! The file system as an editor: for the command line, and for files that no client has open.

use std::fs::{self, File, Permissions};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use devika_edit::{FileEdit, RelPath};
use tempfile::NamedTempFile;

use crate::ports::{Editor, EditorError};
use crate::snapshot::{ReadError, Snapshot, read_disk, resolve};

/// Changes the files under one root, each atomically: a reader sees the old text or the new one,
/// whenever the power fails. File modes, and the bytes of line endings, byte-order mark and last
/// line, stay as they are given.
#[derive(Debug, Clone)]
pub struct DiskEditor {
    root: PathBuf,
}

impl DiskEditor {
    /// An editor of the files under `root`, which is absolute and canonical.
    pub fn new(root: PathBuf) -> Self {
        Self { root }
    }

    /// Checks that a new file may come to this path: nothing is there, and no symbolic link leads
    /// out of the workspace.
    ///
    /// # Errors
    /// [`EditorError`], as [`Editor::apply`] would answer.
    pub fn check_free(&self, path: &RelPath) -> Result<(), EditorError> {
        let file = path.under(&self.root);
        if file.symlink_metadata().is_ok() {
            return Err(EditorError::Moved { path: path.clone() });
        }
        let folders = file.ancestors().skip(1);
        match folders.into_iter().find(|folder| folder.symlink_metadata().is_ok()) {
            Some(folder) => inside(&self.root, path, folder).map(drop),
            None => Err(refused(path, "the workspace folder is gone")),
        }
    }
}

#[async_trait]
impl Editor for DiskEditor {
    fn snapshot(&self) -> Snapshot {
        Snapshot::new(self.root.clone(), std::collections::BTreeMap::new())
    }

    async fn apply(&self, edit: &FileEdit) -> Result<(), EditorError> {
        let (root, edit) = (self.root.clone(), edit.clone());
        let path = edit.path().clone();
        match tokio::task::spawn_blocking(move || apply(&root, &edit)).await {
            Ok(outcome) => outcome,
            Err(error) => Err(refused(&path, format!("writing it broke off: {error}"))),
        }
    }
}

fn apply(root: &Path, edit: &FileEdit) -> Result<(), EditorError> {
    match edit {
        FileEdit::Create { path, text } => create(root, path, text, None),
        FileEdit::Modify { path, before, after } => modify(root, path, before, after),
        FileEdit::Delete { path, before } => delete(root, path, before),
        FileEdit::Rename { from, to, before, after } => {
            let file = own_file(root, from, before)?;
            // Killed between the two, an earlier attempt left the new file.
            let is_there = check_text(root, to, after).is_ok();
            if !is_there {
                create(root, to, after, Some(mode_of(from, &file)?))?;
            }
            let removed = delete(root, from, before);
            if removed.is_err() && !is_there {
                // Both or neither: what was just created is Devika's own.
                fs::remove_file(to.under(root)).map_err(|error| io_refused(to, &error))?;
            }
            removed
        }
    }
}

fn create(
    root: &Path,
    path: &RelPath,
    text: &str,
    mode: Option<Permissions>,
) -> Result<(), EditorError> {
    let mut folders = NewFolders::default();
    let parent = folders.make(root, path)?;
    let file = parent.join(path.file_name());
    if file.symlink_metadata().is_ok() {
        return Err(EditorError::Moved { path: path.clone() });
    }
    let draft = draft(path, &parent, text, mode)?;
    match draft.persist_noclobber(&file) {
        Ok(_) => {}
        Err(error) if error.error.kind() == ErrorKind::AlreadyExists => {
            return Err(EditorError::Moved { path: path.clone() });
        }
        Err(error) => return Err(io_refused(path, &error.error)),
    }
    folders.keep();
    settle(path, &file, text)
}

fn modify(root: &Path, path: &RelPath, before: &str, after: &str) -> Result<(), EditorError> {
    check_text(root, path, before)?;
    let file = resolve(root, path).map_err(|error| read_refused(path, error))?;
    let mode = mode_of(path, &file)?;
    let parent = file.parent().unwrap_or(root);
    check_folder(path, parent)?;
    let draft = draft(path, parent, after, Some(mode))?;
    // Writing took time; whoever wrote meanwhile wins.
    check_text(root, path, before)?;
    drop(draft.persist(&file).map_err(|error| io_refused(path, &error.error))?);
    settle(path, &file, after)
}

fn delete(root: &Path, path: &RelPath, before: &str) -> Result<(), EditorError> {
    let file = own_file(root, path, before)?;
    let parent = file.parent().unwrap_or(root);
    check_folder(path, parent)?;
    fs::remove_file(&file).map_err(|error| io_refused(path, &error))?;
    sync_folder(parent);
    Ok(())
}

/// A file that goes away must be the file itself, not a link to it, and have the text that is meant.
fn own_file(root: &Path, path: &RelPath, before: &str) -> Result<PathBuf, EditorError> {
    check_text(root, path, before)?;
    let link = path.under(root).symlink_metadata().map_err(|error| io_refused(path, &error))?;
    if link.is_symlink() {
        return Err(refused(path, "it is a symbolic link; change the file it leads to"));
    }
    resolve(root, path).map_err(|error| read_refused(path, error))
}

fn check_text(root: &Path, path: &RelPath, meant: &str) -> Result<(), EditorError> {
    match read_disk(root, path) {
        Ok(text) if text == meant => Ok(()),
        Ok(_) | Err(ReadError::Missing(_)) => Err(EditorError::Moved { path: path.clone() }),
        Err(error) => Err(read_refused(path, error)),
    }
}

/// The mode a new version of the file gets. A file that nobody may write is left alone, although
/// replacing it would be possible.
fn mode_of(path: &RelPath, file: &Path) -> Result<Permissions, EditorError> {
    let mode = file.metadata().map_err(|error| io_refused(path, &error))?.permissions();
    if mode.readonly() {
        return Err(refused(path, "the file is read-only; make it writable and try again"));
    }
    Ok(mode)
}

fn check_folder(path: &RelPath, folder: &Path) -> Result<(), EditorError> {
    let mode = folder.metadata().map_err(|error| io_refused(path, &error))?.permissions();
    if mode.readonly() {
        return Err(refused(path, "its folder is read-only; make it writable and try again"));
    }
    Ok(())
}

/// The text in a temporary file beside its place, forced to the disk. Dropped, it is gone. One that was
/// left by a process which was killed has the same name, and gives way.
fn draft(
    path: &RelPath,
    parent: &Path,
    text: &str,
    mode: Option<Permissions>,
) -> Result<NamedTempFile, EditorError> {
    let name = draft_name(path);
    let make = || {
        let mut builder = tempfile::Builder::new();
        builder.prefix(&name).suffix("").rand_bytes(0);
        with_usual_mode(&mut builder);
        builder.tempfile_in(parent)
    };
    let write = || {
        let mut draft = match make() {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                fs::remove_file(parent.join(&name))?;
                make()?
            }
            made => made?,
        };
        draft.write_all(text.as_bytes())?;
        if let Some(mode) = mode {
            draft.as_file().set_permissions(mode)?;
        }
        draft.as_file().sync_all()?;
        Ok(draft)
    };
    write().map_err(|error: io::Error| io_refused(path, &error))
}

/// The name of a file's draft: always the same, and never too long.
fn draft_name(path: &RelPath) -> String {
    let mut hasher = DefaultHasher::new();
    path.file_name().hash(&mut hasher);
    format!(".devika-{:016x}.tmp", hasher.finish())
}

/// A new file gets the mode that any program's new file gets here, not a temporary file's.
#[cfg(unix)]
fn with_usual_mode(builder: &mut tempfile::Builder<'_, '_>) {
    use std::os::unix::fs::PermissionsExt;
    builder.permissions(Permissions::from_mode(0o666));
}

#[cfg(not(unix))]
fn with_usual_mode(_: &mut tempfile::Builder<'_, '_>) {}

/// Forces the new name to the disk, and checks what is there.
fn settle(path: &RelPath, file: &Path, meant: &str) -> Result<(), EditorError> {
    sync_folder(file.parent().unwrap_or(file));
    match fs::read(file) {
        Ok(bytes) if bytes == meant.as_bytes() => Ok(()),
        Ok(_) => Err(EditorError::Moved { path: path.clone() }),
        Err(error) => Err(io_refused(path, &error)),
    }
}

/// Where a folder cannot be forced to the disk (Windows, some network shares), the file itself was.
fn sync_folder(folder: &Path) {
    if let Err(error) = File::open(folder).and_then(|folder| folder.sync_all()) {
        tracing::debug!(%error, folder = %folder.display(), "the folder cannot be synchronised");
    }
}

/// Folders made for a new file; removed again unless the file gets there.
#[derive(Default)]
struct NewFolders(Vec<PathBuf>);

impl NewFolders {
    /// The real folder that `path` belongs into, made where it is missing.
    fn make(&mut self, root: &Path, path: &RelPath) -> Result<PathBuf, EditorError> {
        let mut folder = root.to_path_buf();
        let parts: Vec<&str> = path.as_str().split('/').collect();
        for part in &parts[..parts.len() - 1] {
            let next = folder.join(part);
            match next.symlink_metadata() {
                Ok(_) => folder = inside(root, path, &next)?,
                Err(error) if error.kind() == ErrorKind::NotFound => {
                    check_folder(path, &folder)?;
                    fs::create_dir(&next).map_err(|error| io_refused(path, &error))?;
                    self.0.push(next.clone());
                    folder = next;
                }
                Err(error) => return Err(io_refused(path, &error)),
            }
        }
        check_folder(path, &folder)?;
        Ok(folder)
    }

    fn keep(mut self) {
        self.0.clear();
    }
}

impl Drop for NewFolders {
    fn drop(&mut self) {
        for folder in self.0.iter().rev() {
            if let Err(error) = fs::remove_dir(folder) {
                tracing::debug!(%error, folder = %folder.display(), "a new folder stays");
            }
        }
    }
}

/// The real folder behind `folder`, which must not lead out of the workspace.
fn inside(root: &Path, path: &RelPath, folder: &Path) -> Result<PathBuf, EditorError> {
    let real = folder.canonicalize().map_err(|error| io_refused(path, &error))?;
    if real != root && RelPath::below(root, &real).is_err() {
        return Err(refused(path, "a symbolic link in it leads out of the workspace"));
    }
    if !real.is_dir() {
        return Err(refused(path, "a part of it is a file, not a folder; choose another path"));
    }
    Ok(real)
}

fn read_refused(path: &RelPath, error: ReadError) -> EditorError {
    match error {
        ReadError::Missing(_) => EditorError::Moved { path: path.clone() },
        ReadError::Io(_, error) => io_refused(path, &error),
        other => refused(path, other.to_string()),
    }
}

fn io_refused(path: &RelPath, error: &io::Error) -> EditorError {
    let next = match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
            "the disk is full; make room, then resume"
        }
        ErrorKind::PermissionDenied => {
            "it may not be written; check the permissions of the file and its folder"
        }
        ErrorKind::ReadOnlyFilesystem => "the file system is read-only; mount it writable",
        _ => return refused(path, error.to_string()),
    };
    refused(path, format!("{next} ({error})"))
}

fn refused(path: &RelPath, why: impl Into<String>) -> EditorError {
    EditorError::Refused { path: path.clone(), why: why.into() }
}

#[cfg(test)]
#[path = "disk_editor_tests.rs"]
mod tests;
