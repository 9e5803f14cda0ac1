//! Asking the ledger for a place, and waiting for it.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, timeout};

use super::Policed;
use super::call::{Meter, OpenCall};
use crate::{Admission, Call, Delta, ModelError, Notice};

/// How soon a waiting turn asks again, the first time; it doubles from one to the next. A place that
/// this process gives back wakes it at once; other processes cannot.
const FIRST_POLL: Duration = Duration::from_millis(25);

/// The longest time between two questions. The ledger forgets those who do not ask for seconds.
const LONGEST_POLL: Duration = Duration::from_secs(1);

/// How long a turn waits for a place: longer than the longest answer takes.
const LONGEST_WAIT: Duration = Duration::from_secs(30 * 60);

impl Policed {
    /// Takes a place at the provider, and sets aside what the call costs at the most.
    pub(super) async fn admit(
        &self,
        call: &Call,
        meter: Meter,
        on_delta: &(dyn for<'a> Fn(Delta<'a>) + Send + Sync),
    ) -> Result<OpenCall, ModelError> {
        let mut open = OpenCall::new(Arc::clone(&self.ledger), self.freed.clone(), meter);
        let deadline = Instant::now() + LONGEST_WAIT;
        let mut poll = FIRST_POLL;
        loop {
            let mut freed = pin!(self.freed.notify().notified());
            // From here on a place that is given back wakes it, while the ledger still answers, too.
            freed.as_mut().enable();
            match self.ask_ledger(call, &mut open).await? {
                Admission::Go { ticket, warnings } => {
                    open.goes_as(ticket);
                    for (scope, used) in warnings {
                        on_delta(Delta::Notice(&Notice::Budget { scope, used }));
                    }
                    return Ok(open);
                }
                Admission::Wait { ticket } => open.waits_as(ticket),
                refusal => {
                    open.is_refused();
                    return Err(self.refused(refusal));
                }
            }
            if Instant::now() >= deadline {
                let minutes = LONGEST_WAIT.as_secs() / 60;
                return Err(self.crowded(format!("no place became free within {minutes} minutes")));
            }
            // Woken or not, the ledger knows.
            timeout(poll, freed).await.unwrap_or_default();
            poll = poll.saturating_mul(2).min(LONGEST_POLL);
        }
    }

    async fn ask_ledger(&self, call: &Call, open: &mut OpenCall) -> Result<Admission, ModelError> {
        let admission = match open.queued() {
            None => self.ledger.admit(call).await,
            waiting => self.ledger.admit(&Call { waiting, ..call.clone() }).await,
        };
        admission.map_err(|error| ModelError::Unaccounted { why: error.to_string() })
    }

    fn refused(&self, refusal: Admission) -> ModelError {
        let provider = self.terms.provider.clone();
        match refusal {
            Admission::Resting { wait } => ModelError::Resting { provider, wait },
            Admission::OverBudget { scope, used } => ModelError::OverBudget { scope, used },
            Admission::QueueFull | Admission::Wait { .. } | Admission::Go { .. } => {
                let queue = self.terms.queue;
                self.crowded(format!("its queue of {queue} is full"))
            }
        }
    }

    fn crowded(&self, why: String) -> ModelError {
        ModelError::Crowded { provider: self.terms.provider.clone(), why }
    }
}
