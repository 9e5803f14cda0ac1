//! An immutable view of a workspace: the open documents, unsaved text included, over the files on
//! disk.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use devika_edit::RelPath;

use crate::sight::Sight;

/// Files larger than this are not read for a model, in bytes.
pub const MAX_FILE_BYTES: u64 = 1024 * 1024;

/// An immutable view of the open documents over the files on disk.
#[derive(Debug, Clone)]
pub struct Snapshot {
    root: PathBuf,
    open: Arc<BTreeMap<RelPath, String>>,
    sight: Option<Sight>,
}

/// Why a file's text cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// There is no such file.
    #[error("there is no file `{0}`")]
    Missing(RelPath),
    /// It is not text in UTF-8.
    #[error("`{0}` is not a text file; Devika reads and writes UTF-8 text only")]
    Binary(RelPath),
    /// It is over [`MAX_FILE_BYTES`].
    #[error("`{0}` is larger than 1 MiB; Devika does not edit files of that size")]
    TooLarge(RelPath),
    /// It is a folder, a device, or a link that leads out of the workspace.
    #[error("`{0}` is not an ordinary file inside the workspace")]
    NotAFile(RelPath),
    /// The system refused.
    #[error("cannot read `{0}`: {1}")]
    Io(RelPath, std::io::Error),
}

impl Snapshot {
    /// A view with the given open documents (their unsaved text) over the files under `root`,
    /// which is canonical.
    pub fn new(root: PathBuf, open: BTreeMap<RelPath, String>) -> Self {
        Self { root, open: Arc::new(open), sight: None }
    }

    /// The same view, and `sight` notices what is looked at in it.
    pub(crate) fn noticed_by(self, sight: Sight) -> Self {
        Self { sight: Some(sight), ..self }
    }

    /// The workspace root.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The files that are open, with their texts.
    pub(crate) fn open_files(&self) -> impl Iterator<Item = (&RelPath, &str)> {
        self.open.iter().map(|(path, text)| (path, text.as_str()))
    }

    /// The text of a file as the user sees it, byte-order mark and line endings included.
    ///
    /// # Errors
    /// [`ReadError`]; never for a file that is open.
    pub fn read(&self, path: &RelPath) -> Result<String, ReadError> {
        let text = match self.open.get(path) {
            Some(text) => Ok(text.clone()),
            None => read_disk(&self.root, path),
        };
        if let Some(sight) = &self.sight {
            sight.saw(path, &text);
        }
        text
    }

    /// Whether a file is open with a text that is not on disk. Line ends and a byte-order mark are the
    /// editor's own and do not count.
    pub(crate) fn is_unsaved(&self, path: &RelPath) -> bool {
        let plain = |text: &str| text.trim_start_matches('\u{feff}').replace('\r', "");
        self.open.get(path).is_some_and(|open| {
            read_disk(&self.root, path).map_or(true, |disk| plain(&disk) != plain(open))
        })
    }

    /// The files that a person would call the project's: not ignored by git, not hidden, in order,
    /// at most `limit`.
    pub fn list(&self, limit: usize) -> Vec<RelPath> {
        let walk = ignore::WalkBuilder::new(&self.root)
            .require_git(false)
            .git_global(false)
            .sort_by_file_path(Ord::cmp)
            .build();
        let paths: Vec<RelPath> = walk
            .filter_map(Result::ok)
            .filter(|entry| entry.file_type().is_some_and(|kind| kind.is_file()))
            .filter_map(|entry| RelPath::below(&self.root, entry.path()).ok())
            .take(limit)
            .collect();
        if let Some(sight) = &self.sight {
            sight.listed(&paths, limit);
        }
        paths
    }
}

/// The text of an ordinary file under `root` as it is on disk.
///
/// # Errors
/// [`ReadError`].
pub fn read_disk(root: &Path, path: &RelPath) -> Result<String, ReadError> {
    let file = resolve(root, path)?;
    let meta = std::fs::symlink_metadata(&file).map_err(|e| missing_or(path, e))?;
    if !meta.is_file() {
        return Err(ReadError::NotAFile(path.clone()));
    }
    if meta.len() > MAX_FILE_BYTES {
        return Err(ReadError::TooLarge(path.clone()));
    }
    let bytes = std::fs::read(&file).map_err(|e| missing_or(path, e))?;
    match String::from_utf8(bytes) {
        Ok(text) if !text.contains('\0') => Ok(text),
        _ => Err(ReadError::Binary(path.clone())),
    }
}

/// The real file behind `path`, symbolic links followed, or a refusal where it leaves `root` or
/// enters a protected folder.
///
/// # Errors
/// [`ReadError::Missing`], [`ReadError::NotAFile`], [`ReadError::Io`].
pub fn resolve(root: &Path, path: &RelPath) -> Result<PathBuf, ReadError> {
    let real = path.under(root).canonicalize().map_err(|e| missing_or(path, e))?;
    match RelPath::below(root, &real) {
        Ok(_) => Ok(real),
        Err(_) => Err(ReadError::NotAFile(path.clone())),
    }
}

fn missing_or(path: &RelPath, error: std::io::Error) -> ReadError {
    use std::io::ErrorKind::{NotADirectory, NotFound};
    match error.kind() {
        NotFound | NotADirectory => ReadError::Missing(path.clone()),
        _ => ReadError::Io(path.clone(), error),
    }
}
