//! The ledger over all of the user's processes: places at providers, and money.
//!
//! Each answer is one transaction that takes the write lock at once, so whatever two processes do
//! at the same time, one of them does it after the other and sees it. It is committed when the caller
//! is answered, and so survives the end of the process; it is forced to the disk only by the next
//! write that must be there, which a turn's own journal entry is.

mod account;
mod admit;
mod calls;
mod places;
mod provider;
mod settle;
mod views;
mod watch;

#[cfg(test)]
mod tests;

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use async_trait::async_trait;
use devika_llm::{Admission, Call, Ended, Ledger, LedgerError, Settled, Spent, Ticket};
use devika_protocol::{Cap, TaskId};

pub use views::{Account, ProviderState, Spending};
use watch::Watch;

use crate::{Store, StoreError};

/// The caps that a task's calls are held to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Caps {
    /// Of the task itself, unless it was given another ([`Store::raise_cap`]).
    pub task: Cap,
    /// Of the day, by UTC, over all tasks.
    pub day: Cap,
    /// Of the project, since its first task.
    pub project: Cap,
}

/// The [`Ledger`] of one task, in the store. Clones are cheap and are the same ledger.
#[derive(Clone)]
pub struct StoreLedger {
    store: Store,
    asker: Arc<Asker>,
}

/// On whose behalf the ledger is asked.
struct Asker {
    task: TaskId,
    project: String,
    caps: Caps,
    watch: Watch,
}

impl Store {
    /// The ledger of a task of that project (its root, absolute and canonical), with the configured
    /// caps.
    pub fn ledger(&self, task: TaskId, project: &str, caps: Caps) -> StoreLedger {
        self.watched_ledger(task, project, caps, Watch::real())
    }

    fn watched_ledger(&self, task: TaskId, project: &str, caps: Caps, watch: Watch) -> StoreLedger {
        let asker = Asker { task, project: project.to_owned(), caps, watch };
        StoreLedger { store: self.clone(), asker: Arc::new(asker) }
    }
}

#[async_trait]
impl Ledger for StoreLedger {
    async fn admit(&self, call: &Call) -> Result<Admission, LedgerError> {
        let (asker, call) = (Arc::clone(&self.asker), call.clone());
        let unheard = Unheard::new(self);
        let ticket = Arc::clone(&unheard.ticket);
        let admission = self
            .store
            .write_quickly(move |batch| {
                let admission = admit::admit(batch.connection, &asker, &call)?;
                if let Admission::Go { ticket: Ticket(id), .. }
                | Admission::Wait { ticket: Ticket(id) } = admission
                {
                    ticket.store(id, Ordering::Relaxed);
                }
                Ok(admission)
            })
            .await;
        unheard.was_heard();
        Ok(admission?)
    }

    async fn settle(&self, ticket: Ticket, ended: &Ended) -> Result<Settled, LedgerError> {
        let (asker, ended) = (Arc::clone(&self.asker), ended.clone());
        let settled = self
            .store
            .write_quickly(move |batch| settle::settle(batch.connection, &asker, ticket, &ended));
        Ok(settled.await?)
    }
}

/// Gives back what an answer granted that nobody heard, because the asker was dropped meanwhile:
/// the store carries out what was asked all the same.
struct Unheard {
    ledger: StoreLedger,
    /// 0 while there is none.
    ticket: Arc<AtomicI64>,
    heard: bool,
}

impl Unheard {
    fn new(ledger: &StoreLedger) -> Self {
        Self { ledger: ledger.clone(), ticket: Arc::default(), heard: false }
    }

    fn was_heard(mut self) {
        self.heard = true;
    }
}

impl Drop for Unheard {
    fn drop(&mut self) {
        if self.heard {
            return;
        }
        let (asker, ticket) = (Arc::clone(&self.ledger.asker), Arc::clone(&self.ticket));
        // The store works in order: by then the ticket is there, if there ever is one.
        self.ledger.store.write_unawaited(move |batch| {
            let ticket = Ticket(ticket.load(Ordering::Relaxed));
            let dropped = Ended::Dropped(Spent::default());
            settle::settle(batch.connection, &asker, ticket, &dropped).map(drop)
        });
    }
}

impl From<StoreError> for LedgerError {
    fn from(error: StoreError) -> Self {
        Self(error.to_string())
    }
}
