//! A memory on a server that may go away: writes wait on disk then, and searches are answered from
//! elsewhere or refused, so that a task goes on.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use tokio::sync::watch;
use tokio::task::spawn_blocking;
use tokio::time::sleep;

use crate::queue::{Next, Queue, Replay, Taken, Waiting};
use crate::{Filter, Found, Kind, Memory, MemoryError, Passage, PassageId, Query, Stats};

/// For how long a server that cannot be reached is left alone, where nothing else is said.
const REST: Duration = Duration::from_secs(5);

/// Who answers searches while the server cannot be reached.
#[derive(Clone)]
pub enum Fallback {
    /// This memory, which is only read.
    ReadOnly(Arc<dyn Memory>),
    /// Nobody: they fail with [`MemoryError::Unreachable`].
    Refuse,
}

/// A memory whose writes wait on disk while it cannot be reached, in their order and over the end of
/// the process. Clones share everything.
#[derive(Clone)]
pub struct Served(Arc<Inner>);

struct Inner {
    memory: Arc<dyn Memory>,
    fallback: Fallback,
    queue: Queue,
    rest: Duration,
    lost: Mutex<Option<Lost>>,
    /// Whether writes wait, as far as this process knows.
    waits: watch::Sender<bool>,
}

/// That the server could not be reached.
#[derive(Clone)]
struct Lost {
    error: MemoryError,
    since: Instant,
}

impl Served {
    /// Serves a memory that was `opened` before, with this outcome.
    ///
    /// # Errors
    /// What opening failed with, but where it is [`MemoryError::Unreachable`] and there is a fallback:
    /// then [`Self::lost`] says so, and it is tried again.
    pub async fn start(
        memory: Arc<dyn Memory>,
        opened: Result<(), MemoryError>,
        fallback: Fallback,
        queue: Queue,
    ) -> Result<Self, MemoryError> {
        Self::start_with_rest(memory, opened, fallback, queue, REST).await
    }

    /// The same, with how long the server is left alone when it cannot be reached; 5 s is usual.
    ///
    /// # Errors
    /// As [`Self::start`].
    pub async fn start_with_rest(
        memory: Arc<dyn Memory>,
        opened: Result<(), MemoryError>,
        fallback: Fallback,
        queue: Queue,
        rest: Duration,
    ) -> Result<Self, MemoryError> {
        let lost = match (opened, &fallback) {
            (Ok(()), _) => None,
            (Err(error @ MemoryError::Unreachable { .. }), Fallback::ReadOnly(_)) => {
                Some(Lost { error, since: Instant::now() })
            }
            (Err(error), _) => return Err(error),
        };
        let (waits, _) = watch::channel(false);
        let inner = Inner { memory, fallback, queue, rest, lost: Mutex::new(lost), waits };
        let served = Self(Arc::new(inner));
        if !served.0.nothing_waits().await? {
            served.try_again_later();
        }
        Ok(served)
    }

    /// Why the server is not asked at the moment, where it could not be reached.
    #[must_use]
    pub fn lost(&self) -> Option<MemoryError> {
        self.0.lost().as_ref().map(|lost| lost.error.clone())
    }

    /// Waits until no write waits any more.
    pub async fn settled(&self) {
        let mut waits = self.0.waits.subscribe();
        // The sender lives as long as this does.
        drop(waits.wait_for(|waits| !waits).await);
    }

    async fn write(&self, write: Waiting) -> Result<(), MemoryError> {
        if self.0.is_resting() || !self.0.catch_up().await? {
            return self.put_off(write).await;
        }
        match self.0.carry_out(write.clone()).await {
            Err(MemoryError::Unreachable { .. }) => self.put_off(write).await,
            done => done,
        }
    }

    async fn put_off(&self, write: Waiting) -> Result<(), MemoryError> {
        let taken = self.0.on_disk(move |queue| queue.add(&write)).await?;
        self.try_again_later();
        match (taken, self.lost()) {
            (Taken::Yes, _) => Ok(()),
            (Taken::Full, Some(lost)) => Err(lost),
            (Taken::Full, None) => Err(self.0.queue_failed("it is full".to_owned())),
        }
    }

    /// Carries out what waits as soon as that is possible, for as long as anybody has this memory.
    fn try_again_later(&self) {
        if self.0.waits.send_replace(true) {
            return;
        }
        let (inner, rest) = (Arc::downgrade(&self.0), self.0.rest);
        tokio::spawn(async move {
            loop {
                sleep(rest).await;
                let Some(inner) = Weak::upgrade(&inner) else { return };
                match inner.catch_up().await {
                    Ok(true) => return,
                    Ok(false) => {}
                    Err(error) => tracing::warn!(%error, "writes to the memory still wait"),
                }
            }
        });
    }
}

impl Inner {
    fn lost(&self) -> MutexGuard<'_, Option<Lost>> {
        self.lost.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the server was tried in vain a moment ago.
    fn is_resting(&self) -> bool {
        self.lost().as_ref().is_some_and(|lost| lost.since.elapsed() < self.rest)
    }

    /// Notes whether the server could be reached.
    fn noted<T>(&self, answer: Result<T, MemoryError>) -> Result<T, MemoryError> {
        let mut lost = self.lost();
        match &answer {
            Err(error @ MemoryError::Unreachable { .. }) => {
                if lost.is_none() {
                    tracing::warn!(%error, "writes wait on disk for now");
                }
                *lost = Some(Lost { error: error.clone(), since: Instant::now() });
            }
            _ => *lost = None,
        }
        drop(lost);
        answer
    }

