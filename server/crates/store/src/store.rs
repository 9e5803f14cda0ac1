//! The handle that the rest of the program holds.

use std::{
    sync::{Arc, mpsc},
    thread::{self, JoinHandle},
};

use rusqlite::Connection;
use tokio::sync::oneshot;

use crate::{
    EventStream, OpenOptions, StoreError, holder,
    stream::Broadcast,
    writer::{Awaited, Batch, Need, Operation, Writer},
};

/// The store. Clones are cheap and are the same store; it closes, all written, with the last one.
///
/// An operation that was called is carried out even where its future is dropped.
#[derive(Clone)]
pub struct Store {
    pub(crate) shared: Arc<Shared>,
}

/// What the clones share.
pub(crate) struct Shared {
    pub(crate) broadcast: Arc<Broadcast>,
    /// None while it closes. Unbounded, for an event must not wait: what may be in it is bounded by
    /// how fast models and commands talk.
    queue: Option<mpsc::Sender<Box<dyn Operation>>>,
    writer: Option<JoinHandle<()>>,
}

impl Store {
    /// Starts the thread that owns the connection.
    pub(crate) fn start(connection: Connection, options: OpenOptions) -> Result<Self, StoreError> {
        let last_seq: i64 =
            connection
                .query_row("SELECT coalesce(max(seq), 0) FROM events", [], |row| row.get(0))?;
        let (sender, queue) = mpsc::channel();
        let broadcast = Arc::new(Broadcast::new(last_seq));
        let writer = Writer {
            connection,
            queue,
            broadcast: Arc::clone(&broadcast),
            holder: holder::current(),
            untold: None,
            waits_for_disk: true,
            crash_after: options.crash_after,
            seen_version: None,
        };
        let thread = thread::Builder::new()
            .name("store".to_owned())
            .spawn(move || writer.run())
            .map_err(|error| StoreError::Other(format!("cannot start a thread: {error}")))?;
        let shared = Shared { broadcast, queue: Some(sender), writer: Some(thread) };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// Listens to the events of all tasks from now on, those of other processes among them.
    pub fn subscribe(&self) -> EventStream {
        let stream = EventStream::new(&self.shared);
        // The thread may wait for an operation, without an eye on other processes.
        drop(self.await_answer(Need::Nothing, |_| Ok(())));
        stream
    }

    /// Waits until everything that was queued so far is on the disk.
    ///
    /// # Errors
    /// That of an event that could not be stored meanwhile.
    pub async fn flush(&self) -> Result<(), StoreError> {
        self.write(|batch| {
            // SQLite waits for the disk only where something is written.
            batch.connection.execute("UPDATE sqlite_sequence SET seq = seq", [])?;
            Ok(())
        })
        .await
    }

    pub(crate) async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Batch<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.await_answer(Need::Read, work).await
    }

    pub(crate) async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Batch<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.await_answer(Need::DurableWrite, work).await
    }

    /// A write that outlives the process when it is answered, and perhaps not the machine's power.
    pub(crate) async fn write_quickly<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Batch<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.await_answer(Need::QuickWrite, work).await
    }

    /// A write whose caller is gone already.
    pub(crate) fn write_unawaited(
        &self,
        work: impl FnOnce(&mut Batch<'_>) -> Result<(), StoreError> + Send + 'static,
    ) {
        drop(self.await_answer(Need::QuickWrite, work));
    }

    pub(crate) fn await_answer<T: Send + 'static>(
        &self,
        need: Need,
        work: impl FnOnce(&mut Batch<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> impl Future<Output = Result<T, StoreError>> {
        let (caller, answer) = oneshot::channel();
        self.enqueue(Awaited { need, work: Some(work), value: None, caller });
        async {
            answer.await.unwrap_or_else(|_| {
                Err(StoreError::Other("its thread ended; restart Devika".to_owned()))
            })
        }
    }

    pub(crate) fn enqueue(&self, operation: impl Operation + 'static) {
        let Some(queue) = &self.shared.queue else { return };
        if queue.send(Box::new(operation)).is_err() {
            tracing::error!("the store's thread ended; nothing is stored any more");
        }
    }
}

impl Drop for Shared {
    /// Lets the thread finish what is queued, so that a process may exit right afterwards.
    fn drop(&mut self) {
        self.queue = None;
        if self.writer.take().is_some_and(|writer| writer.join().is_err()) {
            tracing::error!("the store's thread panicked");
        }
    }
}
