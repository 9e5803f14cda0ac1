//! The memory that the configuration names, opened when it is first asked and not before.

mod examining;
mod of_project;

pub(crate) use self::examining::{Examined, examine};
pub(crate) use self::of_project::{Forgettable, OfProject, Refused, kind};

use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use devika_config::{self as config, Config, MemoryKind, Provider};
use devika_llm::Embeddings;
use devika_memory::qdrant::{Options, QdrantMemory};
use devika_memory::{
    Embedded, Embedder, Fallback, Filter, Found, Kind, Memory, MemoryError, Passage, PassageId,
    Query, Queue, Served, Stats,
};
use tokio::sync::OnceCell;

/// The configured memory. It is opened once a process; where that fails, the next who asks tries again.
pub(crate) struct ConfiguredMemory {
    config: config::Memory,
    providers: Vec<Provider>,
    /// Where the file of this machine is.
    file: PathBuf,
    /// Where writes wait while a server is away.
    queue: PathBuf,
    opened: OnceCell<Arc<dyn Memory>>,
}

impl ConfiguredMemory {
    /// The memory of a configuration, whose files are below `state`.
    pub(crate) fn new(config: &Config, state: &Path) -> Self {
        Self {
            config: config.memory.clone(),
            providers: config.providers.clone(),
            file: state.join("memory.db"),
            queue: state.join("memory-queue"),
            opened: OnceCell::new(),
        }
    }

    /// The same, kept in another place: what memories are moved to.
    pub(crate) fn kept(&self, kind: MemoryKind) -> Self {
        Self {
            config: config::Memory { kind, ..self.config.clone() },
            providers: self.providers.clone(),
            file: self.file.clone(),
            queue: self.queue.clone(),
            opened: OnceCell::new(),
        }
    }

    /// Opens the memory without what stands in for it: for commands that are about the place itself.
    ///
    /// # Errors
    /// [`MemoryError`].
    pub(crate) async fn bare(&self) -> Result<Arc<dyn Memory>, MemoryError> {
        let embedder = self.embedder()?;
        match self.config.kind {
            MemoryKind::Embedded => Ok(Arc::new(Embedded::open(&self.file, embedder).await?)),
            MemoryKind::Qdrant => {
                let memory = QdrantMemory::new(self.options().await?, embedder)?;
                memory.wait_until_ready().await?;
                Ok(Arc::new(memory))
            }
        }
    }

    /// Whether nothing was remembered yet: a file is made when there is something to remember, not to
    /// find nothing in it.
    fn is_new(&self) -> bool {
        self.config.kind == MemoryKind::Embedded && !self.file.exists()
    }

    async fn memory(&self) -> Result<&dyn Memory, MemoryError> {
        let opened = self.opened.get_or_try_init(|| async {
            match self.config.kind {
                MemoryKind::Embedded => self.bare().await,
                MemoryKind::Qdrant => self.served().await,
            }
        });
        Ok(opened.await?.as_ref())
    }

    /// The server's memory, with this machine's file to read while it is away.
    async fn served(&self) -> Result<Arc<dyn Memory>, MemoryError> {
        let embedder = self.embedder()?;
        let memory = Arc::new(QdrantMemory::new(self.options().await?, embedder.clone())?);
        let opened = memory.wait_until_ready().await;
        let fallback = match self.config.qdrant.reads_file_meanwhile && self.file.exists() {
            true => {
                let file = Embedded::open_read_only(&self.file, embedder).await?;
                Fallback::ReadOnly(Arc::new(file))
            }
            false => Fallback::Refuse,
        };
        let queue = Queue::open(&self.queue, self.config.qdrant.queue_bytes).map_err(|error| {
            MemoryError::Failed {
                place: self.queue.display().to_string(),
                why: format!("writes cannot wait there: {error}"),
            }
        })?;
        Ok(Arc::new(Served::start(memory, opened, fallback, queue).await?))
    }

    async fn options(&self) -> Result<Options, MemoryError> {
        let qdrant = &self.config.qdrant;
        let key = qdrant.key.clone();
        let read = tokio::task::spawn_blocking(move || key.map(|key| key.secret()).transpose());
        let key = read.await.unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()));
        Ok(Options {
            api_key: key.map_err(|error| MemoryError::Foreign {
                place: qdrant.url.clone(),
                why: error.to_string(),
            })?,
            collection: qdrant.collection.clone(),
            shards: qdrant.shards,
            replication_factor: qdrant.replication,
            write_consistency_factor: qdrant.write_consistency,
            ..Options::at(&qdrant.url)
        })
    }

    /// What makes vectors, where a model for it is configured.
    fn embedder(&self) -> Result<Option<Arc<dyn Embedder>>, MemoryError> {
        let Some(name) = &self.config.embeddings else { return Ok(None) };
        let wrong =
            |why: String| MemoryError::Foreign { place: "memory.embeddings".to_owned(), why };
        let (provider, model) = name
            .split_once('/')
            .ok_or_else(|| wrong(format!("{name:?} is no `provider/model`")))?;
        let provider = self
            .providers
            .iter()
            .find(|known| known.name == provider)
            .ok_or_else(|| wrong(format!("there is no provider `{provider}`")))?;
        let embeddings =
            Embeddings::new(provider, model).map_err(|error| wrong(error.to_string()))?;
        Ok(Some(Arc::new(ByProvider(embeddings))))
    }
}

/// Vectors by a provider's model.
struct ByProvider(Embeddings);

#[async_trait]
impl Embedder for ByProvider {
    fn model(&self) -> &str {
        self.0.name()
    }

    async fn embed(&self, texts: &[String]) -> Result<Vec<Vec<f32>>, String> {
        self.0.embed(texts).await.map_err(|error| error.to_string())
    }
}

#[async_trait]
impl Memory for ConfiguredMemory {
    async fn remember(&self, passages: Vec<Passage>) -> Result<(), MemoryError> {
        self.memory().await?.remember(passages).await
    }

    async fn replace(
        &self,
        project: &str,
        kind: Kind,
        path: &str,
        passages: Vec<Passage>,
    ) -> Result<(), MemoryError> {
        self.memory().await?.replace(project, kind, path, passages).await
    }

    async fn replace_many(
        &self,
        project: &str,
        kind: Kind,
        files: Vec<(String, Vec<Passage>)>,
    ) -> Result<(), MemoryError> {
        self.memory().await?.replace_many(project, kind, files).await
    }

    async fn search(&self, query: &Query) -> Result<Vec<Found>, MemoryError> {
        if self.is_new() {
            return Ok(Vec::new());
        }
        self.memory().await?.search(query).await
    }

    async fn forget(&self, filter: &Filter) -> Result<u64, MemoryError> {
        if self.is_new() {
            return Ok(0);
        }
        self.memory().await?.forget(filter).await
    }

    async fn page(
        &self,
        filter: &Filter,
        after: Option<PassageId>,
        limit: usize,
    ) -> Result<Vec<Passage>, MemoryError> {
        if self.is_new() {
            return Ok(Vec::new());
        }
        self.memory().await?.page(filter, after, limit).await
    }

    async fn stats(&self) -> Result<Stats, MemoryError> {
        if self.is_new() {
            let place = self.file.display().to_string();
            return Ok(Stats { place, counts: Vec::new(), without_vector: 0, bytes: None });
        }
        self.memory().await?.stats().await
    }
}
