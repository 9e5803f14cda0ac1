//! A world for the policy: models that do as they are told, a ledger in memory, a clock that stands
//! still unless somebody waits.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use devika_protocol::{Money, Price};
use tokio::time::{Instant, sleep};

use super::ledger::MemoryLedger;
use crate::policy::{Chain, Freed, Policed, Rates, Terms};
use crate::{
    Answer, Delta, LanguageModel, Limits, Message, ModelError, Notice, Request, Role, Stop,
};

/// What a model does in one call.
#[derive(Clone)]
pub(super) enum Act {
    Answer,
    Fail(ModelError),
    /// Says something, then fails.
    Break(&'static str, ModelError),
    /// Says something, then nothing more.
    Hang(&'static str),
    AnswerAfter(Duration),
    /// Answers, and reports so many tokens of the prompt and of the answer.
    Count(u64, u64),
}

/// Does as it is told, and its last act again and again.
pub(super) struct Actor {
    name: String,
    limits: Limits,
    acts: Mutex<VecDeque<Act>>,
    asked: Mutex<Vec<Request>>,
}

impl Actor {
    pub(super) fn new(name: &str, acts: impl IntoIterator<Item = Act>) -> Arc<Self> {
        let limits = Limits { context: 100_000, output: 1000, small: false };
        Self::with_limits(name, limits, acts)
    }

    pub(super) fn with_limits(
        name: &str,
        limits: Limits,
        acts: impl IntoIterator<Item = Act>,
    ) -> Arc<Self> {
        let acts = Mutex::new(acts.into_iter().collect());
        Arc::new(Self { name: name.to_owned(), limits, acts, asked: Mutex::default() })
    }

    /// The requests it got.
    pub(super) fn asked(&self) -> Vec<Request> {
        self.asked.lock().unwrap().clone()
    }

    fn next_act(&self) -> Act {
        let acts = &mut *self.acts.lock().unwrap();
        if acts.len() > 1 { acts.pop_front().unwrap() } else { acts[0].clone() }
    }
}

#[async_trait]
impl LanguageModel for Actor {
    fn name(&self) -> &str {
        &self.name
    }

    fn limits(&self) -> Limits {
        self.limits
    }

    async fn turn(
        &self,
        request: &Request,
        on_delta: &(dyn for<'a> Fn(Delta<'a>) + Send + Sync),
    ) -> Result<Answer, ModelError> {
        self.asked.lock().unwrap().push(request.clone());
        let (mut input_tokens, mut output_tokens) = (20, 2);
        match self.next_act() {
            Act::Answer => {}
            Act::Count(input, output) => (input_tokens, output_tokens) = (input, output),
            Act::AnswerAfter(wait) => sleep(wait).await,
            Act::Fail(error) => return Err(error),
            Act::Break(words, error) => {
                on_delta(Delta::Text(words));
                return Err(error);
            }
            Act::Hang(words) => {
                on_delta(Delta::Text(words));
                return std::future::pending().await;
            }
        }
        on_delta(Delta::Text("yes"));
        Ok(Answer { input_tokens, output_tokens, cost: Money::ZERO, ..answer(&self.name) })
    }
}

/// The answer of that model, at 20 tokens of the prompt and 2 of its own.
pub(super) fn answer(model: &str) -> Answer {
    Answer {
        model: model.to_owned(),
        text: "yes".to_owned(),
        stop: Stop::Complete,
        input_tokens: 20,
        cached_tokens: 0,
        cache_written_tokens: 0,
        output_tokens: 2,
        cost: ANSWER_COST,
    }
}

/// What an answer costs at [`price`].
pub(super) const ANSWER_COST: Money = Money(20 * 1000 + 2 * 10_000);

/// $1 for a million tokens of the prompt, $10 of the answer.
pub(super) fn price() -> Price {
    let dollar = Money::DOLLAR;
    Price { input: dollar, cached: dollar, cache_write: dollar, output: Money(10 * dollar.0) }
}

/// 30 bytes of prompt, at most 100 tokens of answer.
pub(super) fn request() -> Request {
    let message = Message { role: Role::User, text: "say yes or no, in three bytes!".to_owned() };
    Request { system: String::new(), messages: vec![message], schema: None, max_tokens: 100 }
}

/// Tokens of the prompt of [`request`], upward: a third of its bytes, two messages, the prompt.
pub(super) const PROMPT_TOKENS: u64 = 10 + 2 * 8 + 32;

pub(super) fn terms() -> Terms {
    Terms { concurrency: 1, queue: 1, ..Terms::new("test", Rates::flat(price())) }
}

pub(super) fn policed(model: &Arc<Actor>, ledger: &Arc<MemoryLedger>, freed: &Freed) -> Policed {
    Policed::new(model.clone(), ledger.clone(), terms()).sharing(freed.clone())
}

/// What came of a turn.
#[derive(Debug, PartialEq)]
pub(super) struct Told {
    pub(super) outcome: Result<Answer, ModelError>,
    pub(super) notices: Vec<Notice>,
    /// On the paused clock.
    pub(super) took: Duration,
}

pub(super) async fn turn(model: &Chain) -> Told {
    turn_with(model, &request()).await
}

pub(super) async fn turn_with(model: &Chain, request: &Request) -> Told {
    let notices = Mutex::new(Vec::new());
    let listen = |delta: Delta<'_>| {
        if let Delta::Notice(notice) = delta {
            notices.lock().unwrap().push(notice.clone());
        }
    };
    let begun = Instant::now();
    let outcome = model.turn(request, &listen).await;
    Told { outcome, took: begun.elapsed(), notices: notices.into_inner().unwrap() }
}

pub(super) fn busy(status: u16, retry_after: Option<u64>) -> ModelError {
    ModelError::Busy {
        provider: "test".to_owned(),
        status,
        message: "slow down".to_owned(),
        retry_after: retry_after.map(Duration::from_secs),
    }
}

pub(super) fn unreachable() -> ModelError {
    ModelError::Unreachable {
        provider: "test".to_owned(),
        address: "http://test/".to_owned(),
        why: "Connection refused".to_owned(),
    }
}

pub(super) fn auth() -> ModelError {
    ModelError::Auth {
        provider: "test".to_owned(),
        key_source: "environment variable TEST_KEY".to_owned(),
        message: "expired".to_owned(),
    }
}

pub(super) fn broken() -> ModelError {
    ModelError::Broken { model: "test/a".to_owned(), why: "no stop".to_owned() }
}

pub(super) fn overflow() -> ModelError {
    ModelError::ContextOverflow { model: "test/b".to_owned(), message: "too long".to_owned() }
}
