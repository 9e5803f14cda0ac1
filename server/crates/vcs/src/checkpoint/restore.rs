//! What checkpoints hold, and putting back what is no text.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Component, Path, PathBuf};

use git2::{FileMode, ObjectType, Oid, Tree, TreeEntry};

use super::Checkpoint;
use crate::at_work::failed;
use crate::{Changed, Repository, VcsError};

impl Repository {
    /// What is different between two checkpoints. Files that are no text are in [`Changed::odd`].
    ///
    /// # Errors
    /// [`VcsError::Other`].
    pub fn changed_between(&self, from: &Checkpoint, to: &Checkpoint) -> Result<Changed, VcsError> {
        self.files_between(Some(&self.tree_of(from)?), &self.tree_of(to)?)
    }

    /// Whether a checkpoint has something at a path, relative to the root.
    pub fn has(&self, checkpoint: &Checkpoint, path: &str) -> bool {
        self.tree_of(checkpoint).is_ok_and(|tree| tree.get_path(&self.prefix.join(path)).is_ok())
    }

    /// Makes a file, by its path relative to the root, what a checkpoint has under it, to the byte: a
    /// file, a link, or nothing where there was nothing. Where it leads through a link, it is refused.
    ///
    /// # Errors
    /// [`VcsError::Checkpoint`] where that cannot be; the file is then as it was.
    pub fn put_back(&self, checkpoint: &Checkpoint, path: &str) -> Result<(), VcsError> {
        let refuse = |why: String| VcsError::Checkpoint(format!("`{path}` is not put back: {why}"));
        let below = Path::new(path);
        if !below.components().all(|part| matches!(part, Component::Normal(name) if name != ".git"))
        {
            return Err(refuse("it is no path of this folder".to_owned()));
        }
        let in_tree = self.prefix.join(below);
        let workdir = self.workdir()?;
        let file = workdir.join(&in_tree);
        check_folders(&workdir, &in_tree).map_err(&refuse)?;
        let tree = self.tree_of(checkpoint)?;
        let written = match tree.get_path(&in_tree) {
            Err(_) => fs::remove_file(&file).or_else(|error| match error.kind() {
                io::ErrorKind::NotFound => Ok(()),
                _ => Err(error),
            }),
            Ok(entry) if entry.kind() == Some(ObjectType::Blob) => self.write(&entry, &file)?,
            Ok(_) => {
                return Err(refuse("the checkpoint has a folder or a submodule there".to_owned()));
            }
        };
        written.map_err(|error| refuse(error.to_string()))
    }

    /// [`put_back`](Self::put_back), of all files at a path or below it that are not what the checkpoint
    /// has; their paths. What the checkpoint does not have stays.
    ///
    /// # Errors
    /// Those of [`put_back`](Self::put_back), [`VcsError::Other`].
    pub fn roll_back(&self, checkpoint: &Checkpoint, path: &str) -> Result<Vec<String>, VcsError> {
        let tree = self.tree_of(checkpoint)?;
        let Ok(entry) = tree.get_path(&self.prefix.join(path)) else { return Ok(Vec::new()) };
        let mut paths = Vec::new();
        match entry.kind() {
            Some(ObjectType::Tree) => {
                let below = self.git.find_tree(entry.id())?;
                below.walk(git2::TreeWalkMode::PreOrder, |folder, entry| {
                    if let (Some(ObjectType::Blob), Ok(name)) = (entry.kind(), entry.name()) {
                        paths.push(format!("{path}/{folder}{name}"));
                    }
                    git2::TreeWalkResult::Ok
                })?;
            }
            _ => paths.push(path.to_owned()),
        }
        let workdir = self.workdir()?;
        let mut put_back = Vec::new();
        for path in paths {
            let in_tree = self.prefix.join(&path);
            let id = tree.get_path(&in_tree)?.id();
            let now = fs::read(workdir.join(&in_tree)).ok();
            let is_same = now.is_some_and(|now| {
                Oid::hash_object(ObjectType::Blob, &now).is_ok_and(|now| now == id)
            });
            if !is_same {
                self.put_back(checkpoint, &path)?;
                put_back.push(path);
            }
        }
        Ok(put_back)
    }

    /// Beside it and then over it, so that the file is whole at any moment.
    fn write(&self, entry: &TreeEntry<'_>, file: &Path) -> Result<io::Result<()>, VcsError> {
        let blob = self.git.find_blob(entry.id())?;
        let folder = file.parent().unwrap_or(Path::new("")).to_owned();
        let write = || -> io::Result<()> {
            fs::create_dir_all(&folder)?;
            if entry.filemode() == i32::from(FileMode::Link) {
                let beside = tempfile::Builder::new().prefix(".devika-").tempdir_in(&folder)?;
                let link = beside.path().join("link");
                make_link(blob.content(), &link)?;
                return fs::rename(link, file);
            }
            let mut beside = tempfile::Builder::new().prefix(".devika-").tempfile_in(&folder)?;
            beside.write_all(blob.content())?;
            set_rights(
                beside.path(),
                file,
                entry.filemode() == i32::from(FileMode::BlobExecutable),
            )?;
            beside.persist(file).map(drop).map_err(|error| error.error)
        };
        Ok(write())
    }

    fn tree_of(&self, checkpoint: &Checkpoint) -> Result<Tree<'_>, VcsError> {
        Ok(self.git.find_commit(Oid::from_str(&checkpoint.commit)?)?.tree()?)
    }
}

/// No folder on the way is a link, which could lead anywhere by now.
fn check_folders(workdir: &Path, below: &Path) -> Result<(), String> {
    let mut folder: PathBuf = workdir.to_owned();
    for part in below.parent().into_iter().flat_map(Path::components) {
        folder.push(part);
        match folder.symlink_metadata() {
            Ok(found) if !found.is_dir() => {
                return Err(format!("{} is no folder any more", folder.display()));
            }
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(failed(&folder, &error).to_string());
            }
            _ => {}
        }
    }
    Ok(())
}

#[cfg(unix)]
fn make_link(to: &[u8], link: &Path) -> io::Result<()> {
    use std::os::unix::ffi::OsStrExt;
    std::os::unix::fs::symlink(std::ffi::OsStr::from_bytes(to), link)
}

#[cfg(not(unix))]
fn make_link(_: &[u8], link: &Path) -> io::Result<()> {
    Err(io::Error::other(format!("{} was a link, which cannot be made here", link.display())))
}

/// Git keeps of the rights whether a file may be run; the others stay as they are, or are the usual ones.
#[cfg(unix)]
fn set_rights(new: &Path, file: &Path, is_program: bool) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let there = file.symlink_metadata().ok().filter(fs::Metadata::is_file);
    let mode = there.map_or(0o644, |there| there.permissions().mode() & 0o777);
    let mode = if is_program { mode | ((mode & 0o444) >> 2) } else { mode & !0o111 };
    fs::set_permissions(new, fs::Permissions::from_mode(mode))
}

#[cfg(not(unix))]
fn set_rights(_: &Path, _: &Path, _: bool) -> io::Result<()> {
    Ok(())
}
