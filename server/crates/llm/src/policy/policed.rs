//! One model under the policy.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use devika_protocol::{Money, Price};

use super::open_call::{OpenCall, Place};
use super::{estimate, retry};
use crate::{
    Admission, Answer, Call, Delta, Ended, LanguageModel, Ledger, Limits, ModelError, Notice,
    Request, Spent,
};

/// How often a call that waits for a place asks again.
const ASK_AGAIN: Duration = Duration::from_millis(100);

/// How a provider is treated.
#[derive(Clone)]
pub struct Terms {
    /// The provider's name.
    pub provider: String,
    /// The model's name there.
    pub model: String,
    /// What its tokens cost.
    pub price: Price,
    /// Calls to the provider at one time at the most, over all processes of the user.
    pub concurrency: u32,
    /// Calls that may wait for a place at the most.
    pub queue: u32,
    /// The longest wait that a provider may ask for; beyond it the failure is the caller's to show.
    pub patience: Duration,
    /// Called before and after each call, as the local model's server wants it.
    pub touch: Option<Arc<dyn Fn() + Send + Sync>>,
}

/// A model whose calls are admitted, accounted for, and made again after failures that pass.
pub struct Policed {
    model: Arc<dyn LanguageModel>,
    ledger: Arc<dyn Ledger>,
    terms: Terms,
}

impl Policed {
    /// Puts `model` under the policy.
    pub fn new(model: Arc<dyn LanguageModel>, ledger: Arc<dyn Ledger>, terms: Terms) -> Self {
        Self { model, ledger, terms }
    }
}

type OnDelta<'a> = &'a (dyn for<'d> Fn(Delta<'d>) + Send + Sync);

#[async_trait]
impl LanguageModel for Policed {
    fn name(&self) -> &str {
        self.model.name()
    }

    fn limits(&self) -> Limits {
        self.model.limits()
    }

    async fn turn(
        &self,
        request: &Request,
        on_delta: &(dyn for<'a> Fn(Delta<'a>) + Send + Sync),
    ) -> Result<Answer, ModelError> {
        let mut cost = Money::ZERO;
        let mut attempt = 1;
        loop {
            let call = self.admitted(request, on_delta).await?;
            let (outcome, spent) = self.ask(call, request, on_delta).await?;
            cost = cost.plus(spent.cost);
            let error = match outcome {
                Ok(answer) => return Ok(Answer { cost, ..answer }),
                Err(error) => error,
            };
            let Some(wait) = retry::wait_after(&error, attempt, self.terms.patience) else {
                return Err(error);
            };
            tracing::warn!(model = self.name(), attempt, ?wait, %error, "trying again");
            on_delta(Delta::Notice(&Notice::Retry { model: self.name().to_owned(), error, wait }));
            tokio::time::sleep(wait).await;
            attempt += 1;
        }
    }
}

impl Policed {
    /// Waits until the ledger admits the call.
    async fn admitted(
        &self,
        request: &Request,
        on_delta: OnDelta<'_>,
    ) -> Result<OpenCall, ModelError> {
        let Terms { provider, model, concurrency, queue, .. } = &self.terms;
        let most = estimate::most(request, &self.terms.price);
        let mut call = Call {
            provider: provider.clone(),
            model: model.clone(),
            tokens: most.tokens,
            cost: most.cost,
            concurrency: *concurrency,
            queue: *queue,
            waiting: None,
        };
        let mut place: Option<Place> = None;
        loop {
            let admission = self.ledger.admit(&call).await;
            match admission.map_err(|error| ModelError::Unaccounted { why: error.to_string() })? {
                Admission::Go { ticket, warnings } => {
                    place.into_iter().for_each(Place::taken);
                    for (scope, used) in warnings {
                        on_delta(Delta::Notice(&Notice::Budget { scope, used }));
                    }
                    return Ok(OpenCall::new(Arc::clone(&self.ledger), ticket));
                }
                Admission::Wait { ticket } => {
                    call.waiting = Some(ticket);
                    place.get_or_insert_with(|| Place::new(Arc::clone(&self.ledger), ticket));
                    tokio::time::sleep(ASK_AGAIN).await;
                }
                Admission::QueueFull => return Err(self.queue_full()),
                Admission::Resting { wait } => {
                    return Err(ModelError::Resting { provider: provider.clone(), wait });
                }
                Admission::OverBudget { scope, used } => {
                    return Err(ModelError::OverBudget { scope, used });
                }
            }
        }
    }

    fn queue_full(&self) -> ModelError {
        let Terms { provider, queue, .. } = &self.terms;
        ModelError::Rejected {
            provider: provider.clone(),
            status: 0,
            message: format!(
                "{queue} calls wait for it already (`providers.{provider}.queue`); try again later"
            ),
        }
    }

    /// Makes the call and settles it.
    async fn ask(
        &self,
        call: OpenCall,
        request: &Request,
        on_delta: OnDelta<'_>,
    ) -> Result<(Result<Answer, ModelError>, Spent), ModelError> {
        let price = &self.terms.price;
        let heard = AtomicUsize::new(0);
        let listen = |delta: Delta<'_>| {
            if let Delta::Text(text) | Delta::Reasoning(text) = delta {
                let bytes = heard.fetch_add(text.len(), Ordering::Relaxed) + text.len();
                call.streamed(estimate::cut_off(request, bytes, price));
            }
            on_delta(delta);
        };
        // Until something is heard, what a dropped call costs is its prompt.
        call.streamed(estimate::cut_off(request, 0, price));
        self.touch();
        let outcome = self.model.turn(request, &listen).await;
        self.touch();
        let heard = heard.load(Ordering::Relaxed);
        let (outcome, spent) = match outcome {
            Ok(answer) => {
                let answer = estimate::plausible(answer, request);
                let spent = estimate::spent(&answer, price);
                (Ok(answer), spent)
            }
            // What arrived was generated, and is paid for.
            Err(error) if heard > 0 => (Err(error), estimate::cut_off(request, heard, price)),
            Err(error) => (Err(error), Spent::default()),
        };
        let settled = call.settle(ended(&outcome, spent)).await;
        let settled =
            settled.map_err(|error| ModelError::Unaccounted { why: error.to_string() })?;
        if let Some(wait) = settled.resting {
            let provider = self.terms.provider.clone();
            on_delta(Delta::Notice(&Notice::Down { provider, wait }));
        }
        Ok((outcome, spent))
    }

    fn touch(&self) {
        if let Some(touch) = &self.terms.touch {
            touch();
        }
    }
}

/// What a call says about its provider.
fn ended(outcome: &Result<Answer, ModelError>, spent: Spent) -> Ended {
    match outcome {
        Err(ModelError::Busy { status: 429 | 529, .. }) => Ended::Slowed(spent),
        Err(error) if error.is_transient() => Ended::Failed(spent),
        // Nothing was sent.
        Err(ModelError::NoKey { .. }) => Ended::Dropped(spent),
        _ => Ended::Answered(spent),
    }
}
