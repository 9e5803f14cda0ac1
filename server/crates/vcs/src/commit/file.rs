//! Where a file of a request is in the repository, and what git has there.

use std::{
    fs,
    path::{Component, Path},
};

use git2::{AttrCheckFlags, AttrValue, ErrorCode, FileMode, ObjectType, Tree};

use crate::{Repository, VcsError};

/// Attributes are those of the work tree, as git itself reads them.
const ATTRIBUTES: AttrCheckFlags = AttrCheckFlags::FILE_THEN_INDEX;

/// A file's path, checked.
#[derive(Clone)]
pub(super) struct RepoPath {
    /// Relative to the root, as the caller names it.
    pub(super) shown: String,
    /// Relative to the work tree, with `/`.
    pub(super) in_repo: String,
}

/// A file as a commit has it.
pub(super) struct Blob {
    pub(super) content: Vec<u8>,
    pub(super) mode: FileMode,
}

impl Repository {
    /// Checks that the path stays below the root and goes through no link.
    pub(super) fn repo_path(&self, shown: &str) -> Result<RepoPath, VcsError> {
        let refuse = |why| Err(VcsError::Path { path: shown.to_owned(), why });
        let mut names = Vec::new();
        for component in self.prefix.components().chain(Path::new(shown).components()) {
            match component {
                Component::Normal(name) if name.eq_ignore_ascii_case(".git") => {
                    return refuse("it is git's own");
                }
                Component::Normal(name) => match name.to_str() {
                    Some(name) => names.push(name),
                    None => return refuse("its name is not UTF-8"),
                },
                Component::CurDir => {}
                _ => return refuse("it is not below the root"),
            }
        }
        if names.is_empty() {
            return refuse("it is no file");
        }
        if self.goes_through_link(&names) {
            return refuse("it is beyond a symbolic link");
        }
        Ok(RepoPath { shown: shown.to_owned(), in_repo: names.join("/") })
    }

    fn goes_through_link(&self, names: &[&str]) -> bool {
        let Some(mut folder) = self.git.workdir().map(Path::to_path_buf) else { return false };
        names[..names.len() - 1].iter().any(|name| {
            folder.push(name);
            fs::symlink_metadata(&folder).is_ok_and(|found| found.is_symlink())
        })
    }

    /// Whether git leaves the file out, and does not have it yet.
    pub(super) fn is_ignored(&self, path: &RepoPath) -> Result<bool, VcsError> {
        let file = Path::new(&path.in_repo);
        if !self.git.is_path_ignored(file)? {
            return Ok(false);
        }
        let committed = match self.read_head()?.commit {
            Some(id) => self.git.find_commit(id)?.tree()?.get_path(file).is_ok(),
            None => false,
        };
        let mut index = self.git.index()?;
        index.read(false)?;
        Ok(!committed && index.get_path(file, 0).is_none())
    }

    /// The file as the tree has it; an error where the tree has something else there, or above it.
    pub(super) fn committed(
        &self,
        tree: &Tree<'_>,
        path: &RepoPath,
    ) -> Result<Option<Blob>, VcsError> {
        let refuse = |why| Err(VcsError::Path { path: path.shown.clone(), why });
        let file = Path::new(&path.in_repo);
        for above in file.ancestors().skip(1).filter(|above| !above.as_os_str().is_empty()) {
            match tree.get_path(above).map(|entry| entry.kind()) {
                Ok(Some(ObjectType::Tree)) | Err(_) => {}
                Ok(Some(ObjectType::Commit)) => return refuse("it is in a submodule"),
                Ok(_) => return refuse("a file is committed where it needs a folder"),
            }
        }
        let entry = match tree.get_path(file) {
            Ok(entry) => entry,
            Err(error) if error.code() == ErrorCode::NotFound => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let mode = match entry.filemode() {
            mode if mode == i32::from(FileMode::BlobExecutable) => FileMode::BlobExecutable,
            mode if mode == i32::from(FileMode::Link) => return refuse("it is a symbolic link"),
            _ if entry.kind() != Some(ObjectType::Blob) => return refuse("it is no file"),
            _ => FileMode::Blob,
        };
        let content = self.git.find_blob(entry.id())?.content().to_vec();
        Ok(Some(Blob { content, mode }))
    }

    /// The mode a new file gets.
    pub(super) fn mode_on_disk(&self, path: &RepoPath) -> FileMode {
        let workdir = self.git.workdir().unwrap_or(Path::new(""));
        match fs::metadata(workdir.join(&path.in_repo)) {
            Ok(found) if is_executable(&found) => FileMode::BlobExecutable,
            _ => FileMode::Blob,
        }
    }

    /// Whether git stores the CRLF of a file as LF: as `.gitattributes` say, else as the user's git is set.
    ///
    /// # Errors
    /// [`VcsError::Path`] where git stores something else than its text: Devika runs no filters.
    pub(super) fn stores_lf(&self, path: &RepoPath) -> Result<bool, VcsError> {
        let attribute = |name| self.git.get_attr(Path::new(&path.in_repo), name, ATTRIBUTES);
        let refuse = |why| Err(VcsError::Path { path: path.shown.clone(), why });
        match AttrValue::from_string(attribute("filter")?) {
            AttrValue::String("lfs") => {
                return refuse("git LFS keeps what is in it, and Devika runs no filters");
            }
            AttrValue::String(_) => {
                return refuse(
                    "a filter changes it on its way into git (`.gitattributes`), and Devika runs none",
                );
            }
            _ => {}
        }
        if let AttrValue::String(_) = AttrValue::from_string(attribute("working-tree-encoding")?) {
            return refuse("git stores it in another encoding (`working-tree-encoding`)");
        }
        let (text, eol) = (attribute("text")?, attribute("eol")?);
        Ok(match (AttrValue::from_string(text), AttrValue::from_string(eol)) {
            (AttrValue::False, _) => false,
            (AttrValue::True | AttrValue::String(_), _) | (_, AttrValue::String(_)) => true,
            _ => self.is_set_to_store_lf(),
        })
    }

    fn is_set_to_store_lf(&self) -> bool {
        let setting = self.git.config().and_then(|config| config.get_string("core.autocrlf"));
        setting.is_ok_and(|setting| {
            matches!(setting.to_ascii_lowercase().as_str(), "true" | "input" | "yes" | "on" | "1")
        })
    }
}

#[cfg(unix)]
fn is_executable(found: &fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    found.permissions().mode() & 0o100 != 0
}

#[cfg(not(unix))]
fn is_executable(_found: &fs::Metadata) -> bool {
    false
}
