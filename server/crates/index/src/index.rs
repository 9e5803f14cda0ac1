//! What the rest of Devika asks of the index.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use devika_memory::{Kind, Memory};

use crate::admit::LeftOut;
use crate::entry::{self, Eyes, Looked};
use crate::error::IndexError;
use crate::limits::Limits;
use crate::map::{self, Focus, Ranked};
use crate::outline::Symbol;
use crate::state::{Reader, State};
use crate::trees::Trees;
use crate::walk;

/// The code index of a project. Clones share it, and several processes may have the same file open.
#[derive(Clone)]
pub struct Index {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) root: PathBuf,
    /// The project as passages name it.
    pub(crate) project: String,
    pub(crate) file: PathBuf,
    pub(crate) limits: Limits,
    state: Mutex<State>,
    trees: Mutex<Trees>,
}

/// A definition and its file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Definition {
    /// The file, below the root.
    pub path: String,
    /// What is defined.
    pub symbol: Symbol,
}

/// Where a name is defined and who refers to it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SymbolAnswer {
    /// Its definitions, by path and line.
    pub definitions: Vec<Definition>,
    /// Files that mention it other than where they define it, by path; the first 200.
    pub mentioned_in: Vec<String>,
}

/// How much is known of a project.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stats {
    /// Files that are indexed.
    pub files: u64,
    /// Lines of them.
    pub lines: u64,
    /// Passages that were given to the memory.
    pub passages: u64,
    /// Definitions.
    pub symbols: u64,
    /// Files that are left out, by why. What the project's own rules ignore is not counted.
    pub left_out: BTreeMap<LeftOut, u64>,
}

/// What became of one file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// Its text was known already.
    Same,
    /// It is indexed, and found.
    Indexed,
    /// It is no longer found: it is gone, ignored or left out.
    Forgotten,
}

impl Index {
    /// The index of the project at `root`, which is canonical, kept in `file`; that is made where it
    /// is missing, and outside of the project, or it would index itself. Nothing is read of the project yet.
    ///
    /// # Errors
    /// [`IndexError::File`], [`IndexError::Foreign`].
    pub fn open(root: &Path, file: &Path) -> Result<Self, IndexError> {
        Self::open_with(root, file, Limits::default())
    }

    /// As [`Index::open`], with limits.
    ///
    /// # Errors
    /// Those of [`Index::open`].
    pub fn open_with(root: &Path, file: &Path, limits: Limits) -> Result<Self, IndexError> {
        let project = root.to_string_lossy().into_owned();
        let state = Mutex::new(State::open(file, &project)?);
        let (root, file) = (root.to_owned(), file.to_owned());
        Ok(Self {
            inner: Arc::new(Inner { root, project, file, limits, state, trees: Mutex::default() }),
        })
    }

    /// Looks at one file again: after a save, a change or a deletion. `path` is below the root;
    /// `text` is what an editor has, and without it the file is read. When this returns, the file is
    /// found by what it says now.
    ///
    /// # Errors
    /// [`IndexError`]; then the next [`Index::refresh`] makes up for it.
    pub async fn changed(
        &self,
        memory: &dyn Memory,
        path: &str,
        text: Option<&str>,
    ) -> Result<Change, IndexError> {
        let Some(path) = walk::normal(path) else { return Ok(Change::Forgotten) };
        let (asked, text) = (path.clone(), text.map(str::to_owned));
        let looked = self.blocking(move |inner| inner.look_at(&asked, text.as_deref())).await?;
        match looked {
            Some(Looked::Same(_)) => Ok(Change::Same),
            Some(Looked::New(entry, passages)) => {
                let change =
                    if entry.left_out.is_some() { Change::Forgotten } else { Change::Indexed };
                self.give(memory, vec![(path, passages)]).await?;
                self.blocking(move |inner| inner.with_state(|state| state.write(&[entry]))).await?;
                Ok(change)
            }
            None => {
                self.give(memory, vec![(path.clone(), Vec::new())]).await?;
                self.blocking(move |inner| inner.with_state(|state| state.remove(&[path]))).await?;
                Ok(Change::Forgotten)
            }
        }
    }

