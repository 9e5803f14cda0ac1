//! Events on their way to those who listen.

use std::{
    collections::{HashSet, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
};

use devika_protocol::{EventRecord, TaskId};
use tokio::sync::broadcast::{self, error::RecvError};

use crate::{Store, StoreError, store::Shared};

/// How many events a listener may be behind before it reads the stored ones again and misses the
/// live ones: some seconds of a fast model's stream.
const CAPACITY: usize = 1024;

/// An event and who told it.
#[derive(Debug, Clone)]
pub(crate) struct Told {
    pub(crate) record: EventRecord,
    /// Whether it was another process.
    pub(crate) elsewhere: bool,
    /// Whether it has a number of its own, by which it can be read again.
    pub(crate) is_stored: bool,
}

/// The sending side. Its lock makes "the last number" and "what was sent" one thing, so that a
/// listener begins exactly after a number.
pub(crate) struct Broadcast {
    sender: broadcast::Sender<Arc<Told>>,
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

    pub(crate) fn send(&self, told: Vec<Told>, last_seq: i64) {
        let mut last = self.lock();
        *last = last_seq;
        for told in told {
            // Nobody needs to listen.
            drop(self.sender.send(Arc::new(told)));
        }
    }

    pub(crate) fn has_listeners(&self) -> bool {
        self.sender.receiver_count() > 0
    }
}

/// The events from the moment of [`Store::subscribe`] on, in order. No stored event is left out;
/// live ones are where the listener falls far behind.
pub struct EventStream {
    shared: Weak<Shared>,
    receiver: broadcast::Receiver<Arc<Told>>,
    /// The number of the last stored event that was handed out, or that came before.
    seen: i64,
    /// Stored events that were read again.
    again: VecDeque<EventRecord>,
    /// The tasks that this process told of.
    own: HashSet<TaskId>,
}

impl EventStream {
    pub(crate) fn new(shared: &Arc<Shared>) -> Self {
        let last = shared.broadcast.lock();
        let receiver = shared.broadcast.sender.subscribe();
        Self {
            shared: Arc::downgrade(shared),
            receiver,
            seen: *last,
            again: VecDeque::new(),
            own: HashSet::new(),
        }
    }

    /// The next event, of this process or another; none once the store is closed. Dropping the future
    /// loses nothing.
    pub async fn next(&mut self) -> Option<EventRecord> {
        self.next_and_whose().await.map(|(record, _)| record)
    }

    /// The next event, and whether another process told it. Of one that was read again after the
    /// listener had fallen behind that is a guess: by whether this process told of the task before.
    pub async fn next_and_whose(&mut self) -> Option<(EventRecord, bool)> {
        loop {
            if let Some(record) = self.again.pop_front() {
                self.seen = record.seq;
                let elsewhere = !self.own.contains(&record.task);
                return Some((record, elsewhere));
            }
            match self.receiver.recv().await {
                Ok(told) if self.is_new(&told) => {
                    self.seen = told.record.seq;
                    let Told { record, elsewhere, .. } = Arc::unwrap_or_clone(told);
                    if !elsewhere {
                        self.own.insert(record.task);
                    }
                    return Some((record, elsewhere));
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

    /// Whether the record was not yet handed out from the stored ones. One that is not stored, and older
    /// than what was handed out, would be out of order.
    fn is_new(&self, told: &Told) -> bool {
        let seq = told.record.seq;
        if told.is_stored { seq > self.seen } else { seq >= self.seen }
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

#[cfg(test)]
mod tests {
    use devika_protocol::{Event, Mode};
    use tempfile::TempDir;

    use super::*;
    use crate::NewTask;

    async fn task_of(store: &Store) -> TaskId {
        let (project, prompt) = ("/a".to_owned(), "Write".to_owned());
        store
            .create_task(NewTask { project, prompt, mode: Mode::Auto, model: None, git: None })
            .await
            .unwrap()
    }

    fn reply(text: &str) -> Event {
        Event::Reply { text: text.to_owned() }
    }

    #[tokio::test]
    async fn what_another_process_tells_is_heard_while_this_one_is_idle() {
        let folder = TempDir::new().unwrap();
        let open = || Store::open(&folder.path().join("devika.db")).unwrap();
        let (here, there) = (open(), open());
        let mut heard = here.subscribe();
        let task = task_of(&there).await;
        for text in ["one", "two"] {
            there.append_and_wait(task, reply(text)).await.unwrap();
            let (record, elsewhere) = heard.next_and_whose().await.unwrap();
            assert_eq!((record.event, elsewhere), (reply(text), true));
        }
    }

    #[tokio::test]
    async fn the_events_of_all_processes_are_heard_in_one_order_and_once() {
        let folder = TempDir::new().unwrap();
        let open = || Store::open(&folder.path().join("devika.db")).unwrap();
        let (here, there) = (open(), open());
        let (mut heard_here, mut heard_there) = (here.subscribe(), there.subscribe());
        let task = task_of(&here).await;
        for n in 0..20 {
            let store = if n % 3 == 0 { &there } else { &here };
            store.append_and_wait(task, reply(&n.to_string())).await.unwrap();
        }
        for n in 0..20 {
            let (record, elsewhere) = heard_here.next_and_whose().await.unwrap();
            assert_eq!(
                (record.seq, record.event, elsewhere),
                (n + 1, reply(&n.to_string()), n % 3 == 0)
            );
            let (record, elsewhere) = heard_there.next_and_whose().await.unwrap();
            assert_eq!((record.seq, elsewhere), (n + 1, n % 3 != 0));
        }
    }
}
