//! Events on their way to those who listen.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
};

use devika_protocol::EventRecord;
use tokio::sync::broadcast::{self, error::RecvError};

use crate::{Store, StoreError, store::Shared};

/// How many events a listener may be behind before it reads the stored ones again and misses the
/// live ones: some seconds of a fast model's stream.
const CAPACITY: usize = 1024;

/// The sending side. Its lock makes "the last number" and "what was sent" one thing, so that a
/// listener begins exactly after a number.
pub(crate) struct Broadcast {
    sender: broadcast::Sender<Arc<EventRecord>>,
    last_seq: Mutex<i64>,
}

impl Broadcast {
    pub(crate) fn new(last_seq: i64) -> Self {
        Self { sender: broadcast::Sender::new(CAPACITY), last_seq: Mutex::new(last_seq) }
    }

    fn lock(&self) -> MutexGuard<'_, i64> {
        // A number is never half-written, whatever panicked.
        self.last_seq.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn last_seq(&self) -> i64 {
        *self.lock()
    }

    pub(crate) fn send(&self, records: Vec<EventRecord>, last_seq: i64) {
        let mut last = self.lock();
        *last = last_seq;
        for record in records {
            // Nobody needs to listen.
            drop(self.sender.send(Arc::new(record)));
        }
    }
}

/// The events from the moment of [`Store::subscribe`] on, in order. No stored event is left out;
/// live ones are where the listener falls far behind.
pub struct EventStream {
    shared: Weak<Shared>,
    receiver: broadcast::Receiver<Arc<EventRecord>>,
    /// The number of the last stored event that was handed out, or that came before.
    seen: i64,
    /// Stored events that were read again.
    again: VecDeque<EventRecord>,
}

impl EventStream {
    pub(crate) fn new(shared: &Arc<Shared>) -> Self {
        let last = shared.broadcast.lock();
        let receiver = shared.broadcast.sender.subscribe();
        Self { shared: Arc::downgrade(shared), receiver, seen: *last, again: VecDeque::new() }
    }

    /// The next event; none once the store is closed. Dropping the future loses nothing.
    pub async fn next(&mut self) -> Option<EventRecord> {
        loop {
            if let Some(record) = self.again.pop_front() {
                self.seen = record.seq;
                return Some(record);
            }
            match self.receiver.recv().await {
                Ok(record) if self.is_new(&record) => {
                    self.seen = record.seq;
                    return Some(Arc::unwrap_or_clone(record));
                }
                Ok(_) => {}
                Err(RecvError::Lagged(missed)) => {
                    tracing::warn!(missed, "a listener fell behind and reads stored events again");
                    self.read_again().await?;
                }
                Err(RecvError::Closed) => return None,
            }
        }
    }

    /// Whether the record was not yet handed out from the stored ones. A live event older than what
    /// was handed out would be out of order.
    fn is_new(&self, record: &EventRecord) -> bool {
        if record.event.is_live() { record.seq >= self.seen } else { record.seq > self.seen }
    }

    async fn read_again(&mut self) -> Option<()> {
        let store = Store { shared: self.shared.upgrade()? };
        match store.events_after(self.seen).await {
            Ok(records) => self.again = records.into(),
            Err(error) => tracing::error!(%error, "stored events cannot be read again"),
        }
        Some(())
    }
}

impl Store {
    async fn events_after(&self, seq: i64) -> Result<Vec<EventRecord>, StoreError> {
        self.read(move |batch| batch.events_after(seq)).await
    }
}
