//! Memory on a Qdrant server or cluster, over gRPC. Several programs may use one collection at once.

mod choice;
mod link;
mod point;
mod schema;
mod search;
mod write;

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use secrecy::SecretString;
use tokio::sync::Mutex;
use tokio::time::{Instant, sleep, timeout_at};

use self::link::Link;
pub use self::schema::Examined;
use self::write::Sweep;
use crate::{Embedder, Filter, Found, Kind, Memory, MemoryError, Passage, PassageId, Query, Stats};

/// How long an unreachable server is left alone before it is tried again while opening.
const OPENING_PAUSE: Duration = Duration::from_millis(250);

/// Where the server is, and what a collection that is made there is like. The numbers are for a
/// cluster; `None` leaves them to the server, and they change nothing in a collection that is there.
#[derive(Debug, Clone)]
pub struct Options {
    /// Its gRPC address, `http://127.0.0.1:6334`; `https` for TLS by the system's certificates.
    pub address: String,
    /// The API key, where the server wants one.
    pub api_key: Option<SecretString>,
    /// The collection; made where it is missing.
    pub collection: String,
    /// How long one request may take, a new connection included.
    pub timeout: Duration,
    /// How long [`QdrantMemory::open`] waits for a server that cannot be reached.
    pub opening: Duration,
    /// Into how many shards the collection is cut.
    pub shards: Option<u32>,
    /// How many copies of each shard there are.
    pub replication_factor: Option<u32>,
    /// How many copies must have taken a write before it counts.
    pub write_consistency_factor: Option<u32>,
}

impl Options {
    /// The defaults: collection `devika`, 10 s for a request and for opening, no key.
    #[must_use]
    pub fn at(address: impl Into<String>) -> Self {
        Self {
            address: address.into(),
            api_key: None,
            collection: "devika".to_owned(),
            timeout: Duration::from_secs(10),
            opening: Duration::from_secs(10),
            shards: None,
            replication_factor: None,
            write_consistency_factor: None,
        }
    }
}

/// A memory that a Qdrant server keeps.
pub struct QdrantMemory {
    link: Link,
    options: Options,
    dense: Option<Dense>,
    /// What is known of the collection, once it was made or checked.
    ready: Mutex<Option<Ready>>,
    sweep: Sweep,
}

/// Vectors of what passages mean, and the name that the server has for them.
struct Dense {
    embedder: Arc<dyn Embedder>,
    vector: String,
}

/// What is known of a collection that is there and ours.
#[derive(Debug, Clone, Copy)]
struct Ready {
    /// The length of the embedder's vectors; none until the first was made.
    dimension: Option<u64>,
}

impl QdrantMemory {
    /// A memory that connects with its first request. Without an embedder passages are found by their
    /// words alone.
    ///
    /// # Errors
    /// [`MemoryError::Foreign`] where the address is none.
    pub fn new(options: Options, embedder: Option<Arc<dyn Embedder>>) -> Result<Self, MemoryError> {
        let dense = embedder
            .map(|embedder| Dense { vector: schema::dense_name(embedder.as_ref()), embedder });
        let link = Link::new(&options)?;
        Ok(Self { link, options, dense, ready: Mutex::new(None), sweep: Sweep::default() })
    }

    /// The same, connected: the collection is there and is Devika's.
    ///
    /// # Errors
    /// [`MemoryError::Unreachable`] after [`Options::opening`], [`MemoryError::Foreign`] at once.
    pub async fn open(
        options: Options,
        embedder: Option<Arc<dyn Embedder>>,
    ) -> Result<Self, MemoryError> {
        let memory = Self::new(options, embedder)?;
        memory.wait_until_ready().await?;
        Ok(memory)
    }

    /// Makes or checks the collection, and waits for a server that cannot be reached, up to
    /// [`Options::opening`].
    ///
    /// # Errors
    /// As [`Self::open`].
    pub async fn wait_until_ready(&self) -> Result<(), MemoryError> {
        let deadline = Instant::now() + self.options.opening;
        let mut last = None;
        while let Ok(ready) = timeout_at(deadline, self.ready()).await {
            match ready {
                Err(error @ MemoryError::Unreachable { .. }) => last = Some(error),
                other => return other.map(drop),
            }
            if Instant::now() + OPENING_PAUSE >= deadline {
                break;
            }
            sleep(OPENING_PAUSE).await;
        }
        let waited = self.options.opening;
        Err(last.unwrap_or_else(|| self.link.unreachable(format!("no answer within {waited:?}"))))
    }

    /// Looks at the server and its collection, and makes nothing.
    ///
    /// # Errors
    /// As [`Self::open`]; [`MemoryError::Unreachable`] at once.
    pub async fn examine(&self) -> Result<Examined, MemoryError> {
        schema::examine(&self.link, &self.options).await
    }

    /// What is known of the collection, which is made or checked where that was not done yet, or
    /// where it has gone.
    async fn ready(&self) -> Result<Ready, MemoryError> {
        let mut known = self.ready.lock().await;
        if let Some(ready) = *known
            && !self.link.take_gone()
        {
            return Ok(ready);
        }
        *known = None;
        let info = schema::prepare(&self.link, &self.options).await?;
        let dense = self.dense.as_ref();
        let dimension = dense.and_then(|dense| schema::dimension(&info, &dense.vector));
        Ok(*known.insert(Ready { dimension }))
    }

    /// The length of the collection's vectors for this embedder, whose vectors have `length`: the
    /// first ones set it.
    async fn settle_dimension(&self, dense: &Dense, length: u64) -> Result<(), MemoryError> {
        let mut known = self.ready.lock().await;
        let there = match known.and_then(|ready| ready.dimension) {
            Some(there) => there,
            None => {
                let collection = &self.options.collection;
                schema::add_dense(&self.link, collection, &dense.vector, length).await?
            }
        };
        *known = Some(Ready { dimension: Some(there) });
        if there == length {
            return Ok(());
        }
        Err(self.link.foreign(format!(
            "its vectors of {model} have {there} numbers, and now {model} makes {length}; name \
             another collection, or another model",
            model = dense.embedder.model()
        )))
    }
}

/// Now, in milliseconds since 1970 (UTC).
fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

#[async_trait]
impl Memory for QdrantMemory {
    async fn remember(&self, passages: Vec<Passage>) -> Result<(), MemoryError> {
        self.remember_all(passages).await
    }

    async fn replace(
        &self,
        project: &str,
        kind: Kind,
        path: &str,
        passages: Vec<Passage>,
    ) -> Result<(), MemoryError> {
        self.replace_from(project, kind, path, passages).await
    }

    async fn search(&self, query: &Query) -> Result<Vec<Found>, MemoryError> {
        self.find(query).await
    }

    async fn forget(&self, filter: &Filter) -> Result<u64, MemoryError> {
        self.forget_chosen(filter).await
    }

    async fn page(
        &self,
        filter: &Filter,
        after: Option<PassageId>,
        limit: usize,
    ) -> Result<Vec<Passage>, MemoryError> {
        self.page_of(filter, after, limit).await
    }

    async fn stats(&self) -> Result<Stats, MemoryError> {
        self.count_all().await
    }
}
