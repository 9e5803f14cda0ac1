//! The memory in one SQLite file, which several processes may use at once. What was remembered is on
//! the disk, and is found by its words; vectors come in the background, where there is an embedder.

mod asking;
mod codes;
mod connections;
mod dense;
mod embedding;
mod fault;
mod frequencies;
mod listing;
mod progress;
mod rows;
mod schema;
mod search;
mod shelves;
mod signs;
mod vectors;
mod weights;
mod words;
mod write;

use std::{
    path::Path,
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use async_trait::async_trait;
use tokio::task::AbortHandle;

use crate::{Embedder, Filter, Found, Kind, Memory, MemoryError, Passage, PassageId, Query, Stats};
use asking::Asking;
use connections::Connections;
use embedding::Worker;
use progress::Progress;
use search::{Asked, Kept};

/// How many passages are written at once, so that other processes come in between.
const WRITTEN_AT_ONCE: usize = 256;

/// The memory in one file.
pub struct Embedded {
    connections: Arc<Connections>,
    kept: Arc<Kept>,
    asking: Option<Asking>,
    /// None where nothing is embedded in the background.
    background: Option<Background>,
}

/// The worker that embeds.
struct Background {
    progress: Arc<Progress>,
    worker: AbortHandle,
}

impl Embedded {
    /// Opens the memory in that file, or makes it, readable by its owner alone. Within a Tokio runtime,
    /// where passages without a vector of the embedder's model are embedded from now on until the memory
    /// is dropped. Without an embedder passages are found by their words.
    ///
    /// # Errors
    /// [`MemoryError::Foreign`] where the file is damaged, another program's or a newer Devika's; it is
    /// left as it is. [`MemoryError::Unreachable`] where it cannot be opened.
    pub async fn open(
        path: &Path,
        embedder: Option<Arc<dyn Embedder>>,
    ) -> Result<Self, MemoryError> {
        let connections = Arc::new(off_thread(path, Connections::open).await?);
        let background = match &embedder {
            Some(embedder) => Some(Background::start(&connections, embedder).await?),
            None => None,
        };
        let asking = embedder.map(Asking::new);
        Ok(Self { connections, kept: Arc::default(), asking, background })
    }

    /// Opens a memory that is there for reading alone: what would write fails, and nothing is embedded
    /// but what is looked for.
    ///
    /// # Errors
    /// As [`Embedded::open`]; also where the file has an older format.
    pub async fn open_read_only(
        path: &Path,
        embedder: Option<Arc<dyn Embedder>>,
    ) -> Result<Self, MemoryError> {
        let connections = Arc::new(off_thread(path, Connections::open_read_only).await?);
        let asking = embedder.map(Asking::new);
        Ok(Self { connections, kept: Arc::default(), asking, background: None })
    }

    /// The format of the files that this program uses, and brings older ones to.
    #[must_use]
    pub fn format() -> u32 {
        schema::newest()
    }

    /// Waits until all that was remembered so far has its vector. It does at once where nothing is
    /// embedded.
    ///
    /// # Errors
    /// [`MemoryError::Failed`] where the embedder fails meanwhile; it is asked again later.
    pub async fn wait_until_embedded(&self) -> Result<(), MemoryError> {
        let Some(background) = &self.background else { return Ok(()) };
        background.progress.wait().await.map_err(|why| MemoryError::Failed {
            place: fault::place(self.connections.path()),
            why: format!("passages have no vectors yet: {why}"),
        })
    }

    fn wake(&self) {
        if let Some(background) = &self.background {
            background.progress.ask();
        }
    }

    async fn asked(&self, query: &Query) -> Option<Asked> {
        let asking = self.asking.as_ref()?;
        let unit = asking.unit_of(&query.text).await?;
        Some(Asked { unit, model: asking.embedder.model().to_owned() })
    }
}

impl Background {
    async fn start(
        connections: &Arc<Connections>,
        embedder: &Arc<dyn Embedder>,
    ) -> Result<Self, MemoryError> {
        let name = embedder.model().to_owned();
        let model = connections.write(move |file| vectors::use_model(file, &name, now())).await?;
        let progress = Progress::new();
        let worker = Worker {
            connections: Arc::clone(connections),
            embedder: Arc::clone(embedder),
            progress: Arc::clone(&progress),
        };
        Ok(Self { progress, worker: tokio::spawn(worker.run(model)).abort_handle() })
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        self.worker.abort();
    }
}

#[async_trait]
impl Memory for Embedded {
    async fn remember(&self, passages: Vec<Passage>) -> Result<(), MemoryError> {
        let mut passages = passages.into_iter().peekable();
        while passages.peek().is_some() {
            let some: Vec<Passage> = passages.by_ref().take(WRITTEN_AT_ONCE).collect();
            let write = self.connections.write(move |file| {
                write::remember(file, &some)?;
                write::sweep(file, now())
            });
            write.await?;
            self.wake();
        }
        Ok(())
    }

    async fn replace(
        &self,
        project: &str,
        kind: Kind,
        path: &str,
        passages: Vec<Passage>,
    ) -> Result<(), MemoryError> {
        let (project, path) = (project.to_owned(), path.to_owned());
        let write = self.connections.write(move |file| {
            write::replace(file, &project, kind, &path, &passages, now())?;
            write::sweep(file, now())
        });
        write.await?;
        self.wake();
        Ok(())
    }

    async fn replace_many(
        &self,
        project: &str,
        kind: Kind,
        files: Vec<(String, Vec<Passage>)>,
    ) -> Result<(), MemoryError> {
        let mut files = files.into_iter().peekable();
        while files.peek().is_some() {
            let (mut some, mut passages) = (Vec::new(), 0);
            while let Some(file) = files.next_if(|_| passages < WRITTEN_AT_ONCE) {
                passages += file.1.len();
                some.push(file);
            }
            let project = project.to_owned();
            let write = self.connections.write(move |file| {
                for (path, passages) in &some {
                    write::replace(file, &project, kind, path, passages, now())?;
                }
                write::sweep(file, now())
            });
            write.await?;
            self.wake();
        }
        Ok(())
    }

    async fn search(&self, query: &Query) -> Result<Vec<Found>, MemoryError> {
        if query.limit == 0 {
            return Ok(Vec::new());
        }
        let (asked, kept, query) = (self.asked(query).await, Arc::clone(&self.kept), query.clone());
        let read = self
            .connections
            .read(move |file| search::search(file, &kept, &query, asked.as_ref(), now()));
        let answer = read.await?;
        if let (true, Some(background)) = (answer.is_misfit, &self.background) {
            background.progress.found_misfit();
        }
        Ok(answer.found)
    }

    async fn forget(&self, filter: &Filter) -> Result<u64, MemoryError> {
        let mut all = 0;
        loop {
            let filter = filter.clone();
            let write = self
                .connections
                .write(move |file| write::forget(file, &filter, now(), WRITTEN_AT_ONCE));
            let forgotten = write.await?;
            all += forgotten as u64;
            if forgotten < WRITTEN_AT_ONCE {
                return Ok(all);
            }
        }
    }

    async fn page(
        &self,
        filter: &Filter,
        after: Option<PassageId>,
        limit: usize,
    ) -> Result<Vec<Passage>, MemoryError> {
        let filter = filter.clone();
        self.connections.read(move |file| listing::page(file, &filter, after, limit, now())).await
    }

    async fn stats(&self) -> Result<Stats, MemoryError> {
        let place = fault::place(self.connections.path());
        let model = self.asking.as_ref().map(|asking| asking.embedder.model().to_owned());
        self.connections
            .read(move |file| listing::stats(file, place, model.as_deref(), now()))
            .await
    }
}

/// Milliseconds since 1970.
fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

async fn off_thread(
    path: &Path,
    open: fn(&Path) -> Result<Connections, MemoryError>,
) -> Result<Connections, MemoryError> {
    let path = path.to_owned();
    let place = fault::place(&path);
    tokio::task::spawn_blocking(move || open(&path))
        .await
        .unwrap_or_else(|error| Err(MemoryError::Failed { place, why: error.to_string() }))
}
