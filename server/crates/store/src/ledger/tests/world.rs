//! Several processes of one user, with a clock that stands still until it is set.

use std::{
    collections::HashSet,
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, Ordering},
    },
};

use devika_llm::{Admission, Call, Ended, Ledger, Settled, Spent, Ticket};
use devika_protocol::{CapScope, CapUse, Money, TaskId};
use tempfile::TempDir;

use super::super::{Account, Caps, Spending, StoreLedger, watch::Watch};
use crate::Store;

/// Noon, so that a test that goes on for hours stays within the day.
pub(super) const NOON: i64 = 1_767_268_800_000;
pub(super) const SECOND: i64 = 1_000;
pub(super) const DAY: i64 = 24 * 60 * 60 * SECOND;

pub(super) struct World {
    pub(super) folder: TempDir,
    clock: Arc<AtomicI64>,
    dead: Arc<Mutex<HashSet<String>>>,
    pub(super) caps: Caps,
}

/// A process: its name and its own connection.
pub(super) struct Process {
    name: String,
    pub(super) store: Store,
}

impl World {
    pub(super) fn new() -> Self {
        Self::with_caps(Caps::default())
    }

    pub(super) fn with_caps(caps: Caps) -> Self {
        let clock = Arc::new(AtomicI64::new(NOON));
        Self { folder: TempDir::new().unwrap(), clock, dead: Arc::default(), caps }
    }

    pub(super) fn process(&self, name: &str) -> Process {
        let store = Store::open(&self.folder.path().join("devika.db")).unwrap();
        Process { name: name.to_owned(), store }
    }

    /// The ledger of a task of project `/p`.
    pub(super) fn ledger(&self, process: &Process, task: i64) -> StoreLedger {
        self.ledger_in(process, task, "/p")
    }

    pub(super) fn ledger_in(&self, process: &Process, task: i64, project: &str) -> StoreLedger {
        let (clock, dead) = (Arc::clone(&self.clock), Arc::clone(&self.dead));
        let watch = Watch {
            now: Arc::new(move || clock.load(Ordering::Relaxed)),
            is_alive: Arc::new(move |holder| !dead.lock().unwrap().contains(holder)),
            holder: process.name.clone(),
        };
        process.store.watched_ledger(TaskId(task), project, self.caps, watch)
    }

    /// The process dies, and nothing of it is said to the ledger.
    pub(super) fn kill(&self, process: &Process) {
        self.dead.lock().unwrap().insert(process.name.clone());
    }

    pub(super) fn pass(&self, millis: i64) {
        self.clock.fetch_add(millis, Ordering::Relaxed);
    }

    pub(super) async fn spent(&self, process: &Process, account: Account) -> Spending {
        process.store.spent_at(account, self.clock.load(Ordering::Relaxed)).await.unwrap()
    }
}

/// A call of at most `cost` nano-dollars and as many tokens, to a provider with two places and a
/// queue of two.
pub(super) fn call(cost: u64) -> Call {
    Call {
        provider: "cloud".to_owned(),
        model: "large".to_owned(),
        tokens: cost,
        cost: Money(cost),
        concurrency: 2,
        queue: 2,
        waiting: None,
    }
}

/// A call to a provider with so many places.
pub(super) fn call_of(concurrency: u32) -> Call {
    Call { concurrency, ..call(1) }
}

pub(super) fn again(ticket: Ticket, call: Call) -> Call {
    Call { waiting: Some(ticket), ..call }
}

pub(super) fn spent(cost: u64) -> Spent {
    Spent { tokens: cost, cost: Money(cost) }
}

pub(super) const ANSWERED: Ended = Ended::Answered(Spent { tokens: 1, cost: Money(1) });
pub(super) const FAILED: Ended = Ended::Failed(Spent { tokens: 0, cost: Money(0) });
pub(super) const SLOWED: Ended = Ended::Slowed(Spent { tokens: 0, cost: Money(0) });
pub(super) const DROPPED: Ended = Ended::Dropped(Spent { tokens: 0, cost: Money(0) });

/// The ticket of a call that may be made.
pub(super) async fn go(ledger: &StoreLedger, call: Call) -> Ticket {
    match ledger.admit(&call).await.unwrap() {
        Admission::Go { ticket, .. } => ticket,
        other => panic!("{other:?} in place of a ticket"),
    }
}

/// What is warned of when a call may be made, which then ends as expensive as it may be.
pub(super) async fn warned(ledger: &StoreLedger, cost: u64) -> Vec<(CapScope, CapUse)> {
    match ledger.admit(&call(cost)).await.unwrap() {
        Admission::Go { ticket, warnings } => {
            ledger.settle(ticket, &Ended::Answered(spent(cost))).await.unwrap();
            warnings
        }
        other => panic!("{other:?} in place of a ticket"),
    }
}

/// The ticket of a call that has to wait.
pub(super) async fn wait(ledger: &StoreLedger, call: Call) -> Ticket {
    match ledger.admit(&call).await.unwrap() {
        Admission::Wait { ticket } => ticket,
        other => panic!("{other:?} in place of a wait"),
    }
}

/// For how many milliseconds the provider still rests.
pub(super) async fn resting(ledger: &StoreLedger) -> u128 {
    match ledger.admit(&call(1)).await.unwrap() {
        Admission::Resting { wait } => wait.as_millis(),
        other => panic!("{other:?} in place of a rest"),
    }
}

pub(super) async fn refused(ledger: &StoreLedger, cost: u64) -> (CapScope, CapUse) {
    match ledger.admit(&call(cost)).await.unwrap() {
        Admission::OverBudget { scope, used } => (scope, used),
        other => panic!("{other:?} in place of a refusal"),
    }
}

/// A call that is made and ends so.
pub(super) async fn make(ledger: &StoreLedger, ended: &Ended) -> Settled {
    let ticket = go(ledger, call(1)).await;
    ledger.settle(ticket, ended).await.unwrap()
}
