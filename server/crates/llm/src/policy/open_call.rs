//! Calls that the ledger knows of. However they end, the ledger is told: a turn that is cancelled drops
//! its future, and the place and the money that it holds must not be lost with it.

use std::sync::{Arc, Mutex, PoisonError};

use crate::{Ended, Ledger, LedgerError, Settled, Spent, Ticket};

/// An admitted call.
pub(crate) struct OpenCall {
    ledger: Arc<dyn Ledger>,
    ticket: Option<Ticket>,
    /// What it costs if it is dropped now.
    so_far: Mutex<Spent>,
}

impl OpenCall {
    pub(crate) fn new(ledger: Arc<dyn Ledger>, ticket: Ticket) -> Self {
        Self { ledger, ticket: Some(ticket), so_far: Mutex::default() }
    }

    /// Notes what the call has used up to now.
    pub(crate) fn streamed(&self, so_far: Spent) {
        *self.so_far.lock().unwrap_or_else(PoisonError::into_inner) = so_far;
    }

    /// Ends the call.
    pub(crate) async fn settle(mut self, ended: Ended) -> Result<Settled, LedgerError> {
        let Some(ticket) = self.ticket.take() else { return Ok(Settled::default()) };
        self.ledger.settle(ticket, &ended).await
    }
}

impl Drop for OpenCall {
    fn drop(&mut self) {
        let spent = *self.so_far.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(ticket) = self.ticket.take() {
            settle_later(&self.ledger, ticket, Ended::Dropped(spent));
        }
    }
}

/// A place in the queue.
pub(crate) struct Place {
    ledger: Arc<dyn Ledger>,
    ticket: Option<Ticket>,
}

impl Place {
    pub(crate) fn new(ledger: Arc<dyn Ledger>, ticket: Ticket) -> Self {
        Self { ledger, ticket: Some(ticket) }
    }

    /// It has become an open call.
    pub(crate) fn taken(mut self) {
        self.ticket = None;
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(ticket) = self.ticket.take() {
            settle_later(&self.ledger, ticket, Ended::Dropped(Spent::default()));
        }
    }
}

/// Tells the ledger without waiting for it. At the end of the program there is nobody left to do it:
/// then the ledger finds the process gone, and counts what was set aside as spent.
fn settle_later(ledger: &Arc<dyn Ledger>, ticket: Ticket, ended: Ended) {
    let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
    let ledger = Arc::clone(ledger);
    drop(runtime.spawn(async move {
        if let Err(error) = ledger.settle(ticket, &ended).await {
            tracing::warn!(%error, "a dropped call could not be settled");
        }
    }));
}