    /// Gives the memory what these files say, and notes before that they are about to change.
    pub(crate) async fn give(
        &self,
        memory: &dyn Memory,
        files: Vec<(String, Vec<devika_memory::Passage>)>,
    ) -> Result<(), IndexError> {
        let paths: Vec<String> = files.iter().map(|(path, _)| path.clone()).collect();
        self.blocking(move |inner| inner.with_state(|state| state.mark(&paths))).await?;
        Ok(memory.replace_many(&self.inner.project, Kind::Code, files).await?)
    }

    /// A map of the repository: paths, each with the signatures of its definitions that the others
    /// refer to most, seen from what is in focus. At most `tokens` tokens, four characters each. The
    /// same project and focus make the same map.
    ///
    /// # Errors
    /// [`IndexError::File`].
    pub async fn map(&self, focus: &Focus, tokens: usize) -> Result<String, IndexError> {
        let focus = focus.clone();
        self.blocking(move |inner| {
            Ok(map::map(&Reader::open(&inner.file)?.rows()?, &focus, tokens))
        })
        .await
    }

    /// The files that matter most, seen from what is in focus, best first.
    ///
    /// # Errors
    /// [`IndexError::File`].
    pub async fn rank(&self, focus: &Focus, limit: usize) -> Result<Vec<Ranked>, IndexError> {
        let focus = focus.clone();
        self.blocking(move |inner| {
            Ok(map::rank(&Reader::open(&inner.file)?.rows()?, &focus, limit))
        })
        .await
    }

    /// Where a name is defined, and which files refer to it. The name alone, not qualified.
    ///
    /// # Errors
    /// [`IndexError::File`].
    pub async fn symbols(&self, name: &str) -> Result<SymbolAnswer, IndexError> {
        let name = name.to_owned();
        self.blocking(move |inner| Reader::open(&inner.file)?.symbols(&name)).await
    }

    /// How much is known.
    ///
    /// # Errors
    /// [`IndexError::File`].
    pub async fn stats(&self) -> Result<Stats, IndexError> {
        self.blocking(move |inner| Reader::open(&inner.file)?.stats()).await
    }

    /// Does what reads disks on a thread that may wait.
    pub(crate) async fn blocking<T: Send + 'static>(
        &self,
        act: impl FnOnce(&Inner) -> Result<T, IndexError> + Send + 'static,
    ) -> Result<T, IndexError> {
        let inner = Arc::clone(&self.inner);
        match tokio::task::spawn_blocking(move || act(&inner)).await {
            Ok(outcome) => outcome,
            Err(error) => match error.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                Err(_) => Err(IndexError::Ending),
            },
        }
    }
}

impl Inner {
    pub(crate) fn with_state<T>(
        &self,
        act: impl FnOnce(&mut State) -> Result<T, IndexError>,
    ) -> Result<T, IndexError> {
        // Each act is a transaction of its own: one that broke off has changed nothing.
        act(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Looks at one file; `None` where it is none of the project's.
    fn look_at(&self, path: &str, text: Option<&str>) -> Result<Option<Looked>, IndexError> {
        let Some(seen) = walk::file(&self.root, path) else { return Ok(None) };
        let known = self.with_state(|state| state.known_of(path))?;
        Ok(Some(match text {
            Some(text) => entry::look_at_text(&self.eyes(), seen.path, text, known),
            None => entry::look(&self.eyes(), seen, known),
        }))
    }

    /// What files are looked at with.
    pub(crate) fn eyes(&self) -> Eyes<'_> {
        let Self { root, project, limits, trees, .. } = self;
        Eyes { root, project, limits, trees }
    }
}
