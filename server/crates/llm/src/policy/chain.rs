//! Several models for one role: where one cannot answer, the next does.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;

use crate::{Answer, Delta, LanguageModel, Limits, ModelError, Notice, Request};

/// How often a turn waits for a provider that is left alone, where no other model is there.
const RESTS: u32 = 3;

/// Models that are asked in order, the first that can answer counting. Its name and limits are those
/// of the first, for which requests are made.
pub struct Chain {
    first: Arc<dyn LanguageModel>,
    others: Vec<Arc<dyn LanguageModel>>,
    patience: Duration,
    /// Places of the models that cannot answer however often they are asked.
    useless: Mutex<HashSet<usize>>,
}

impl Chain {
    /// Asks `first`, then `others`. `patience` is how long a turn waits for a provider that is left
    /// alone, where no other is there.
    pub fn new(
        first: Arc<dyn LanguageModel>,
        others: Vec<Arc<dyn LanguageModel>>,
        patience: Duration,
    ) -> Self {
        Self { first, others, patience, useless: Mutex::default() }
    }

    fn usable(&self) -> Vec<(usize, &Arc<dyn LanguageModel>)> {
        let useless = self.useless.lock().unwrap_or_else(PoisonError::into_inner);
        let all = std::iter::once(&self.first).chain(&self.others).enumerate();
        let usable: Vec<_> = all.filter(|(place, _)| !useless.contains(place)).collect();
        // Where none is usable, the first one's words tell why.
        if usable.is_empty() { vec![(0, &self.first)] } else { usable }
    }

    async fn ask_in_order(
        &self,
        request: &Request,
        on_delta: &(dyn for<'a> Fn(Delta<'a>) + Send + Sync),
    ) -> Result<Answer, ModelError> {
        let mut models = self.usable().into_iter().peekable();
        while let Some((place, model)) = models.next() {
            let error = match model.turn(request, on_delta).await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            if is_for_good(&error) {
                self.useless.lock().unwrap_or_else(PoisonError::into_inner).insert(place);
            }
            match models.peek() {
                Some((_, next)) if another_may_help(&error) => {
                    let (from, to) = (model.name().to_owned(), next.name().to_owned());
                    tracing::warn!(from, to, %error, "asking another model");
                    on_delta(Delta::Notice(&Notice::Fallback { from, to, error }));
                }
                _ => return Err(error),
            }
        }
        Err(ModelError::Unaccounted { why: "the chain has no model".to_owned() })
    }
}

#[async_trait]
impl LanguageModel for Chain {
    fn name(&self) -> &str {
        self.first.name()
    }

    fn limits(&self) -> Limits {
        self.first.limits()
    }

    async fn turn(
        &self,
        request: &Request,
        on_delta: &(dyn for<'a> Fn(Delta<'a>) + Send + Sync),
    ) -> Result<Answer, ModelError> {
        for _ in 0..RESTS {
            match self.ask_in_order(request, on_delta).await {
                Err(error @ ModelError::Resting { wait, .. }) if wait <= self.patience => {
                    let model = self.name().to_owned();
                    on_delta(Delta::Notice(&Notice::Retry { model, error, wait }));
                    tokio::time::sleep(wait).await;
                }
                outcome => return outcome,
            }
        }
        self.ask_in_order(request, on_delta).await
    }
}

/// Whether another model may answer where this one cannot. A refusal is an answer; a budget and the
/// request itself would be the same for the next.
fn another_may_help(error: &ModelError) -> bool {
    error.is_transient()
        || is_for_good(error)
        || matches!(
            error,
            ModelError::Resting { .. } | ModelError::Rejected { status: 0 | 402 | 429, .. }
        )
}

/// Whether the model will not answer however often it is asked.
fn is_for_good(error: &ModelError) -> bool {
    matches!(
        error,
        ModelError::Auth { .. } | ModelError::NoKey { .. } | ModelError::UnknownModel { .. }
    )
}
