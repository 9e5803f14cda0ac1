//! Events: stored in order, broadcast after the commit.

use devika_protocol::{Event, EventRecord, TaskId, TaskState};
use rusqlite::{Row, params};

use crate::{
    Store, StoreError,
    stream::Told,
    text,
    writer::{Append, Batch, Need},
};

impl Store {
    /// Tells an event, after all that were told before, and does not wait. Live ones
    /// ([`Event::is_live`]) are broadcast in order with the others and not stored. One that cannot
    /// be stored is logged, and the next awaited write fails for it.
    pub fn append(&self, task: TaskId, event: Event) {
        self.enqueue(Append { task, event });
    }

    /// Tells an event and waits until it is on the disk; its number.
    ///
    /// # Errors
    /// [`StoreError`]; then the event was not told.
    pub async fn append_and_wait(&self, task: TaskId, event: Event) -> Result<i64, StoreError> {
        self.write(move |batch| batch.record_event(task, event)).await
    }

    /// Tells an event to those who listen now, and does not store it: for what has to be said when
    /// nothing can be stored.
    ///
    /// # Errors
    /// [`StoreError`] where what was queued with it failed as a whole, or the store's thread is gone.
    pub async fn tell_only(&self, task: TaskId, event: Event) -> Result<(), StoreError> {
        self.await_answer(Need::Nothing, move |batch| batch.tell_only(task, event)).await
    }

    /// Everything stored of a task, in order.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn events(&self, task: TaskId) -> Result<Vec<EventRecord>, StoreError> {
        self.read(move |batch| batch.events_of(task)).await
    }

    /// Sets the task's last state and tells its terminal event, both or neither.
    ///
    /// # Errors
    /// [`StoreError`]; then the task stands where it stood.
    pub async fn finish(
        &self,
        task: TaskId,
        state: TaskState,
        event: Event,
    ) -> Result<(), StoreError> {
        self.write(move |batch| {
            batch.set_state(task, state)?;
            batch.record_event(task, event).map(drop)
        })
        .await
    }
}

impl Batch<'_> {
    /// Stores the event, unless it is live, and has it broadcast after the commit; its number.
    pub(crate) fn record_event(&mut self, task: TaskId, event: Event) -> Result<i64, StoreError> {
        let time = text::now()?;
        let is_stored = !event.is_live();
        if is_stored {
            self.connection
                .prepare_cached("INSERT INTO events (time, task, event) VALUES (?1, ?2, ?3)")?
                .execute(params![time, task.0, serde_json::to_string(&event)?])?;
            let seq = self.connection.last_insert_rowid();
            self.catch_up(Some(seq))?;
            self.last_seq = seq;
            self.audit_event(task, &event)?;
        }
        let record = EventRecord { seq: self.last_seq, time, task, event };
        self.told.push(Told { record, elsewhere: false, is_stored });
        Ok(self.last_seq)
    }

    fn tell_only(&mut self, task: TaskId, event: Event) -> Result<(), StoreError> {
        let record = EventRecord { seq: self.last_seq, time: text::now()?, task, event };
        self.told.push(Told { record, elsewhere: false, is_stored: false });
        Ok(())
    }

    /// Has the events that other processes stored meanwhile broadcast, all or those before `seq`, so
    /// that every listener gets all events of the user in their order.
    pub(crate) fn catch_up(&mut self, before: Option<i64>) -> Result<(), StoreError> {
        if before == Some(self.last_seq + 1) {
            return Ok(());
        }
        let before = before.unwrap_or(i64::MAX);
        for record in self.events_after(self.last_seq)? {
            if record.seq >= before {
                break;
            }
            self.last_seq = record.seq;
            self.told.push(Told { record, elsewhere: true, is_stored: true });
        }
        Ok(())
    }

    fn events_of(&self, task: TaskId) -> Result<Vec<EventRecord>, StoreError> {
        self.select_events("task = ?1", task.0)
    }

    pub(crate) fn events_after(&self, seq: i64) -> Result<Vec<EventRecord>, StoreError> {
        self.select_events("seq > ?1", seq)
    }

    fn select_events(&self, which: &str, value: i64) -> Result<Vec<EventRecord>, StoreError> {
        let sql = format!("SELECT seq, time, task, event FROM events WHERE {which} ORDER BY seq");
        let mut statement = self.connection.prepare_cached(&sql)?;
        let mut rows = statement.query([value])?;
        let mut records = Vec::new();
        while let Some(row) = rows.next()? {
            records.push(record_of(row)?);
        }
        Ok(records)
    }
}

fn record_of(row: &Row<'_>) -> Result<EventRecord, StoreError> {
    Ok(EventRecord {
        seq: row.get(0)?,
        time: row.get(1)?,
        task: TaskId(row.get(2)?),
        event: serde_json::from_str(row.get_ref(3)?.as_str().map_err(rusqlite::Error::from)?)?,
    })
}
