//! Brings the index to what the project is now.

use std::collections::HashMap;
use std::fs::{File, TryLockError};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use devika_memory::{Kind, Memory, Passage};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::entry::{self, Looked};
use crate::error::IndexError;
use crate::index::{Index, Inner};
use crate::stamp::Stamp;
use crate::state::{Entry, Known};
use crate::walk::{self, Seen};

/// Threads that read and parse: an editor's machine has other work.
const THREADS: usize = 2;

/// Files that wait between those who read and the one who writes.
const WAITING: usize = 16;

/// A batch ends with so many files, or bytes of their passages.
const BATCH_FILES: usize = 256;
const BATCH_BYTES: usize = 1024 * 1024;

/// How often the lock is tried that another process holds while it refreshes. The system tells nobody
/// when a lock becomes free.
const RETRY: Duration = Duration::from_millis(100);

/// How far a refresh has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Files that are done.
    pub done: usize,
    /// Files that were new, changed or gone when it began.
    pub of: usize,
}

/// What a refresh did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Refreshed {
    /// Files that the project has.
    pub files: usize,
    /// Files whose text is new or changed.
    pub changed: usize,
    /// Files that only looked changed.
    pub same: usize,
    /// Files that are gone.
    pub gone: usize,
    /// Whether it came to its end; else it was cancelled, and the next one goes on from there.
    pub is_complete: bool,
}

impl Index {
    /// Brings the index and the memory to what the project is now: reads what is new, looks changed or
    /// is uncertain, and forgets what is gone. `progress` is told after each batch, which is kept from
    /// then on, whatever happens to the program. One process does it at a time; the others wait, and
    /// find it done.
    ///
    /// # Errors
    /// [`IndexError`]; what was done until then is kept.
    pub async fn refresh(
        &self,
        memory: &dyn Memory,
        progress: impl Fn(Progress) + Send + Sync,
        cancel: &CancellationToken,
    ) -> Result<Refreshed, IndexError> {
        let Some(_lock) = self.lock(cancel).await? else { return Ok(Refreshed::default()) };
        self.doubt_another_memory(memory).await?;
        let plan = self.blocking(Plan::of).await?;
        let mut round = Round {
            index: self,
            memory,
            progress: Progress { done: 0, of: plan.to_read.len() + plan.gone.len() },
            tell: &progress,
            done: Refreshed { files: plan.files, ..Refreshed::default() },
        };
        round.forget(plan.gone, cancel).await?;
        round.read(plan.to_read, cancel).await?;
        round.done.is_complete = !cancel.is_cancelled();
        Ok(round.done)
    }

    /// The right to refresh; `None` where it is cancelled before.
    async fn lock(&self, cancel: &CancellationToken) -> Result<Option<File>, IndexError> {
        let mut path = self.inner.file.clone().into_os_string();
        path.push(".lock");
        let path = PathBuf::from(path);
        let refused = |error: std::io::Error| IndexError::File {
            file: path.clone(),
            why: format!("it cannot be locked ({error})"),
        };
        let file = File::create(&path).map_err(refused)?;
        let mut again = tokio::time::interval(RETRY);
        loop {
            tokio::select! {
                () = cancel.cancelled() => return Ok(None),
                _ = again.tick() => {}
            }
            match file.try_lock() {
                Ok(()) => return Ok(Some(file)),
                Err(TryLockError::WouldBlock) => {}
                Err(TryLockError::Error(error)) => return Err(refused(error)),
            }
        }
    }

    /// Where the memory is another one, or has lost most of what it was given, all is given again.
    async fn doubt_another_memory(&self, memory: &dyn Memory) -> Result<(), IndexError> {
        let stats = memory.stats().await?;
        let project = &self.inner.project;
        let own =
            |line: &&devika_memory::KindCount| line.project == *project && line.kind == Kind::Code;
        let has: u64 = stats.counts.iter().filter(own).map(|line| line.passages).sum();
        self.blocking(move |inner| {
            inner.with_state(|state| {
                let is_same = state.memory_place()?.is_some_and(|place| place == stats.place);
                if !is_same || has < state.given()? / 2 {
                    state.doubt()?;
                    state.set_memory_place(&stats.place)?;
                }
                Ok(())
            })
        })
        .await
    }
}

/// What a refresh has to do.
struct Plan {
    files: usize,
    to_read: Vec<(Seen, Option<Known>)>,
    gone: Vec<String>,
}

