//! A call in the ledger, from its place in the queue to its settlement, which it gets however it
//! ends.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use devika_protocol::Money;
use tokio::runtime::Handle;
use tokio::sync::Notify;

use super::estimate::{Heard, Prompt};
use super::prices::{Rates, Usage};
use crate::{Delta, Ended, Ledger, ModelError, Spent, Ticket};

/// Wakes the turns of this process that wait for a place, when one is given back.
#[derive(Debug, Clone, Default)]
pub struct Freed(Arc<Notify>);

impl Freed {
    pub(super) fn notify(&self) -> &Notify {
        &self.0
    }
}

/// A call in the ledger. Dropped unsettled, it settles itself as [`Ended::Dropped`].
pub(super) struct OpenCall {
    ledger: Arc<dyn Ledger>,
    freed: Freed,
    place: Place,
    meter: Arc<Meter>,
}

/// Where a call stands.
#[derive(Clone, Copy)]
enum Place {
    Nowhere,
    Queue(Ticket),
    Provider(Ticket),
}

impl OpenCall {
    pub(super) fn new(ledger: Arc<dyn Ledger>, freed: Freed, meter: Meter) -> Self {
        Self { ledger, freed, place: Place::Nowhere, meter: Arc::new(meter) }
    }

    /// Its place in the queue, where it has one.
    pub(super) fn queued(&self) -> Option<Ticket> {
        match self.place {
            Place::Queue(ticket) => Some(ticket),
            _ => None,
        }
    }

    pub(super) fn waits_as(&mut self, ticket: Ticket) {
        self.place = Place::Queue(ticket);
    }

    pub(super) fn goes_as(&mut self, ticket: Ticket) {
        self.place = Place::Provider(ticket);
    }

    /// The ledger refused it, and took it from the queue.
    pub(super) fn is_refused(&mut self) {
        self.place = Place::Nowhere;
    }

    pub(super) fn meter(&self) -> Arc<Meter> {
        Arc::clone(&self.meter)
    }

    /// Settles it. Returns for how long the provider rests from now on, where it does.
    pub(super) async fn settle(mut self, ended: &Ended) -> Option<Duration> {
        let Place::Provider(ticket) = self.place else { return None };
        let settled = self.ledger.settle(ticket, ended).await;
        // Not before: dropped while it waits, it is settled once more, which changes nothing.
        self.place = Place::Nowhere;
        self.freed.notify().notify_waiters();
        settled.inspect_err(cannot_settle).ok()?.resting
    }
}

impl Drop for OpenCall {
    fn drop(&mut self) {
        let (ticket, spent) = match self.place {
            Place::Nowhere => return,
            Place::Queue(ticket) => (ticket, Spent::default()),
            Place::Provider(ticket) => (ticket, self.meter.so_far()),
        };
        // Without a runtime the process ends, and the ledger counts the call as it does a dead one's.
        let Ok(runtime) = Handle::try_current() else { return };
        let (ledger, freed) = (Arc::clone(&self.ledger), self.freed.clone());
        drop(runtime.spawn(async move {
            let settled = ledger.settle(ticket, &Ended::Dropped(spent)).await;
            freed.notify().notify_waiters();
            if let Err(error) = settled {
                cannot_settle(&error);
            }
        }));
    }
}

fn cannot_settle(error: &crate::LedgerError) {
    tracing::error!(%error, "a call cannot be settled: what was set aside for it stays spent");
}

/// Counts what a call uses while it goes on.
pub(super) struct Meter {
    pub(super) prompt: Prompt,
    rates: Rates,
    bytes: AtomicU64,
    tokens: AtomicU64,
}

impl Meter {
    pub(super) fn new(prompt: Prompt, rates: Rates) -> Self {
        Self { prompt, rates, bytes: AtomicU64::new(0), tokens: AtomicU64::new(0) }
    }

    pub(super) fn hear(&self, delta: &Delta<'_>) {
        if let Delta::Text(text) | Delta::Reasoning(text) = delta {
            let heard = Heard::of(text);
            self.bytes.fetch_add(heard.bytes, Ordering::Relaxed);
            self.tokens.fetch_add(heard.tokens, Ordering::Relaxed);
        }
    }

    pub(super) fn heard(&self) -> Heard {
        Heard {
            bytes: self.bytes.load(Ordering::Relaxed),
            tokens: self.tokens.load(Ordering::Relaxed),
        }
    }

    pub(super) fn spent(&self, usage: Usage) -> Spent {
        Spent { tokens: usage.tokens(), cost: self.rates.cost(usage) }
    }

    /// What the call has used so far, upward: the provider has read the whole prompt.
    fn so_far(&self) -> Spent {
        let (input, output) = (self.prompt.tokens, self.heard().tokens);
        Spent { tokens: input.saturating_add(output), cost: self.rates.most(input, output) }
    }

    /// What a failed call has used, upward. A request that was turned away costs nothing.
    pub(super) fn spent_on(&self, error: &ModelError) -> Spent {
        let begun = matches!(
            error,
            ModelError::Broken { .. } | ModelError::Stalled { .. } | ModelError::Refused { .. }
        );
        if begun || self.heard().bytes > 0 { self.so_far() } else { Spent::default() }
    }
}

/// How a failed call ended, for the provider's account.
pub(super) fn ended_by(error: &ModelError, spent: Spent) -> Ended {
    match error {
        ModelError::Busy { status: 429 | 529, .. } => Ended::Slowed(spent),
        ModelError::Unreachable { .. }
        | ModelError::Busy { .. }
        | ModelError::Broken { .. }
        | ModelError::Stalled { .. } => Ended::Failed(spent),
        ModelError::Auth { .. }
        | ModelError::UnknownModel { .. }
        | ModelError::ContextOverflow { .. }
        | ModelError::Refused { .. }
        | ModelError::Rejected { .. } => Ended::Answered(spent),
        // It was not asked at all.
        ModelError::NoKey { .. }
        | ModelError::OverBudget { .. }
        | ModelError::Resting { .. }
        | ModelError::Crowded { .. }
        | ModelError::Unaccounted { .. } => Ended::Dropped(spent),
    }
}

pub(super) fn cost_of(ended: &Ended) -> Money {
    let (Ended::Answered(spent)
    | Ended::Failed(spent)
    | Ended::Slowed(spent)
    | Ended::Dropped(spent)) = ended;
    spent.cost
}
