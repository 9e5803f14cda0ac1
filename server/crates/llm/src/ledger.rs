//! The `Ledger` port: where calls are admitted and accounted for, across all of the user's
//! processes.

use std::time::Duration;

use async_trait::async_trait;
use devika_protocol::{CapScope, CapUse, Money};

/// Admits calls and accounts for them. One ledger belongs to one task and knows its caps; what it
/// writes is shared by all processes of the user.
#[async_trait]
pub trait Ledger: Send + Sync {
    /// Asks to make a call. Where it may, what it costs at the most is set aside, and a place at the
    /// provider is taken. A refusal ends the waiting as well. Where the future is dropped, what it
    /// would have granted is given back.
    ///
    /// # Errors
    /// [`LedgerError`]; then the call must not be made.
    async fn admit(&self, call: &Call) -> Result<Admission, LedgerError>;

    /// Ends an admitted call: gives the place back, replaces what was set aside by what was spent,
    /// and counts for or against the provider. Must be called for a call that was dropped, too:
    /// without it the whole amount set aside counts as spent once the process is gone. To settle a
    /// call again changes nothing.
    ///
    /// # Errors
    /// [`LedgerError`]; then what was set aside stays spent.
    async fn settle(&self, ticket: Ticket, ended: &Ended) -> Result<Settled, LedgerError>;
}

/// A call that is to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// The provider's name.
    pub provider: String,
    /// Its model.
    pub model: String,
    /// The most it can use: prompt and longest answer, in tokens.
    pub tokens: u64,
    /// The most it can cost.
    pub cost: Money,
    /// Calls to this provider at one time at the most, over all processes.
    pub concurrency: u32,
    /// Calls that may wait for a place at the most, over all processes.
    pub queue: u32,
    /// The place in the queue, where an earlier [`Admission::Wait`] gave one.
    pub waiting: Option<Ticket>,
}

/// Names a call in the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Ticket(pub i64);

/// The answer to a call that is to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Admission {
    /// Make it, and [`Ledger::settle`] it.
    Go {
        /// Names it.
        ticket: Ticket,
        /// Caps of which this call uses the fourth fifth up, each told once.
        warnings: Vec<(CapScope, CapUse)>,
    },
    /// All places are taken: ask again with this ticket after a moment. Places are given in turn to
    /// the task that has the fewest.
    Wait {
        /// The place in the queue; given back by [`Ledger::settle`] with [`Ended::Dropped`].
        ticket: Ticket,
    },
    /// Too many wait already.
    QueueFull,
    /// The provider failed too often in a row and is left alone.
    Resting {
        /// For how long still.
        wait: Duration,
    },
    /// The call would cross a cap.
    OverBudget {
        /// What the cap is for.
        scope: CapScope,
        /// What would be used with the call.
        used: CapUse,
    },
}

/// How an admitted call ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    /// The provider answered, or found fault with the request: it is well.
    Answered(Spent),
    /// The provider failed: unreachable, broken off, stalled, 5xx.
    Failed(Spent),
    /// The provider is well and wants fewer calls: 429, 529.
    Slowed(Spent),
    /// Nobody waits for it any more. Says nothing about the provider.
    Dropped(Spent),
}

/// What a call used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Spent {
    /// Tokens of prompt and answer.
    pub tokens: u64,
    /// Money.
    pub cost: Money,
}

/// What came of ending a call.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Settled {
    /// The provider is left alone from now on, for this long, where this call's failure was one too
    /// many.
    pub resting: Option<Duration>,
}

/// The ledger cannot be read or written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct LedgerError(pub String);