impl Plan {
    fn of(inner: &Inner) -> Result<Self, IndexError> {
        let seen = walk::files(&inner.root, inner.limits.files)?;
        let mut known: HashMap<String, Known> = inner.with_state(|state| state.known())?;
        let files = seen.len();
        let mut to_read = Vec::new();
        for seen in seen {
            let known = known.remove(&seen.path);
            if !known.is_some_and(|known| known.is_of(&seen.stamp)) {
                to_read.push((seen, known));
            }
        }
        let mut gone: Vec<String> = known.into_keys().collect();
        gone.sort_unstable();
        Ok(Self { files, to_read, gone })
    }
}

impl Known {
    /// Whether a file that looks like this has the text that is known.
    fn is_of(&self, stamp: &Stamp) -> bool {
        self.hash.is_some() && self.stamp == *stamp && stamp.changed != 0
    }
}

struct Round<'a> {
    index: &'a Index,
    memory: &'a dyn Memory,
    progress: Progress,
    tell: &'a (dyn Fn(Progress) + Send + Sync),
    done: Refreshed,
}

impl Round<'_> {
    async fn forget(
        &mut self,
        gone: Vec<String>,
        cancel: &CancellationToken,
    ) -> Result<(), IndexError> {
        for batch in gone.chunks(BATCH_FILES) {
            if cancel.is_cancelled() {
                break;
            }
            let paths = batch.to_vec();
            let files = paths.iter().map(|path| (path.clone(), Vec::new())).collect();
            self.index.give(self.memory, files).await?;
            self.index
                .blocking(move |inner| inner.with_state(|state| state.remove(&paths)))
                .await?;
            self.done.gone += batch.len();
            self.advance(batch.len());
        }
        Ok(())
    }

    async fn read(
        &mut self,
        to_read: Vec<(Seen, Option<Known>)>,
        cancel: &CancellationToken,
    ) -> Result<(), IndexError> {
        let mut looked = read_all(self.index, to_read, cancel);
        let mut batch = Batch::default();
        while let Some((path, looked)) = looked.recv().await {
            batch.add(path, looked);
            if batch.is_full() {
                self.keep(std::mem::take(&mut batch)).await?;
            }
        }
        self.keep(batch).await
    }

    async fn keep(&mut self, batch: Batch) -> Result<(), IndexError> {
        let Batch { entries, files, same, .. } = batch;
        let (changed, unchanged) = (entries.len(), same.len());
        if !files.is_empty() {
            self.index.give(self.memory, files).await?;
        }
        self.index
            .blocking(move |inner| {
                inner.with_state(|state| {
                    state.write(&entries)?;
                    state.restamp(&same)
                })
            })
            .await?;
        self.done.changed += changed;
        self.done.same += unchanged;
        self.advance(changed + unchanged);
        Ok(())
    }

    fn advance(&mut self, files: usize) {
        if files > 0 {
            self.progress.done += files;
            (self.tell)(self.progress);
        }
    }
}

/// Reads files on threads of their own, which end early when they are cancelled or nobody listens.
fn read_all(
    index: &Index,
    to_read: Vec<(Seen, Option<Known>)>,
    cancel: &CancellationToken,
) -> mpsc::Receiver<(String, Looked)> {
    let (sender, receiver) = mpsc::channel(WAITING);
    let (next, files) = (Arc::new(AtomicUsize::new(0)), Arc::new(to_read));
    for _ in 0..THREADS.min(files.len()) {
        let (inner, files, next) = (Arc::clone(&index.inner), files.clone(), next.clone());
        let (sender, cancel) = (sender.clone(), cancel.clone());
        tokio::task::spawn_blocking(move || {
            while let Some((seen, known)) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
                if cancel.is_cancelled() {
                    return;
                }
                let looked = entry::look(&inner.eyes(), seen.clone(), *known);
                if sender.blocking_send((seen.path.clone(), looked)).is_err() {
                    return;
                }
            }
        });
    }
    receiver
}

/// What is written at once.
#[derive(Default)]
struct Batch {
    entries: Vec<Entry>,
    files: Vec<(String, Vec<Passage>)>,
    same: Vec<(String, Stamp)>,
    bytes: usize,
}

impl Batch {
    fn add(&mut self, path: String, looked: Looked) {
        match looked {
            Looked::Same(stamp) => self.same.push((path, stamp)),
            Looked::New(entry, passages) => {
                self.bytes += passages.iter().map(|passage| passage.text.len()).sum::<usize>();
                self.entries.push(entry);
                self.files.push((path, passages));
            }
        }
    }

    fn is_full(&self) -> bool {
        self.entries.len() + self.same.len() >= BATCH_FILES || self.bytes >= BATCH_BYTES
    }
}
