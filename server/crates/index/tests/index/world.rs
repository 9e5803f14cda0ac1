//! A project in a folder, an index of it, and a memory that shows what it was given.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use async_trait::async_trait;
use devika_index::{Index, Limits, Refreshed};
use devika_memory::{
    Filter, Found, Kind, KindCount, Memory, MemoryError, Passage, PassageId, Query, Stats,
};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

/// A memory in memory.
pub(crate) struct Remembered {
    place: String,
    files: Mutex<BTreeMap<String, Vec<Passage>>>,
    given: Mutex<Vec<String>>,
    fails: Mutex<bool>,
}

impl Remembered {
    pub(crate) fn new(place: &str) -> Self {
        Self {
            place: place.to_owned(),
            files: Mutex::default(),
            given: Mutex::default(),
            fails: Mutex::default(),
        }
    }

    /// The paths that passages were given for since this was asked last, in order.
    pub(crate) fn given(&self) -> Vec<String> {
        let mut given = std::mem::take(&mut *self.given.lock().unwrap());
        given.sort();
        given
    }

    /// What is remembered of a file: sources and titles.
    pub(crate) fn of(&self, path: &str) -> Vec<(String, String)> {
        let files = self.files.lock().unwrap();
        let passages = files.get(path).map(Vec::as_slice).unwrap_or_default();
        passages.iter().map(|one| (one.source.clone(), one.title.clone())).collect()
    }

    /// All text that is remembered of a file.
    pub(crate) fn text(&self, path: &str) -> String {
        let files = self.files.lock().unwrap();
        files.get(path).iter().flat_map(|all| all.iter()).map(|one| one.text.as_str()).collect()
    }

    /// The files that something is remembered of.
    pub(crate) fn paths(&self) -> Vec<String> {
        self.files.lock().unwrap().keys().cloned().collect()
    }

    /// Whether it fails from now on.
    pub(crate) fn fail(&self, fails: bool) {
        *self.fails.lock().unwrap() = fails;
    }

    /// Forgets everything.
    pub(crate) fn lose(&self) {
        self.files.lock().unwrap().clear();
    }
}

#[async_trait]
impl Memory for Remembered {
    async fn remember(&self, _: Vec<Passage>) -> Result<(), MemoryError> {
        unreachable!("the index replaces")
    }

    async fn replace(
        &self,
        project: &str,
        kind: Kind,
        path: &str,
        passages: Vec<Passage>,
    ) -> Result<(), MemoryError> {
        if *self.fails.lock().unwrap() {
            return Err(MemoryError::Failed { place: self.place.clone(), why: "full".to_owned() });
        }
        let belongs = |one: &Passage| {
            let place = one.source.strip_prefix(path).is_some_and(|rest| rest.starts_with("#L"));
            one.project == project && one.kind == kind && place
        };
        assert!(passages.iter().all(belongs), "{passages:?}");
        self.given.lock().unwrap().push(path.to_owned());
        let mut files = self.files.lock().unwrap();
        files.remove(path);
        if !passages.is_empty() {
            files.insert(path.to_owned(), passages);
        }
        Ok(())
    }

    async fn search(&self, _: &Query) -> Result<Vec<Found>, MemoryError> {
        unreachable!("the index does not search")
    }

    async fn forget(&self, _: &Filter) -> Result<u64, MemoryError> {
        unreachable!("the index replaces")
    }

    async fn page(
        &self,
        _: &Filter,
        _: Option<PassageId>,
        _: usize,
    ) -> Result<Vec<Passage>, MemoryError> {
        unreachable!("the index does not read")
    }

    async fn stats(&self) -> Result<Stats, MemoryError> {
        let files = self.files.lock().unwrap();
        let mut counts: BTreeMap<String, u64> = BTreeMap::new();
        for passage in files.values().flatten() {
            *counts.entry(passage.project.clone()).or_default() += 1;
        }
        let line = |(project, passages)| KindCount { project, kind: Kind::Code, passages };
        Ok(Stats {
            place: self.place.clone(),
            counts: counts.into_iter().map(line).collect(),
            without_vector: 0,
            bytes: None,
        })
    }
}

/// A project, its index and a memory.
pub(crate) struct World {
    folder: TempDir,
    pub(crate) memory: Remembered,
    pub(crate) index: Index,
}

impl World {
    /// A project of these files.
    pub(crate) fn of(files: &[(&str, &str)]) -> Self {
        Self::with(files, Limits::default())
    }

    pub(crate) fn with(files: &[(&str, &str)], limits: Limits) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("project")).unwrap();
        let index = Index::open_with(
            &folder.path().join("project"),
            &folder.path().join("code.db"),
            limits,
        )
        .unwrap();
        let world = Self { folder, memory: Remembered::new("here"), index };
        files.iter().for_each(|(path, text)| world.write(path, text));
        world
    }

    pub(crate) fn root(&self) -> PathBuf {
        self.folder.path().join("project")
    }

    /// The file of the index.
    pub(crate) fn file(&self) -> PathBuf {
        self.folder.path().join("code.db")
    }

    pub(crate) fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        let path = self.root().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub(crate) fn remove(&self, path: &str) {
        fs::remove_file(self.root().join(path)).unwrap();
    }

    /// The index as another process has it.
    pub(crate) fn another(&self) -> Index {
        Index::open(&self.root(), &self.file()).unwrap()
    }

    pub(crate) async fn refresh(&self) -> Refreshed {
        refresh(&self.index, &self.memory).await
    }
}

pub(crate) async fn refresh(index: &Index, memory: &dyn Memory) -> Refreshed {
    index.refresh(memory, |_| {}, &CancellationToken::new()).await.unwrap()
}

/// Makes a file look as old as files are that nobody has touched for an hour.
pub(crate) fn age(path: &Path) {
    let hour = std::time::SystemTime::now() - std::time::Duration::from_secs(3600);
    fs::File::options().write(true).open(path).unwrap().set_modified(hour).unwrap();
}
