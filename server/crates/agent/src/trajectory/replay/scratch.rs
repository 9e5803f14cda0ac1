//! The folder that a recorded task is carried out in again: it holds what the task saw, as it saw
//! it, and no more.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{Error, ErrorKind};
use std::path::{Path, PathBuf};

use devika_edit::RelPath;
use devika_vcs::{CommitFile, CommitRequest, Repository};

use crate::sight::{Sighting, World};
use crate::snapshot::MAX_FILE_BYTES;
use crate::stages::apply::StoredEdit;
use crate::trajectory::{ReplayError, Trajectory, What};

/// The folder that a recorded task is carried out in again.
#[derive(Debug, Clone)]
pub(super) struct Scratch {
    root: PathBuf,
}

impl Scratch {
    /// Fills the empty folder `root` with what the task saw first of each file, and makes a
    /// repository of it where there was one.
    pub(super) fn begin(root: &Path, trajectory: &Trajectory) -> Result<Self, ReplayError> {
        let scratch = Self { root: root.to_path_buf() };
        let first = first_sightings(trajectory);
        for (path, was) in &first {
            scratch.put(path, was).map_err(|error| scratch.failed(&error))?;
        }
        let made = |what: &What| matches!(what, What::Branch { made: true, .. });
        let there = first.values().any(|was| !matches!(was, Sighting::Absent));
        if there && trajectory.acts.iter().any(|act| made(&act.what)) {
            scratch.commit(&first).map_err(|error| scratch.failed(&error))?;
        }
        Ok(scratch)
    }

    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// Makes the folder what the task saw.
    pub(super) fn show(&self, world: &World) -> Result<(), Error> {
        for path in &world.gone {
            self.put(path, &Sighting::Absent)?;
        }
        for path in &world.listed {
            if !self.root.join(path).exists() {
                self.put(path, &empty())?;
            }
        }
        world.files.iter().try_for_each(|file| self.put(&file.path, &file.was))
    }

    /// Makes the file of an edit what the user made of it while Devika worked on it.
    pub(super) fn change_before(&self, edit: &StoredEdit, done: &StoredEdit) -> Result<(), Error> {
        let path = edit.from.as_deref().unwrap_or(&edit.path);
        match &done.before {
            Some(text) if edit.before != done.before => {
                self.put(path, &Sighting::Text(text.clone()))
            }
            _ => Ok(()),
        }
    }

    /// Whether the file is as an edit makes it.
    pub(super) fn is_done(&self, edit: &StoredEdit) -> bool {
        match &edit.after {
            Some(text) => {
                fs::read_to_string(self.root.join(&edit.path)).is_ok_and(|now| now == *text)
            }
            None => !self.root.join(&edit.path).exists(),
        }
    }

    fn put(&self, path: &str, was: &Sighting) -> Result<(), Error> {
        let path = RelPath::new(path).map_err(|e| Error::new(ErrorKind::InvalidInput, e))?;
        let file = path.under(&self.root);
        match fs::symlink_metadata(&file) {
            Ok(meta) if meta.is_dir() && *was == Sighting::Irregular => return Ok(()),
            Ok(meta) if meta.is_dir() => fs::remove_dir_all(&file)?,
            Ok(_) => fs::remove_file(&file)?,
            Err(_) => {}
        }
        if *was == Sighting::Absent {
            return Ok(());
        }
        if let Some(folder) = file.parent() {
            fs::create_dir_all(folder)?;
        }
        match was {
            Sighting::Text(text) => fs::write(file, text),
            Sighting::Bytes(length) => {
                let length = (*length).min(MAX_FILE_BYTES) as usize;
                fs::write(file, "x".repeat(length))
            }
            Sighting::Binary => fs::write(file, [0]),
            Sighting::Large => File::create(file)?.set_len(MAX_FILE_BYTES + 1),
            Sighting::Irregular => fs::create_dir(file),
            Sighting::Absent => Ok(()),
        }
    }

    /// One commit of all texts.
    fn commit(&self, first: &BTreeMap<String, Sighting>) -> Result<(), devika_vcs::VcsError> {
        let text = |(path, was): (&String, &Sighting)| match was {
            Sighting::Text(text) => {
                Some(CommitFile { path: path.clone(), before: None, after: Some(text.clone()) })
            }
            _ => None,
        };
        let files = first.iter().filter_map(text).collect();
        let message = "Begin with the files of the trajectory".to_owned();
        let repository = Repository::init(&self.root)?;
        match repository.commit(&CommitRequest { files, message, trailers: Vec::new() }) {
            Ok(_) | Err(devika_vcs::VcsError::Nothing { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    fn failed(&self, why: &dyn std::fmt::Display) -> ReplayError {
        ReplayError::Folder { folder: self.root.display().to_string(), why: why.to_string() }
    }
}

/// A file that is listed, and at which the task never looked.
fn empty() -> Sighting {
    Sighting::Text(String::new())
}

/// What the task saw first at each path that it did not make itself.
fn first_sightings(trajectory: &Trajectory) -> BTreeMap<String, Sighting> {
    let mut first: BTreeMap<String, Sighting> = BTreeMap::new();
    let mut listed = Vec::new();
    for (index, act) in trajectory.acts.iter().enumerate() {
        if let Some(world) = &act.world {
            if index == 0 {
                listed.clone_from(&world.listed);
            } else {
                // What is listed later came into being later.
                let new = world.listed.iter().filter(|path| !listed.contains(path));
                new.for_each(|path| {
                    first.entry(path.clone()).or_insert(Sighting::Absent);
                });
            }
            for file in &world.files {
                first.entry(file.path.clone()).or_insert_with(|| file.was.clone());
            }
        }
        if let What::Edit { edit, .. } = &act.what {
            let before = edit.before.clone().map_or(Sighting::Absent, Sighting::Text);
            if edit.from.is_some() {
                first.entry(edit.path.clone()).or_insert(Sighting::Absent);
            }
            first.entry(edit.from.clone().unwrap_or_else(|| edit.path.clone())).or_insert(before);
        }
    }
    for path in listed {
        first.entry(path).or_insert_with(empty);
    }
    first
}
