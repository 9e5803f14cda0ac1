//! The policy around a bare adapter: what a call may cost, when it may be made, what is done when it
//! fails. Each failure has one reaction; ARCHITECTURE.md has the table.

mod admit;
mod call;
mod estimate;
mod fallback;
mod prices;
mod retry;
mod terms;

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use devika_protocol::Money;
use tokio::time::sleep;

pub use call::Freed;
use call::{Meter, OpenCall, cost_of, ended_by};
use estimate::Prompt;
pub use fallback::Chain;
pub use prices::{Rates, cost};
pub(crate) use retry::Tries;
pub use terms::Terms;

use crate::{Answer, Call, Delta, Ended, LanguageModel, Ledger, ModelError, Notice, Request};

/// A model under the policy, for the calls of one task: each call is admitted by the task's ledger
/// and settled there, also where its turn is dropped; a transient failure is tried again. It answers
/// turns as a link of a [`Chain`].
pub struct Policed {
    model: Arc<dyn LanguageModel>,
    ledger: Arc<dyn Ledger>,
    terms: Terms,
    freed: Freed,
}

impl Policed {
    /// Puts `model`, whose name is `provider/model`, under `terms`.
    pub fn new(model: Arc<dyn LanguageModel>, ledger: Arc<dyn Ledger>, terms: Terms) -> Self {
        Self { model, ledger, terms, freed: Freed::default() }
    }

    /// Wakes, and is woken by, all that share `freed`, where one gives a place back. Without it a
    /// turn that waits finds out by asking again, once a second at the latest.
    #[must_use]
    pub fn sharing(self, freed: Freed) -> Self {
        Self { freed, ..self }
    }

    /// One turn: asks until there is an answer, or nothing more to be done about the failure. What
    /// is spent, on failed attempts as well, is added to `spent`.
    async fn turn(
        &self,
        request: &Request,
        on_delta: &(dyn for<'a> Fn(Delta<'a>) + Send + Sync),
        spent: &mut Money,
    ) -> Result<Answer, ModelError> {
        let prompt = Prompt::of(request);
        let call = self.call(prompt, request);
        let mut tries = Tries::new(self.terms.attempts, self.terms.patience);
        loop {
            let open = self.admit(&call, Meter::new(prompt, self.terms.rates), on_delta).await?;
            let (outcome, resting) = self.ask(open, request, on_delta, spent).await;
            let error = match outcome {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            if let Some(wait) = resting {
                return Err(self.down(&error, wait, on_delta));
            }
            let Some(wait) = tries.wait_after(&error) else { return Err(error) };
            self.tell_retry(error, wait, on_delta);
            sleep(wait).await;
        }
    }

    fn call(&self, prompt: Prompt, request: &Request) -> Call {
        let Terms { provider, rates, concurrency, queue, .. } = &self.terms;
        let name = self.model.name();
        let model = name.strip_prefix(provider.as_str()).and_then(|rest| rest.strip_prefix('/'));
        let output = u64::from(request.max_tokens);
        Call {
            provider: provider.clone(),
            model: model.unwrap_or(name).to_owned(),
            tokens: prompt.tokens.saturating_add(output),
            cost: rates.most(prompt.tokens, output),
            concurrency: *concurrency,
            queue: *queue,
            waiting: None,
        }
    }

    /// Makes one call, and settles it. With a failure comes for how long the provider rests from now
    /// on, where it does.
    async fn ask(
        &self,
        open: OpenCall,
        request: &Request,
        on_delta: &(dyn for<'a> Fn(Delta<'a>) + Send + Sync),
        spent: &mut Money,
    ) -> (Result<Answer, ModelError>, Option<Duration>) {
        let meter = open.meter();
        let listening = |delta: Delta<'_>| {
            meter.hear(&delta);
            on_delta(delta);
        };
        let outcome = self.model.turn(request, &listening).await;
        let (outcome, ended) = match outcome {
            Ok(answer) => {
                let usage = estimate::believed(&answer, request, meter.prompt, meter.heard());
                (Ok(usage.told_in(answer)), Ended::Answered(meter.spent(usage)))
            }
            Err(error) => {
                let ended = ended_by(&error, meter.spent_on(&error));
                (Err(error), ended)
            }
        };
        *spent = spent.plus(cost_of(&ended));
        let resting = open.settle(&ended).await;
        (outcome.map(|answer| Answer { cost: *spent, ..answer }), resting)
    }

    /// What would be answered to another call from now on.
    fn down(
        &self,
        error: &ModelError,
        wait: Duration,
        on_delta: &(dyn for<'a> Fn(Delta<'a>) + Send + Sync),
    ) -> ModelError {
        let provider = self.terms.provider.clone();
        tracing::warn!(provider, ?wait, %error, "the provider is left alone");
        on_delta(Delta::Notice(&Notice::Down { provider: provider.clone(), wait }));
        ModelError::Resting { provider, wait }
    }

    fn tell_retry(
        &self,
        error: ModelError,
        wait: Duration,
        on_delta: &(dyn for<'a> Fn(Delta<'a>) + Send + Sync),
    ) {
        let model = self.model.name().to_owned();
        tracing::warn!(model, ?wait, %error, "trying again");
        on_delta(Delta::Notice(&Notice::Retry { model, error, wait }));
    }
}
