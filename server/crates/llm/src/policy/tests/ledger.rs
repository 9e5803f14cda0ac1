//! A ledger in memory, of one provider.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::time::Duration;

use async_trait::async_trait;
use devika_protocol::{CapScope, CapUse, Money};
use tokio::sync::Notify;

use crate::{Admission, Call, Ended, Ledger, LedgerError, Settled, Ticket};

#[derive(Default)]
pub(super) struct MemoryLedger {
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Default)]
struct State {
    last: i64,
    running: Vec<(Ticket, Call)>,
    queue: Vec<Ticket>,
    calls: Vec<Call>,
    settled: Vec<Ended>,
    left_queue: usize,
    /// Given instead of what would be.
    refusals: VecDeque<Result<Admission, LedgerError>>,
    unwritable: bool,
    rests_after: Option<usize>,
    cap: Option<Money>,
}

impl MemoryLedger {
    /// Gives this answer to the next call.
    pub(super) fn refuse(&self, with: Result<Admission, LedgerError>) {
        self.state.lock().unwrap().refusals.push_back(with);
    }

    /// Cannot settle any more.
    pub(super) fn fail_to_settle(&self) {
        self.state.lock().unwrap().unwritable = true;
    }

    /// Lets the provider rest for 30 s after that many calls.
    pub(super) fn rest_after(&self, calls: usize) {
        self.state.lock().unwrap().rests_after = Some(calls);
    }

    pub(super) fn cap(&self, money: Money) {
        self.state.lock().unwrap().cap = Some(money);
    }

    /// Takes a place as another process does.
    pub(super) fn take_place(&self) -> Ticket {
        let state = &mut *self.state.lock().unwrap();
        let ticket = state.ticket();
        state.running.push((ticket, other_call()));
        ticket
    }

    /// Gives a place back as another process does: nobody here is told.
    pub(super) fn give_back(&self, ticket: Ticket) {
        self.state.lock().unwrap().running.retain(|(running, _)| *running != ticket);
    }

    /// What was asked for, without repetitions of those who wait.
    pub(super) fn calls(&self) -> Vec<Call> {
        self.state.lock().unwrap().calls.clone()
    }

    pub(super) fn settled(&self) -> Vec<Ended> {
        self.state.lock().unwrap().settled.clone()
    }

    /// Waits until nothing runs and nobody waits; says how many left the queue without a place.
    pub(super) async fn is_quiet(&self) -> usize {
        self.until(|state| state.running.is_empty() && state.queue.is_empty()).await
    }

    /// Waits until so many wait.
    pub(super) async fn has_waiting(&self, count: usize) {
        self.until(|state| state.queue.len() == count).await;
    }

    async fn until(&self, holds: impl Fn(&State) -> bool) -> usize {
        loop {
            let changed = self.changed.notified();
            if holds(&self.state.lock().unwrap()) {
                return self.state.lock().unwrap().left_queue;
            }
            changed.await;
        }
    }
}

impl State {
    fn ticket(&mut self) -> Ticket {
        self.last += 1;
        Ticket(self.last)
    }

    fn admit(&mut self, call: &Call) -> Result<Admission, LedgerError> {
        if let Some(refusal) = self.refusals.pop_front() {
            return refusal;
        }
        let set_aside = self.running.iter().fold(call.cost, |sum, (_, call)| sum.plus(call.cost));
        if let Some(cap) = self.cap.filter(|cap| *cap < set_aside) {
            let used = CapUse::Money { used: set_aside, cap };
            return Ok(Admission::OverBudget { scope: CapScope::Task, used });
        }
        let ahead = match call.waiting {
            Some(ticket) => self.queue.iter().take_while(|waiting| **waiting != ticket).count(),
            None => self.queue.len(),
        };
        if self.running.len() + ahead < call.concurrency as usize {
            let ticket = call.waiting.unwrap_or_else(|| self.ticket());
            self.queue.retain(|waiting| *waiting != ticket);
            self.running.push((ticket, call.clone()));
            return Ok(Admission::Go { ticket, warnings: Vec::new() });
        }
        if let Some(ticket) = call.waiting {
            return Ok(Admission::Wait { ticket });
        }
        if self.queue.len() >= call.queue as usize {
            return Ok(Admission::QueueFull);
        }
        let ticket = self.ticket();
        self.queue.push(ticket);
        Ok(Admission::Wait { ticket })
    }
}

#[async_trait]
impl Ledger for MemoryLedger {
    async fn admit(&self, call: &Call) -> Result<Admission, LedgerError> {
        let state = &mut *self.state.lock().unwrap();
        if call.waiting.is_none() {
            state.calls.push(call.clone());
        }
        let admission = state.admit(call);
        self.changed.notify_waiters();
        admission
    }

    async fn settle(&self, ticket: Ticket, ended: &Ended) -> Result<Settled, LedgerError> {
        let state = &mut *self.state.lock().unwrap();
        if state.unwritable {
            return Err(LedgerError("disk full".to_owned()));
        }
        let waiting = state.queue.len();
        state.queue.retain(|queued| *queued != ticket);
        state.left_queue += waiting - state.queue.len();
        let running = state.running.len();
        state.running.retain(|(running, _)| *running != ticket);
        if state.running.len() < running {
            state.settled.push(ended.clone());
        }
        self.changed.notify_waiters();
        let rests = state.rests_after == Some(state.settled.len());
        Ok(Settled { resting: rests.then_some(Duration::from_secs(30)) })
    }
}

fn other_call() -> Call {
    Call {
        provider: "test".to_owned(),
        model: "other".to_owned(),
        tokens: 0,
        cost: Money::ZERO,
        concurrency: 1,
        queue: 1,
        waiting: None,
    }
}
