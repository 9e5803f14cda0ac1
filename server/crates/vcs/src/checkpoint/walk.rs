//! The files below the root that a checkpoint is made of.

use std::collections::BTreeSet;
use std::fs::Metadata;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use ignore::{DirEntry, WalkBuilder};

use crate::{Repository, VcsError};

/// What a walk comes by.
pub(super) struct Found {
    /// Files and links that git does not ignore, by their paths in the work tree.
    pub(super) files: Vec<(PathBuf, Metadata)>,
    /// Folders that are repositories of their own.
    pub(super) repositories: BTreeSet<PathBuf>,
}

impl Repository {
    /// Walks what is below the root, by git's rules for what it ignores. Links are not followed.
    pub(super) fn walk(&self) -> Result<Found, VcsError> {
        let workdir = self.workdir()?;
        let root = workdir.join(&self.prefix);
        let repositories = Arc::new(Mutex::new(BTreeSet::new()));
        let mut walk = WalkBuilder::new(&root);
        // What only this user ignores is looked up in their git's configuration instead: the
        // environment is none of a library's business.
        walk.hidden(false).ignore(false).git_global(false).follow_links(false);
        if let Ok(theirs) = self.git.config()?.get_path("core.excludesfile") {
            walk.add_ignore(theirs);
        }
        let noted = Arc::clone(&repositories);
        walk.filter_entry(move |entry| {
            let is_own = is_repository(entry);
            if is_own {
                noted.lock().unwrap_or_else(PoisonError::into_inner).insert(entry.path().into());
            }
            !is_own && entry.file_name() != ".git"
        });
        // A folder that cannot be read is one that the command cannot change either.
        let files = walk.build().filter_map(Result::ok).filter_map(|entry| {
            let kind = entry.file_type()?;
            let path = entry.path().strip_prefix(&workdir).ok()?;
            let counts = kind.is_file() || kind.is_symlink();
            counts.then(|| Some((path.to_owned(), entry.metadata().ok()?)))?
        });
        let files = files.collect();
        let noted =
            std::mem::take(&mut *repositories.lock().unwrap_or_else(PoisonError::into_inner));
        let below = |path: PathBuf| path.strip_prefix(&workdir).map(Path::to_owned).ok();
        Ok(Found { files, repositories: noted.into_iter().filter_map(below).collect() })
    }

    /// How a file of the work tree looks that no link leads to; none where there is no such file.
    pub(super) fn look_at(&self, path: &Path) -> Option<Metadata> {
        let file = self.workdir().ok()?.join(path);
        let folder = file.parent()?;
        let found = file.symlink_metadata().ok()?;
        let is_straight = folder.canonicalize().is_ok_and(|real| real == folder);
        (is_straight && (found.is_file() || found.is_symlink())).then_some(found)
    }

    /// The folder with the files, without links in its path.
    pub(super) fn workdir(&self) -> Result<PathBuf, VcsError> {
        let folder = self.git.workdir().unwrap_or(Path::new("")).to_owned();
        folder
            .canonicalize()
            .map_err(|error| VcsError::Broken { path: folder, why: error.to_string() })
    }
}

fn is_repository(entry: &DirEntry) -> bool {
    let is_folder = entry.file_type().is_some_and(|kind| kind.is_dir());
    is_folder && entry.depth() > 0 && entry.path().join(".git").symlink_metadata().is_ok()
}
