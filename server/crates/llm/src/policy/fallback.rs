//! The next model, where one cannot answer.

use std::borrow::Cow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use devika_protocol::Money;
use tokio::time::sleep;

use super::Policed;
use crate::{Answer, Delta, LanguageModel, Limits, ModelError, Notice, Request};

/// How often a turn waits for a provider that is left alone, where no other model answers.
const RESTS: u32 = 3;

/// Models of which each stands in for the one before it, for the turns of one task. What only another
/// key or another name mends is not tried again in this task.
pub struct Chain {
    first: Link,
    others: Vec<Link>,
}

struct Link {
    model: Policed,
    /// Whether it cannot answer in this task any more.
    gone: AtomicBool,
}

impl Link {
    fn new(model: Policed) -> Self {
        Self { model, gone: AtomicBool::new(false) }
    }

    fn name(&self) -> &str {
        self.model.model.name()
    }

    fn limits(&self) -> Limits {
        self.model.model.limits()
    }
}

impl Chain {
    /// A model alone.
    pub fn new(first: Policed) -> Self {
        Self { first: Link::new(first), others: Vec::new() }
    }

    /// Adds a model to be asked where those before it cannot answer.
    #[must_use]
    pub fn or(mut self, next: Policed) -> Self {
        self.others.push(Link::new(next));
        self
    }

    fn patience(&self) -> Duration {
        self.first.model.terms.patience
    }

    /// Where all fail, the failure of the first is told: it is the one that the user chose. One that
    /// time will mend goes before it.
    async fn ask_in_order(
        &self,
        request: &Request,
        on_delta: &(dyn for<'a> Fn(Delta<'a>) + Send + Sync),
        spent: &mut Money,
    ) -> Result<Answer, ModelError> {
        let mut links = self.usable();
        let (mut link, mut failure) = (links.next().unwrap_or(&self.first), None);
        loop {
            let fitting = fitting(request, link.limits());
            let error = match link.model.turn(&fitting, on_delta, spent).await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            if !is_for_the_next(&error, failure.is_some()) {
                return Err(error);
            }
            let next = links.next();
            if let Some(next) = next {
                link.gone.store(is_for_good(&error), Ordering::Relaxed);
                tell(link, next, &error, on_delta);
            }
            let told = failure.map_or(error.clone(), |first| more_hopeful(first, error));
            let Some(next) = next else { return Err(told) };
            (link, failure) = (next, Some(told));
        }
    }

    fn usable(&self) -> impl Iterator<Item = &Link> {
        let links = std::iter::once(&self.first).chain(&self.others);
        links.filter(|link| !link.gone.load(Ordering::Relaxed))
    }
}

#[async_trait]
impl LanguageModel for Chain {
    /// Of the first model.
    fn name(&self) -> &str {
        self.first.name()
    }

    /// Of the first model. A model that stands in for it answers as briefly as it must.
    fn limits(&self) -> Limits {
        self.first.limits()
    }

    async fn turn(
        &self,
        request: &Request,
        on_delta: &(dyn for<'a> Fn(Delta<'a>) + Send + Sync),
    ) -> Result<Answer, ModelError> {
        let mut spent = Money::ZERO;
        for _ in 0..RESTS {
            match self.ask_in_order(request, on_delta, &mut spent).await {
                Err(error @ ModelError::Resting { wait, .. }) if wait <= self.patience() => {
                    let model = self.name().to_owned();
                    on_delta(Delta::Notice(&Notice::Retry { model, error, wait }));
                    sleep(wait).await;
                }
                outcome => return outcome,
            }
        }
        self.ask_in_order(request, on_delta, &mut spent).await
    }
}

/// The request as the model can take it.
fn fitting(request: &Request, limits: Limits) -> Cow<'_, Request> {
    if request.max_tokens <= limits.output {
        return Cow::Borrowed(request);
    }
    Cow::Owned(Request { max_tokens: limits.output, ..request.clone() })
}

/// Whether another model may answer where this one failed. What the user or the budget forbids, no
/// other model is to circumvent; what is wrong with the request is wrong for all. A model that only
/// stands in may have a smaller context than the one that the prompt was made for.
fn is_for_the_next(error: &ModelError, stands_in: bool) -> bool {
    match error {
        ModelError::Unreachable { .. }
        | ModelError::Busy { .. }
        | ModelError::Broken { .. }
        | ModelError::Stalled { .. }
        | ModelError::NoKey { .. }
        | ModelError::Auth { .. }
        | ModelError::UnknownModel { .. }
        | ModelError::Resting { .. }
        | ModelError::Crowded { .. } => true,
        ModelError::ContextOverflow { .. } => stands_in,
        // No money is left there.
        ModelError::Rejected { status: 402 | 429, .. } => true,
        ModelError::Refused { .. }
        | ModelError::Rejected { .. }
        | ModelError::OverBudget { .. }
        | ModelError::Unaccounted { .. } => false,
    }
}

fn is_for_good(error: &ModelError) -> bool {
    matches!(
        error,
        ModelError::NoKey { .. } | ModelError::Auth { .. } | ModelError::UnknownModel { .. }
    )
}

/// The failure that says when it is over, and the sooner of two that do.
fn more_hopeful(first: ModelError, other: ModelError) -> ModelError {
    match (first.over_after(), other.over_after()) {
        (None, Some(_)) => other,
        (Some(of_first), Some(of_other)) if of_other < of_first => other,
        _ => first,
    }
}

fn tell(
    from: &Link,
    to: &Link,
    error: &ModelError,
    on_delta: &(dyn for<'a> Fn(Delta<'a>) + Send + Sync),
) {
    let (from, to) = (from.name().to_owned(), to.name().to_owned());
    tracing::warn!(from, to, %error, "falling back");
    on_delta(Delta::Notice(&Notice::Fallback { from, to, error: error.clone() }));
}
