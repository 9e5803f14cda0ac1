//! The one thread that owns the connection.

use std::sync::mpsc::RecvTimeoutError;
use std::sync::{Arc, mpsc};
use std::time::Duration;

use devika_protocol::TaskId;
use rusqlite::Connection;
use tokio::sync::oneshot;

use crate::StoreError;
use crate::stream::{Broadcast, Told};

/// How many operations share a transaction at the most, so that the first of many callers is
/// answered soon.
const MAX_BATCH: usize = 256;

/// How soon listeners hear what another process stores; until then nothing else wakes this one.
const LOOK_AROUND: Duration = Duration::from_millis(250);

/// What an operation needs of the transaction it runs in; a transaction gives the most that one of
/// its operations needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Need {
    /// No transaction.
    Nothing,
    /// Reads only.
    Read,
    /// Writes that nobody waits for.
    Write,
    /// Writes that are committed, and so outlive the process, when the caller is answered.
    QuickWrite,
    /// Writes that are on the disk when the caller is answered.
    DurableWrite,
}

/// One queued operation: carried out within the batch's transaction, answered after its commit.
pub(crate) trait Operation: Send {
    fn need(&self) -> Need;

    fn carry_out(&mut self, batch: &mut Batch<'_>) -> Result<(), StoreError>;

    /// Tells the caller; the log, where nobody waits.
    fn answer(self: Box<Self>, outcome: Result<(), StoreError>);
}

/// An operation whose caller waits.
pub(crate) struct Awaited<T, F> {
    pub(crate) need: Need,
    /// None once it ran.
    pub(crate) work: Option<F>,
    /// None until it ran.
    pub(crate) value: Option<T>,
    pub(crate) caller: oneshot::Sender<Result<T, StoreError>>,
}

impl<T, F> Operation for Awaited<T, F>
where
    T: Send,
    F: FnOnce(&mut Batch<'_>) -> Result<T, StoreError> + Send,
{
    fn need(&self) -> Need {
        self.need
    }

    fn carry_out(&mut self, batch: &mut Batch<'_>) -> Result<(), StoreError> {
        if let Some(work) = self.work.take() {
            self.value = Some(work(batch)?);
        }
        Ok(())
    }

    fn answer(self: Box<Self>, outcome: Result<(), StoreError>) {
        let never_ran = || StoreError::Other("an operation was not carried out".to_owned());
        let Self { value, caller, .. } = *self;
        let reply = outcome.and_then(|()| value.ok_or_else(never_ran));
        // A caller that went away does not want to know.
        drop(caller.send(reply));
    }
}

/// An event that is told to nobody but the listeners.
pub(crate) struct Append {
    pub(crate) task: TaskId,
    pub(crate) event: devika_protocol::Event,
}

impl Operation for Append {
    fn need(&self) -> Need {
        if self.event.is_live() { Need::Nothing } else { Need::Write }
    }

    fn carry_out(&mut self, batch: &mut Batch<'_>) -> Result<(), StoreError> {
        batch.record_event(self.task, self.event.clone()).map(drop)
    }

    fn answer(self: Box<Self>, outcome: Result<(), StoreError>) {
        if let Err(error) = outcome {
            tracing::error!(task = %self.task, event = ?self.event, %error, "an event is not stored");
        }
    }
}

/// What the operations of one transaction did so far.
pub(crate) struct Batch<'c> {
    pub(crate) connection: &'c Connection,
    /// This process, as the holder of tasks.
    pub(crate) holder: &'c str,
    /// Sent to the listeners after the commit.
    pub(crate) told: Vec<Told>,
    /// The number of the last stored event.
    pub(crate) last_seq: i64,
    /// How many intents and outcomes were written.
    pub(crate) journal_writes: u64,
}

/// Owns the connection.
pub(crate) struct Writer {
    pub(crate) connection: Connection,
    pub(crate) queue: mpsc::Receiver<Box<dyn Operation>>,
    pub(crate) broadcast: Arc<Broadcast>,
    pub(crate) holder: String,
    /// The error of an event that nobody waited for; the next awaited write gets it.
    pub(crate) untold: Option<StoreError>,
    /// Whether the connection is set to wait for the disk at each commit.
    pub(crate) waits_for_disk: bool,
    /// Journal writes left until the process aborts.
    pub(crate) crash_after: Option<u64>,
    /// What SQLite said when the events of other processes were last looked for; it says another
    /// thing after each of their commits.
    pub(crate) seen_version: Option<i64>,
}

impl Writer {
    /// Works until every handle of the store is gone and the queue is empty.
    pub(crate) fn run(mut self) {
        loop {
            let first = match self.queue.recv_timeout(self.patience()) {
                Ok(first) => first,
                Err(RecvTimeoutError::Timeout) => {
                    self.look_around();
                    continue;
                }
                Err(RecvTimeoutError::Disconnected) => return,
            };
            let mut operations = vec![first];
            let limit = if self.crash_after.is_some() { 1 } else { MAX_BATCH };
            while operations.len() < limit {
                let Ok(next) = self.queue.try_recv() else { break };
                operations.push(next);
            }
            self.commit_together(operations);
        }
    }

    /// How long an operation is waited for before the events of other processes are looked for.
    fn patience(&self) -> Duration {
        if self.broadcast.has_listeners() { LOOK_AROUND } else { Duration::MAX }
    }

