//! The port: what the pipeline and the commands ask of a memory, wherever it is kept.

use async_trait::async_trait;

use crate::passage::{Kind, Passage, PassageId};

/// Keeps passages and finds them again. Several processes may use the same memory.
#[async_trait]
pub trait Memory: Send + Sync {
    /// Remembers passages; those it has already stay as they are, but for their time and expiry. They
    /// are found from now on, and survive the process.
    ///
    /// # Errors
    /// [`MemoryError`]; then none or some of them are remembered, and remembering all again is right.
    async fn remember(&self, passages: Vec<Passage>) -> Result<(), MemoryError>;

    /// Makes `passages` all that is remembered of `kind` from `path` in `project`: what is no longer
    /// there is forgotten, in the same moment. A source belongs to `path` where it equals it, or begins
    /// with it and `#`.
    ///
    /// # Errors
    /// [`MemoryError`]; then nothing has changed.
    async fn replace(
        &self,
        project: &str,
        kind: Kind,
        path: &str,
        passages: Vec<Passage>,
    ) -> Result<(), MemoryError>;

    /// [`Memory::replace`] for many paths, each with its passages: a memory that can makes one write of
    /// it, which a whole project needs.
    ///
    /// # Errors
    /// [`MemoryError`]; then some of the paths are replaced, and replacing all again is right.
    async fn replace_many(
        &self,
        project: &str,
        kind: Kind,
        files: Vec<(String, Vec<Passage>)>,
    ) -> Result<(), MemoryError> {
        for (path, passages) in files {
            self.replace(project, kind, &path, passages).await?;
        }
        Ok(())
    }

    /// The passages that fit a query best, best first.
    ///
    /// # Errors
    /// [`MemoryError`].
    async fn search(&self, query: &Query) -> Result<Vec<Found>, MemoryError>;

    /// Forgets what a filter chooses, and says how many passages that were.
    ///
    /// # Errors
    /// [`MemoryError`].
    async fn forget(&self, filter: &Filter) -> Result<u64, MemoryError>;

    /// Up to `limit` passages that a filter chooses, in the order of their ids, after `after`: how
    /// memories are exported and moved, vectors left out (they are embedded again, or come from the
    /// cache by content).
    ///
    /// # Errors
    /// [`MemoryError`].
    async fn page(
        &self,
        filter: &Filter,
        after: Option<PassageId>,
        limit: usize,
    ) -> Result<Vec<Passage>, MemoryError>;

    /// How much is remembered, and where.
    ///
    /// # Errors
    /// [`MemoryError`].
    async fn stats(&self) -> Result<Stats, MemoryError>;
}

/// Makes vectors of texts, by a model that was chosen once.
#[async_trait]
pub trait Embedder: Send + Sync {
    /// The model, `provider/model`: vectors of different models are never compared.
    fn model(&self) -> &str;

    /// A vector a text, in their order and all of one length. For as many texts as are given; the
    /// embedder cuts them into requests.
    ///
    /// # Errors
    /// Why there are no vectors, and what to do, as the end of a sentence.
    async fn embed(&self, texts: &[String]) -> Result<Vec<Vec<f32>>, String>;
}

/// Which passages are meant. Passages that have expired never are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// The project whose passages count; for a search also the shared ones of others. `None`: all
    /// projects, which only commands of the user ask for.
    pub project: Option<String>,
    /// The kinds that count; none named: all.
    pub kinds: Vec<Kind>,
    /// What the source begins with.
    pub source: Option<String>,
    /// What is at least as new as this, in milliseconds since 1970 (UTC).
    pub since: Option<u64>,
    /// What is older than this, in milliseconds since 1970 (UTC).
    pub before: Option<u64>,
}

/// What is looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// Words, identifiers, a sentence: what the passages should speak of.
    pub text: String,
    /// Which passages count.
    pub filter: Filter,
    /// How many are wanted at most.
    pub limit: usize,
}

/// A passage that was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// The passage.
    pub passage: Passage,
    /// How well it fits, by reciprocal rank: comparable within one answer alone.
    pub score: f32,
}

/// How much is remembered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stats {
    /// Where, for people: a file or an address.
    pub place: String,
    /// How many passages a project and kind, ordered by both.
    pub counts: Vec<KindCount>,
    /// How many passages have no vector yet.
    pub without_vector: u64,
    /// Bytes on disk, where that is known.
    pub bytes: Option<u64>,
}

/// A line of [`Stats`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KindCount {
    /// The project.
    pub project: String,
    /// The kind.
    pub kind: Kind,
    /// How many passages.
    pub passages: u64,
}

/// Why memory cannot serve.
#[derive(Debug, Clone, thiserror::Error)]
pub enum MemoryError {
    /// It cannot be reached now; later it may be.
    #[error("the memory at {place} cannot be reached: {why}")]
    Unreachable {
        /// Its file or address.
        place: String,
        /// Why, and what to do next.
        why: String,
    },
    /// It was made by a newer Devika, or is another program's.
    #[error("the memory at {place} cannot be used: {why}")]
    Foreign {
        /// Its file or address.
        place: String,
        /// Why, and what to do next.
        why: String,
    },
    /// It answered with an error.
    #[error("the memory at {place} failed: {why}")]
    Failed {
        /// Its file or address.
        place: String,
        /// What it said.
        why: String,
    },
}
