//! What a protected place was before a command ran, and putting it back.

use std::collections::BTreeMap;
use std::fs::{self, Metadata, Permissions};
use std::io;
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// Bytes of one file that are kept: 256 KiB. A longer one is only recognised by its size and time.
const LONGEST_KEPT: u64 = 256 * 1024;

/// Bytes that are kept of one workspace: 8 MiB.
pub(super) const MOST_KEPT: u64 = 8 * 1024 * 1024;

/// Files of one folder that are looked at.
const MOST_FILES: usize = 500;

/// In a `.git`, only what git acts on: the rest is history, large, and checked by git itself.
const OF_GIT: [&str; 3] = ["config", "hooks", "info"];

/// By what a place is known again, wherever it has been moved: device, number, and time of birth, since
/// the number of what was removed is soon given to something new.
pub(super) type Identity = (u64, u64, Option<SystemTime>);

pub(super) fn identity(found: &Metadata) -> Identity {
    (found.dev(), found.ino(), found.created().ok())
}

/// A protected place as it was.
#[derive(Debug)]
pub(super) struct Kept {
    pub(super) identity: Identity,
    form: Form,
}

#[derive(Debug)]
enum Form {
    Link(PathBuf),
    File(Content),
    /// By their paths below the folder. `None` where only the folder itself is watched.
    Folder(Option<BTreeMap<PathBuf, Content>>),
}

/// A file as it was.
#[derive(Debug, PartialEq, Eq)]
struct Content {
    permissions: Permissions,
    size: u64,
    modified: (i64, i64),
    /// `None` where it is too long to be kept.
    bytes: Option<Vec<u8>>,
}

impl Kept {
    /// Takes down what is there. `deep` is whether the files of a folder are as well; `room` is how
    /// many bytes may still be kept.
    pub(super) fn of(place: &Path, deep: bool, room: &mut u64) -> io::Result<Self> {
        let found = place.symlink_metadata()?;
        let form = if found.is_symlink() {
            Form::Link(fs::read_link(place)?)
        } else if found.is_dir() {
            Form::Folder(deep.then(|| files_of(place, room)))
        } else {
            Form::File(Content::of(place, &found, room))
        };
        Ok(Self { identity: identity(&found), form })
    }

    /// Puts back at `place` what differs by now; whether anything did.
    pub(super) fn put_back(&self, place: &Path, deep: bool) -> io::Result<bool> {
        match &self.form {
            Form::Link(target) => {
                let same = fs::read_link(place).is_ok_and(|now| now == *target);
                if !same {
                    symlink(target, place)?;
                }
                Ok(!same)
            }
            Form::File(content) if deep || !place.exists() => content.put_back(place),
            Form::Folder(Some(files)) if place.is_dir() => put_back_folder(place, files),
            Form::Folder(_) if !place.is_dir() => Err(io::Error::other(
                "it was a folder, which is too much to keep; look where it has been moved to",
            )),
            Form::File(_) | Form::Folder(_) => Ok(false),
        }
    }

    pub(super) fn is_link(&self) -> bool {
        matches!(self.form, Form::Link(_))
    }
}

fn put_back_folder(place: &Path, files: &BTreeMap<PathBuf, Content>) -> io::Result<bool> {
    let mut changed = false;
    for (below, content) in files {
        changed |= content.put_back(&place.join(below))?;
    }
    for new in files_of(place, &mut 0).keys().filter(|below| !files.contains_key(*below)) {
        fs::remove_file(place.join(new))?;
        changed = true;
    }
    Ok(changed)
}

/// The files in a folder, those of a `.git` only as far as git acts on them.
fn files_of(place: &Path, room: &mut u64) -> BTreeMap<PathBuf, Content> {
    let is_git = place.file_name().is_some_and(|name| name.eq_ignore_ascii_case(".git"));
    let mut todo: Vec<PathBuf> = match is_git {
        true => OF_GIT.map(PathBuf::from).to_vec(),
        false => vec![PathBuf::new()],
    };
    let mut files = BTreeMap::new();
    while let Some(below) = todo.pop() {
        let path = place.join(&below);
        let Ok(found) = path.symlink_metadata() else { continue };
        if found.is_dir() {
            let entries = fs::read_dir(&path).into_iter().flatten().flatten();
            todo.extend(entries.map(|entry| below.join(entry.file_name())));
        } else if files.len() < MOST_FILES {
            files.insert(below, Content::of(&path, &found, room));
        }
    }
    files
}

impl Content {
    fn of(path: &Path, found: &Metadata, room: &mut u64) -> Self {
        let keeps = found.is_file() && found.len() <= LONGEST_KEPT.min(*room);
        let bytes = keeps.then(|| fs::read(path).ok()).flatten();
        *room -= bytes.as_ref().map_or(0, |bytes| bytes.len() as u64).min(*room);
        Self {
            permissions: found.permissions(),
            size: found.len(),
            modified: (found.mtime(), found.mtime_nsec()),
            bytes,
        }
    }

    fn put_back(&self, path: &Path) -> io::Result<bool> {
        let now = path.symlink_metadata().ok();
        let Some(bytes) = &self.bytes else {
            let same = now.is_some_and(|now| {
                (now.len(), (now.mtime(), now.mtime_nsec())) == (self.size, self.modified)
            });
            return match same {
                true => Ok(false),
                false => Err(io::Error::other(format!("{} was too long to keep", path.display()))),
            };
        };
        let same = now.as_ref().is_some_and(|now| {
            now.is_file() && now.permissions() == self.permissions && now.len() == self.size
        }) && fs::read(path).is_ok_and(|now| now == *bytes);
        if same {
            return Ok(false);
        }
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
            // Beside it and then over it, so that a link that stands there now is not written through.
            let beside = tempfile::Builder::new().prefix(".devika-").tempfile_in(folder)?;
            fs::write(beside.path(), bytes)?;
            fs::set_permissions(beside.path(), self.permissions.clone())?;
            beside.persist(path).map_err(|error| error.error)?;
        }
        Ok(true)
    }
}
