//! What people may do with a project's memory, from the command line and from editors alike.

use std::path::Path;
use std::time::SystemTime;

use devika_agent::Mask;
use devika_memory::{Filter, Found, Kind, Memory as _, MemoryError, Passage, Query, Stats};

use super::ConfiguredMemory;

/// The memory of one project; of all of them where the user says so.
pub(crate) struct OfProject<'m> {
    memory: &'m ConfiguredMemory,
    project: String,
    all: bool,
}

/// Which passages are to be forgotten.
#[derive(Debug, Clone, Default)]
pub(crate) struct Forgettable {
    /// Only these.
    pub(crate) kind: Option<Kind>,
    /// What the source begins with.
    pub(crate) source: Option<String>,
    /// All of them, where neither of the others is named.
    pub(crate) everything: bool,
}

/// Why nothing is done.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refused {
    /// What is asked is incomplete.
    #[error("{0}")]
    Usage(&'static str),
    /// The memory cannot.
    #[error(transparent)]
    Memory(#[from] MemoryError),
}

impl<'m> OfProject<'m> {
    /// The memory of the project in this folder, which is canonical.
    pub(crate) fn new(memory: &'m ConfiguredMemory, root: &Path) -> Self {
        Self { memory, project: root.display().to_string(), all: false }
    }

    /// That of all projects.
    pub(crate) fn of_all(self) -> Self {
        Self { all: true, ..self }
    }

    /// The passages that are meant by a kind; all of them without.
    pub(crate) fn filter(&self, kind: Option<Kind>) -> Filter {
        Filter {
            project: (!self.all).then(|| self.project.clone()),
            kinds: kind.into_iter().collect(),
            ..Filter::default()
        }
    }

    /// What fits a text best, best first.
    ///
    /// # Errors
    /// [`MemoryError`].
    pub(crate) async fn search(
        &self,
        text: &str,
        kind: Option<Kind>,
        limit: usize,
    ) -> Result<Vec<Found>, MemoryError> {
        let query = Query { text: text.to_owned(), filter: self.filter(kind), limit };
        self.memory.search(&query).await
    }

    /// Remembers a note of the user's; what looks like a key in it is covered.
    ///
    /// # Errors
    /// [`Refused::Usage`] for an empty note.
    pub(crate) async fn remember(&self, text: &str, shared: bool) -> Result<(), Refused> {
        if text.trim().is_empty() {
            return Err(Refused::Usage("the note is empty; say what is to be remembered"));
        }
        let note = Passage {
            project: self.project.clone(),
            shared,
            kind: Kind::Note,
            source: "you".to_owned(),
            title: String::new(),
            text: Mask::new().cover(text.trim()),
            at: now(),
            expires: None,
        };
        Ok(self.memory.remember(vec![note]).await?)
    }

    /// Forgets, and says how many passages that were.
    ///
    /// # Errors
    /// [`Refused::Usage`] where nothing is named.
    pub(crate) async fn forget(&self, what: Forgettable) -> Result<u64, Refused> {
        let Forgettable { kind, source, everything } = what;
        if !everything && source.is_none() && kind.is_none() {
            return Err(Refused::Usage(
                "name what is to be forgotten: a kind, a source, or everything",
            ));
        }
        Ok(self.memory.forget(&Filter { source, ..self.filter(kind) }).await?)
    }

    /// How much is remembered of all projects, and where.
    ///
    /// # Errors
    /// [`MemoryError`].
    pub(crate) async fn stats(&self) -> Result<Stats, MemoryError> {
        self.memory.stats().await
    }
}

/// The kind that a word stands for.
///
/// # Errors
/// Which kinds there are.
pub(crate) fn kind(word: &str) -> Result<Kind, String> {
    let words = || Kind::ALL.map(Kind::word).join(", ");
    Kind::of_word(word).ok_or_else(|| format!("the kinds are {}", words()))
}

/// Milliseconds since 1970.
fn now() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
