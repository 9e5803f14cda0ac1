//! Stand-ins for what a command must not make: something has to be there to be mounted over.
//!
//! They are in the workspace for as long as a command runs, and a record outside says so for the case
//! that this process dies first.

use std::fs::{self, File, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};

use super::names::{KEPT_AWAY, Shape};

/// The stand-ins of one command. Dropping this takes them away.
#[derive(Debug)]
pub(super) struct Placeholders {
    made: Vec<PathBuf>,
    /// Locked for as long as they are needed.
    record: Option<(File, PathBuf)>,
}

impl Placeholders {
    /// Makes what is missing. `records` is a folder of our own, where also those that a process has
    /// left behind are recorded; they are taken away first.
    pub(super) fn make(workspace: &Path, records: &Path) -> io::Result<Self> {
        fs::create_dir_all(records)?;
        take_away_left_behind(records);
        let missing: Vec<(PathBuf, Shape)> = KEPT_AWAY
            .iter()
            .map(|(name, shape)| (workspace.join(name), *shape))
            .filter(|(place, _)| place.symlink_metadata().is_err())
            .collect();
        let mut all = Self { made: Vec::new(), record: None };
        if missing.is_empty() {
            return Ok(all);
        }
        let (file, path) = tempfile::Builder::new()
            .prefix("placeholders-")
            .tempfile_in(records)?
            .keep()
            .map_err(|error| error.error)?;
        file.lock()?;
        let record = all.record.insert((file, path));
        let list: Vec<&str> = missing.iter().filter_map(|(place, _)| place.to_str()).collect();
        record.0.write_all(list.join("\n").as_bytes())?;
        for (place, shape) in missing {
            let made = match shape {
                Shape::Folder => fs::create_dir(&place),
                Shape::File => File::create_new(&place).map(drop),
            };
            match made {
                Ok(()) => all.made.push(place),
                // Somebody was quicker; it is there, and that is what counts.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
        Ok(all)
    }

    /// Whether a place is a stand-in.
    pub(super) fn has(&self, place: &Path) -> bool {
        self.made.iter().any(|made| made == place)
    }
}

impl Drop for Placeholders {
    fn drop(&mut self) {
        self.made.iter().for_each(|place| take_away(place));
        if let Some((_, record)) = &self.record {
            fs::remove_file(record).ok();
        }
    }
}

/// The names that a command is kept from making.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    KEPT_AWAY.iter().map(|(name, _)| *name)
}

/// Takes a stand-in away, unless something has become of it.
fn take_away(place: &Path) {
    let Ok(found) = place.symlink_metadata() else { return };
    // A failure means that there is something in it by now, which is the user's.
    if found.is_dir() {
        fs::remove_dir(place).ok();
    } else if found.is_file() && found.len() == 0 {
        fs::remove_file(place).ok();
    }
}

/// Takes away the stand-ins of processes that are dead: nobody holds the lock on their record.
fn take_away_left_behind(records: &Path) {
    for entry in fs::read_dir(records).into_iter().flatten().flatten() {
        let Ok(mut record) = File::options().read(true).write(true).open(entry.path()) else {
            continue;
        };
        match record.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock | TryLockError::Error(_)) => continue,
        }
        let mut list = String::new();
        if record.rewind().and_then(|()| record.read_to_string(&mut list)).is_ok() {
            // One that is made right now is locked only after it is there, and empty until then.
            if list.is_empty() {
                continue;
            }
            list.lines().for_each(|place| take_away(Path::new(place)));
            fs::remove_file(entry.path()).ok();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
        let mut names: Vec<_> = entries.map(|name| name.into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn nothing_is_left_of_them_and_what_was_there_stays() {
        let (workspace, records) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        fs::create_dir(workspace.path().join(".git")).unwrap();
        fs::write(workspace.path().join(".envrc"), "").unwrap();
        let placeholders = Placeholders::make(workspace.path(), records.path()).unwrap();
        assert_eq!(names(workspace.path()).len(), KEPT_AWAY.len());
        drop(placeholders);
        assert_eq!(names(workspace.path()), [".envrc", ".git"]);
        assert_eq!(names(records.path()), [""; 0]);
    }

    #[test]
    fn what_the_user_has_put_into_one_stays() {
        let (workspace, records) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let placeholders = Placeholders::make(workspace.path(), records.path()).unwrap();
        fs::write(workspace.path().join(".vscode/settings.json"), "{}").unwrap();
        drop(placeholders);
        assert_eq!(names(workspace.path()), [".vscode"]);
    }

    #[test]
    fn what_a_dead_process_has_left_is_taken_away_by_the_next_command() {
        let (workspace, records) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let mut placeholders = Placeholders::make(workspace.path(), records.path()).unwrap();
        // As if the process had died: the lock is gone, the record and the stand-ins are there.
        placeholders.made.clear();
        let (lock, record) = placeholders.record.take().unwrap();
        drop((lock, placeholders));
        assert!(record.exists());
        assert_eq!(names(workspace.path()).len(), KEPT_AWAY.len());

        let elsewhere = tempfile::tempdir().unwrap();
        drop(Placeholders::make(elsewhere.path(), records.path()).unwrap());
        assert_eq!((names(workspace.path()), names(records.path())), (vec![], vec![]));
    }
}