    /// Tells the listeners what other processes stored. SQLite tells at no cost whether any did.
    fn look_around(&mut self) {
        let version = self.connection.pragma_query_value(None, "data_version", |row| row.get(0));
        let version: Option<i64> = version.ok();
        if version.is_none() || version == self.seen_version {
            return;
        }
        let catching_up = Awaited {
            need: Need::Read,
            work: Some(|batch: &mut Batch<'_>| batch.catch_up(None)),
            value: None,
            caller: oneshot::channel().0,
        };
        self.commit_together(vec![Box::new(catching_up)]);
        self.seen_version = version;
    }

    fn commit_together(&mut self, mut operations: Vec<Box<dyn Operation>>) {
        let outcomes = self.transact(&mut operations).unwrap_or_else(|error| {
            // Whoever waits for a write of this batch is told now, in place of the next one.
            let need = operations.iter().map(|operation| operation.need()).max();
            if need == Some(Need::Write) {
                self.untold = Some(error.clone());
            }
            vec![Err(error); operations.len()]
        });
        for (operation, outcome) in operations.into_iter().zip(outcomes) {
            operation.answer(outcome);
        }
    }

    /// Runs all operations in one transaction and broadcasts their events. Each has an outcome of
    /// its own; an error instead means that nothing of the batch is stored.
    fn transact(
        &mut self,
        operations: &mut [Box<dyn Operation>],
    ) -> Result<Vec<Result<(), StoreError>>, StoreError> {
        let need = operations.iter().map(|operation| operation.need()).max();
        let need = need.unwrap_or(Need::Nothing);
        self.begin(need)?;
        let mut batch = Batch {
            connection: &self.connection,
            holder: &self.holder,
            told: Vec::new(),
            last_seq: self.broadcast.last_seq(),
            journal_writes: 0,
        };
        let mut outcomes = Vec::with_capacity(operations.len());
        for operation in operations {
            let outcome = match self.untold.take_if(|_| operation.need() == Need::DurableWrite) {
                Some(untold) => Err(untold),
                None => carry_out(operation.as_mut(), &mut batch),
            };
            match outcome {
                Err(error) if error.ends_transaction() => {
                    roll_back(&self.connection);
                    return Err(error);
                }
                outcome => {
                    if operation.need() == Need::Write {
                        self.untold = outcome.clone().err().or(self.untold.take());
                    }
                    outcomes.push(outcome);
                }
            }
        }
        let Batch { told, last_seq, journal_writes, .. } = batch;
        if need > Need::Nothing {
            self.connection.execute_batch("COMMIT").map_err(|error| {
                roll_back(&self.connection);
                StoreError::from(error)
            })?;
        }
        self.crash_if_due(journal_writes);
        self.broadcast.send(told, last_seq);
        Ok(outcomes)
    }

    /// A batch that writes takes the write lock at once: a read lock cannot always be raised while
    /// another process writes.
    fn begin(&mut self, need: Need) -> Result<(), StoreError> {
        let wait = need == Need::DurableWrite;
        if need >= Need::Write && wait != self.waits_for_disk {
            // One wait for the disk covers everything that was written to the log before it.
            let level = if wait { "full" } else { "normal" };
            self.connection.pragma_update(None, "synchronous", level)?;
            self.waits_for_disk = wait;
        }
        match need {
            Need::Nothing => Ok(()),
            Need::Read => Ok(self.connection.execute_batch("BEGIN DEFERRED")?),
            Need::Write | Need::QuickWrite | Need::DurableWrite => {
                Ok(self.connection.execute_batch("BEGIN IMMEDIATE")?)
            }
        }
    }

    fn crash_if_due(&mut self, journal_writes: u64) {
        let Some(left) = &mut self.crash_after else { return };
        *left = left.saturating_sub(journal_writes);
        if cfg!(debug_assertions) && *left == 0 && journal_writes > 0 {
            std::process::abort();
        }
    }
}

/// Runs one operation so that, where it fails alone, nothing of it stays in the batch.
fn carry_out(operation: &mut dyn Operation, batch: &mut Batch<'_>) -> Result<(), StoreError> {
    if operation.need() < Need::Write {
        return operation.carry_out(batch);
    }
    let connection = batch.connection;
    let (told, last_seq, writes) = (batch.told.len(), batch.last_seq, batch.journal_writes);
    connection.prepare_cached("SAVEPOINT operation")?.execute([])?;
    let outcome = operation.carry_out(batch);
    if outcome.as_ref().is_err_and(|error| !error.ends_transaction()) {
        batch.told.truncate(told);
        (batch.last_seq, batch.journal_writes) = (last_seq, writes);
        connection.prepare_cached("ROLLBACK TO operation")?.execute([])?;
    }
    if !connection.is_autocommit() {
        connection.prepare_cached("RELEASE operation")?.execute([])?;
    }
    outcome
}

/// Ends the transaction where SQLite has not done so itself.
fn roll_back(connection: &Connection) {
    if connection.is_autocommit() {
        return;
    }
    if let Err(error) = connection.execute_batch("ROLLBACK") {
        tracing::error!(%error, "a failed transaction cannot be rolled back");
    }
}
