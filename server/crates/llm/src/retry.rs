//! Patience: a transient failure is tried again, a bounded number of times.

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use crate::{Answer, Delta, LanguageModel, Limits, ModelError, Notice, Request};

/// Requests a turn makes at the most.
const ATTEMPTS: u32 = 3;

/// The upper end of the first wait; it doubles from one to the next.
const FIRST_WAIT: Duration = Duration::from_millis(250);

/// The longest wait of our own.
const LONGEST_WAIT: Duration = Duration::from_secs(8);

/// The longest wait a provider may ask for. Beyond it the failure is the caller's to show.
const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(20);

/// Asks the model inside again after a transient failure: three attempts, with waits chosen at
/// random below 250 ms and 500 ms so that many clients do not return at once, or as long as the
/// provider asks, up to 20 s. A new attempt streams the answer from its beginning.
#[derive(Debug)]
pub struct Retrying<M> {
    model: M,
}

impl<M: LanguageModel> Retrying<M> {
    /// Adds patience to `model`.
    pub fn new(model: M) -> Self {
        Self { model }
    }
}

#[async_trait]
impl<M: LanguageModel> LanguageModel for Retrying<M> {
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
        let mut attempt = 1;
        loop {
            let error = match self.model.turn(request, on_delta).await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            let Some(wait) = wait_after(&error, attempt) else { return Err(error) };
            tracing::warn!(model = self.name(), attempt, ?wait, %error, "trying again");
            on_delta(Delta::Notice(&Notice::Retry { model: self.name().to_owned(), error, wait }));
            tokio::time::sleep(wait).await;
            attempt += 1;
        }
    }
}

/// How long to wait after the failure of `attempt`; `None` gives up.
fn wait_after(error: &ModelError, attempt: u32) -> Option<Duration> {
    if attempt >= ATTEMPTS || !error.is_transient() {
        return None;
    }
    match error {
        ModelError::Busy { retry_after: Some(asked), .. } => {
            (*asked <= LONGEST_RETRY_AFTER).then_some(*asked)
        }
        _ => Some(random_below(FIRST_WAIT.saturating_mul(1 << (attempt - 1)).min(LONGEST_WAIT))),
    }
}

/// A random duration below `limit`. The standard library's hash seeds are random enough to spread
/// clients out.
fn random_below(limit: Duration) -> Duration {
    let random = RandomState::new().hash_one(0_u8) >> 32;
    limit.mul_f64(random as f64 / f64::from(u32::MAX))
}

#[async_trait]
impl<M: LanguageModel + ?Sized> LanguageModel for Arc<M> {
    fn name(&self) -> &str {
        (**self).name()
    }

    fn limits(&self) -> Limits {
        (**self).limits()
    }

    async fn turn(
        &self,
        request: &Request,
        on_delta: &(dyn for<'a> Fn(Delta<'a>) + Send + Sync),
    ) -> Result<Answer, ModelError> {
        (**self).turn(request, on_delta).await
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use tokio::time::Instant;

    use super::*;
    use crate::Stop;

    /// Fails as told, then answers.
    struct Failing(Mutex<Vec<ModelError>>);

    #[async_trait]
    impl LanguageModel for Failing {
        fn name(&self) -> &str {
            "test/failing"
        }

        fn limits(&self) -> Limits {
            Limits { context: 1000, output: 100, small: false }
        }

        async fn turn(
            &self,
            _: &Request,
            _: &(dyn for<'a> Fn(Delta<'a>) + Send + Sync),
        ) -> Result<Answer, ModelError> {
            match self.0.lock().unwrap().pop() {
                Some(error) => Err(error),
                None => Ok(answer()),
            }
        }
    }

    fn answer() -> Answer {
        Answer {
            model: "test/failing".to_owned(),
            text: "yes".to_owned(),
            stop: Stop::Complete,
            input_tokens: 1,
            cached_tokens: 0,
            cache_written_tokens: 0,
            output_tokens: 1,
            cost: devika_protocol::Money::ZERO,
        }
    }

    fn busy(retry_after: Option<u64>) -> ModelError {
        ModelError::Busy {
            provider: "test".to_owned(),
            status: 429,
            message: "slow down".to_owned(),
            retry_after: retry_after.map(Duration::from_secs),
        }
    }

    /// The outcome of a turn, and how long it took on the paused clock.
    async fn turn(failures: Vec<ModelError>) -> (Result<Answer, ModelError>, Duration) {
        let model = Retrying::new(Failing(Mutex::new(failures)));
        let (system, messages) = (String::new(), Vec::new());
        let request = Request { system, messages, schema: None, max_tokens: 10 };
        let begun = Instant::now();
        (model.turn(&request, &|_| {}).await, begun.elapsed())
    }

    #[tokio::test(start_paused = true)]
    async fn two_transient_failures_are_outlived_within_a_second() {
        let (outcome, took) = turn(vec![busy(None), busy(None)]).await;
        assert_eq!(outcome, Ok(answer()));
        assert!(took < Duration::from_millis(752), "{took:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_third_failure_is_final() {
        let (outcome, _) = turn(vec![busy(None), busy(None), busy(None)]).await;
        assert_eq!(outcome, Err(busy(None)));
    }

    #[tokio::test(start_paused = true)]
    async fn the_provider_says_how_long_to_wait() {
        let (outcome, took) = turn(vec![busy(Some(7))]).await;
        assert_eq!((outcome, took.as_secs()), (Ok(answer()), 7));
    }

    #[tokio::test(start_paused = true)]
    async fn an_hour_is_not_waited() {
        let (outcome, took) = turn(vec![busy(Some(3600))]).await;
        assert_eq!((outcome, took), (Err(busy(Some(3600))), Duration::ZERO));
    }

    #[tokio::test(start_paused = true)]
    async fn a_refusal_is_not_tried_again() {
        let refusal =
            ModelError::Refused { model: "test/failing".to_owned(), message: "no".to_owned() };
        let (outcome, took) = turn(vec![refusal.clone()]).await;
        assert_eq!((outcome, took), (Err(refusal), Duration::ZERO));
    }
}