    /// Asks the server, unless it was tried in vain a moment ago.
    async fn ask<T>(
        &self,
        answer: impl Future<Output = Result<T, MemoryError>>,
    ) -> Result<T, MemoryError> {
        if self.is_resting()
            && let Some(lost) = self.lost().clone()
        {
            return Err(lost.error);
        }
        self.noted(answer.await)
    }

    async fn carry_out(&self, write: Waiting) -> Result<(), MemoryError> {
        let done = match write {
            Waiting::Remember { passages } => self.memory.remember(passages).await,
            Waiting::Replace { project, kind, path, passages } => {
                self.memory.replace(&project, kind, &path, passages).await
            }
        };
        self.noted(done)
    }

    /// Carries out what waits, and says whether nothing waits any more.
    async fn catch_up(&self) -> Result<bool, MemoryError> {
        let caught_up = self.nothing_waits().await? || self.carry_out_all().await?;
        if caught_up {
            self.waits.send_replace(false);
        }
        Ok(caught_up)
    }

    async fn carry_out_all(&self) -> Result<bool, MemoryError> {
        let Some(mut replay) = self.on_disk(|queue| queue.replay()).await? else {
            return Ok(false);
        };
        loop {
            let (next, length);
            (replay, next, length) = self.read_next(replay).await?;
            match next {
                Next::Nothing => return Ok(true),
                Next::Unreadable(why) => tracing::warn!(%why, "a waiting write was left out"),
                Next::Write(write) => match self.carry_out(write.clone()).await {
                    Ok(()) => {}
                    Err(MemoryError::Unreachable { .. }) => return Ok(false),
                    Err(error @ MemoryError::Foreign { .. }) => return Err(error),
                    Err(error @ MemoryError::Failed { .. }) => {
                        tracing::warn!(%error, "a waiting write was refused, and is set aside");
                        self.on_disk(move |queue| queue.set_aside(&write)).await?;
                    }
                },
            }
            replay = self.on_disk(move |_| replay.done(length).map(|()| replay)).await?;
        }
    }

    async fn read_next(&self, mut replay: Replay) -> Result<(Replay, Next, u64), MemoryError> {
        self.on_disk(move |_| replay.next().map(|(next, length)| (replay, next, length))).await
    }

    async fn nothing_waits(&self) -> Result<bool, MemoryError> {
        self.on_disk(|queue| Ok(queue.is_empty())).await
    }

    /// Does what blocks on a thread that may.
    async fn on_disk<T: Send + 'static>(
        &self,
        act: impl FnOnce(&Queue) -> io::Result<T> + Send + 'static,
    ) -> Result<T, MemoryError> {
        let queue = self.queue.clone();
        let done = spawn_blocking(move || act(&queue)).await;
        let done = done.unwrap_or_else(|died| std::panic::resume_unwind(died.into_panic()));
        done.map_err(|error| self.queue_failed(error.to_string()))
    }

    fn queue_failed(&self, why: String) -> MemoryError {
        MemoryError::Failed { place: self.queue.folder().display().to_string(), why }
    }
}

#[async_trait]
impl Memory for Served {
    /// Succeeds where the write waits on disk, too; it is found once it was carried out.
    async fn remember(&self, passages: Vec<Passage>) -> Result<(), MemoryError> {
        self.write(Waiting::Remember { passages }).await
    }

    /// As [`Self::remember`].
    async fn replace(
        &self,
        project: &str,
        kind: Kind,
        path: &str,
        passages: Vec<Passage>,
    ) -> Result<(), MemoryError> {
        let (project, path) = (project.to_owned(), path.to_owned());
        self.write(Waiting::Replace { project, kind, path, passages }).await
    }

    async fn search(&self, query: &Query) -> Result<Vec<Found>, MemoryError> {
        match (self.0.ask(self.0.memory.search(query)).await, &self.0.fallback) {
            (Err(MemoryError::Unreachable { .. }), Fallback::ReadOnly(fallback)) => {
                fallback.search(query).await
            }
            (answer, _) => answer,
        }
    }

    /// Never waits on disk: who has something forgotten is told whether it is.
    async fn forget(&self, filter: &Filter) -> Result<u64, MemoryError> {
        let inner = &self.0;
        inner
            .ask(async {
                if inner.catch_up().await? {
                    return inner.memory.forget(filter).await;
                }
                let lost = self.lost();
                Err(lost.unwrap_or_else(|| MemoryError::Unreachable {
                    place: inner.queue.folder().display().to_string(),
                    why: "another process carries out writes that waited; try again in a moment"
                        .to_owned(),
                }))
            })
            .await
    }

    async fn page(
        &self,
        filter: &Filter,
        after: Option<PassageId>,
        limit: usize,
    ) -> Result<Vec<Passage>, MemoryError> {
        self.0.ask(self.0.memory.page(filter, after, limit)).await
    }

    async fn stats(&self) -> Result<Stats, MemoryError> {
        match (self.0.ask(self.0.memory.stats()).await, &self.0.fallback) {
            (Err(MemoryError::Unreachable { .. }), Fallback::ReadOnly(fallback)) => {
                fallback.stats().await
            }
            (answer, _) => answer,
        }
    }
}
