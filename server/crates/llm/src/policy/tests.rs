use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use devika_protocol::{CapScope, CapUse, Money, Price};
use tokio::time::Instant;

use super::*;
use crate::{
    Admission, Answer, Call, Delta, Ended, LanguageModel, Ledger, LedgerError, Limits, Message,
    ModelError, Notice, Request, Role, Settled, Spent, Stop, Ticket,
};

/// A model that fails as told, one failure a turn, and then answers.
struct Scripted {
    name: String,
    failures: Mutex<Vec<ModelError>>,
    asked: Mutex<u32>,
}

#[async_trait]
impl LanguageModel for Scripted {
    fn name(&self) -> &str {
        &self.name
    }

    fn limits(&self) -> Limits {
        Limits { context: 1_000, output: 100, small: false }
    }

    async fn turn(
        &self,
        _: &Request,
        on_delta: &(dyn for<'a> Fn(Delta<'a>) + Send + Sync),
    ) -> Result<Answer, ModelError> {
        *self.asked.lock().unwrap() += 1;
        let failure = self.failures.lock().unwrap().pop();
        match failure {
            Some(ModelError::Stalled { .. }) if self.name == "a/hangs" => {
                on_delta(Delta::Text("half an answer"));
                std::future::pending().await
            }
            Some(error) => Err(error),
            None => Ok(Answer { model: self.name.clone(), ..answer() }),
        }
    }
}

fn answer() -> Answer {
    Answer {
        model: "a/b".to_owned(),
        text: "yes".to_owned(),
        stop: Stop::Complete,
        input_tokens: 100,
        cached_tokens: 0,
        cache_written_tokens: 0,
        output_tokens: 10,
        cost: Money::ZERO,
    }
}

/// A ledger that answers as told, and then admits; it remembers how calls ended.
#[derive(Default)]
struct Book {
    refusals: Mutex<Vec<Admission>>,
    ended: Mutex<Vec<Ended>>,
    calls: Mutex<Vec<Call>>,
    rests_after_failure: bool,
}

#[async_trait]
impl Ledger for Book {
    async fn admit(&self, call: &Call) -> Result<Admission, LedgerError> {
        self.calls.lock().unwrap().push(call.clone());
        let refusal = self.refusals.lock().unwrap().pop();
        Ok(refusal.unwrap_or(Admission::Go { ticket: Ticket(1), warnings: Vec::new() }))
    }

    async fn settle(&self, _: Ticket, ended: &Ended) -> Result<Settled, LedgerError> {
        self.ended.lock().unwrap().push(ended.clone());
        let rests = self.rests_after_failure && matches!(ended, Ended::Failed(_));
        Ok(Settled { resting: rests.then_some(Duration::from_secs(30)) })
    }
}

const PRICE: Price = Price {
    input: Money(1_000_000_000),
    cached: Money(100_000_000),
    cache_write: Money(1_000_000_000),
    output: Money(10_000_000_000),
};

fn terms() -> Terms {
    Terms {
        provider: "a".to_owned(),
        model: "b".to_owned(),
        price: PRICE,
        concurrency: 4,
        queue: 100,
        patience: Duration::from_secs(120),
        touch: None,
    }
}

fn model(name: &str, mut failures: Vec<ModelError>) -> Arc<Scripted> {
    failures.reverse();
    let failures = Mutex::new(failures);
    Arc::new(Scripted { name: name.to_owned(), failures, asked: Mutex::default() })
}

fn policed(failures: Vec<ModelError>, book: &Arc<Book>) -> Policed {
    Policed::new(model("a/b", failures), book.clone(), terms())
}

fn request() -> Request {
    let messages = vec![Message { role: Role::User, text: "x".repeat(300) }];
    Request { system: String::new(), messages, schema: None, max_tokens: 100 }
}

/// The outcome of a turn, what was noticed, and how long it took on the paused clock.
async fn turn(model: &dyn LanguageModel) -> (Result<Answer, ModelError>, Vec<Notice>, Duration) {
    let notices = Mutex::new(Vec::new());
    let on_delta = |delta: Delta<'_>| {
        if let Delta::Notice(notice) = delta {
            notices.lock().unwrap().push(notice.clone());
        }
    };
    let begun = Instant::now();
    let outcome = model.turn(&request(), &on_delta).await;
    let took = begun.elapsed();
    (outcome, notices.into_inner().unwrap(), took)
}

fn busy(status: u16, retry_after: Option<u64>) -> ModelError {
    ModelError::Busy {
        provider: "a".to_owned(),
        status,
        message: "slow down".to_owned(),
        retry_after: retry_after.map(Duration::from_secs),
    }
}

fn text(text: &str) -> String {
    text.to_owned()
}

fn broken() -> ModelError {
    ModelError::Broken { model: text("a/b"), why: text("cut") }
}

/// Every failure, by its name in the table below.
fn failures() -> Vec<(&'static str, ModelError)> {
    let (provider, model, message) = (text("a"), text("a/b"), text("no"));
    vec![
        (
            "unreachable",
            ModelError::Unreachable {
                provider: provider.clone(),
                address: text("x"),
                why: text("y"),
            },
        ),
        ("busy", busy(503, None)),
        ("busy, in 7 s", busy(429, Some(7))),
        ("busy, in an hour", busy(429, Some(3_600))),
        ("broken", broken()),
        ("stalled", ModelError::Stalled { model: model.clone(), seconds: 120 }),
        (
            "key refused",
            ModelError::Auth {
                provider: provider.clone(),
                key_source: text("X"),
                message: message.clone(),
            },
        ),
        ("no key", ModelError::NoKey { provider: provider.clone(), message: message.clone() }),
        (
            "unknown model",
            ModelError::UnknownModel {
                provider: provider.clone(),
                model: text("b"),
                message: message.clone(),
            },
        ),
        (
            "too large",
            ModelError::ContextOverflow { model: model.clone(), message: message.clone() },
        ),
        ("refused", ModelError::Refused { model, message: message.clone() }),
        ("rejected", ModelError::Rejected { provider, status: 400, message }),
    ]
}

#[tokio::test(start_paused = true)]
async fn each_failure_has_one_reaction() {
    let mut table = Vec::new();
    for (name, error) in failures() {
        let book = Arc::new(Book::default());
        let inner = model("a/b", vec![error; 9]);
        let policed = Policed::new(inner.clone(), book.clone(), terms());
        let _failed = turn(&policed).await;
        let requests = *inner.asked.lock().unwrap();
        let ended = match book.ended.lock().unwrap().last().unwrap() {
            Ended::Answered(_) => "well",
            Ended::Failed(_) => "failed",
            Ended::Slowed(_) => "slowed",
            Ended::Dropped(_) => "dropped",
        };
        inner.failures.lock().unwrap().reverse();
        let other: Arc<dyn LanguageModel> = model("c/d", Vec::new());
        let chain = Chain::new(Arc::new(policed), vec![other], terms().patience);
        let (outcome, ..) = turn(&chain).await;
        let next = if outcome.is_ok() { "the next model" } else { "the caller" };
        table.push(format!("{name:<17} {requests} requests, provider {ended:<6} -> {next}"));
    }
    insta::assert_snapshot!(table.join("\n"), @r#"
    unreachable       4 requests, provider failed -> the next model
    busy              4 requests, provider failed -> the next model
    busy, in 7 s      4 requests, provider slowed -> the next model
    busy, in an hour  1 requests, provider slowed -> the next model
    broken            4 requests, provider failed -> the next model
    stalled           2 requests, provider failed -> the next model
    key refused       1 requests, provider well   -> the next model
    no key            1 requests, provider dropped -> the next model
    unknown model     1 requests, provider well   -> the next model
    too large         1 requests, provider well   -> the caller
    refused           1 requests, provider well   -> the caller
    rejected          1 requests, provider well   -> the caller
    "#);
}

#[tokio::test(start_paused = true)]
async fn a_failure_that_passes_is_outlived_and_told_of() {
    let book = Arc::new(Book::default());
    let (outcome, notices, took) = turn(&policed(vec![broken(), busy(429, Some(7))], &book)).await;
    assert_eq!(outcome.map(|answer| answer.text), Ok(text("yes")));
    let [Notice::Retry { wait: first, .. }, Notice::Retry { wait: second, .. }] = &notices[..]
    else {
        panic!("{notices:?}")
    };
    assert!(*first <= Duration::from_millis(500), "{first:?}");
    assert_eq!(*second, Duration::from_secs(7));
    assert!(took >= *first + *second && took < *first + *second + Duration::from_millis(10));
}

#[tokio::test(start_paused = true)]
async fn what_an_answer_costs_is_settled_and_told() {
    let book = Arc::new(Book::default());
    let (outcome, ..) = turn(&policed(Vec::new(), &book)).await;
    let spent = Spent { tokens: 110, cost: Money(100_000 + 100_000) };
    assert_eq!(outcome.unwrap().cost, spent.cost);
    assert_eq!(*book.ended.lock().unwrap(), [Ended::Answered(spent)]);
    let call = book.calls.lock().unwrap()[0].clone();
    assert!(
        call.cost > spent.cost && call.tokens > spent.tokens,
        "the most is set aside: {call:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_turn_that_nobody_waits_for_any_more_is_settled_with_what_it_used() {
    let book = Arc::new(Book::default());
    let stalled = ModelError::Stalled { model: text("a/hangs"), seconds: 1 };
    let policed = Policed::new(model("a/hangs", vec![stalled]), book.clone(), terms());
    let cancelled = tokio::time::timeout(Duration::from_secs(1), turn(&policed)).await;
    assert!(cancelled.is_err());
    tokio::task::yield_now().await;
    let ended = book.ended.lock().unwrap().clone();
    let [Ended::Dropped(spent)] = &ended[..] else { panic!("{ended:?}") };
    // 300 bytes and two wrappings of the prompt, and 14 bytes of the answer.
    assert_eq!(spent.tokens, 100 + 32 + 5);
}

#[tokio::test(start_paused = true)]
async fn a_call_waits_for_its_place_and_gives_it_back_when_it_is_dropped() {
    let wait = || Admission::Wait { ticket: Ticket(9) };
    let book = Arc::new(Book { refusals: Mutex::new(vec![wait(), wait()]), ..Book::default() });
    let (outcome, _, took) = turn(&policed(Vec::new(), &book)).await;
    assert!(outcome.is_ok());
    assert_eq!(took, Duration::from_millis(200));
    let tickets: Vec<_> = book.calls.lock().unwrap().iter().map(|call| call.waiting).collect();
    assert_eq!(tickets, [None, Some(Ticket(9)), Some(Ticket(9))]);

    let book = Arc::new(Book { refusals: Mutex::new(vec![wait(); 99]), ..Book::default() });
    let policed = policed(Vec::new(), &book);
    assert!(tokio::time::timeout(Duration::from_secs(1), turn(&policed)).await.is_err());
    tokio::task::yield_now().await;
    assert_eq!(*book.ended.lock().unwrap(), [Ended::Dropped(Spent::default())]);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_would_cross_a_cap_is_not_made_and_no_other_model_is_asked() {
    let used = CapUse::Money { used: Money(3), cap: Money(2) };
    let refusal = Admission::OverBudget { scope: CapScope::Task, used };
    let book = Arc::new(Book { refusals: Mutex::new(vec![refusal]), ..Book::default() });
    let inner = model("a/b", Vec::new());
    let other = model("c/d", Vec::new());
    let first = Policed::new(inner.clone(), book, terms());
    let chain = Chain::new(Arc::new(first), vec![other.clone()], terms().patience);
    let (outcome, ..) = turn(&chain).await;
    assert_eq!(outcome, Err(ModelError::OverBudget { scope: CapScope::Task, used }));
    assert_eq!((*inner.asked.lock().unwrap(), *other.asked.lock().unwrap()), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_rests_is_waited_for_where_there_is_no_other() {
    let rest = || Admission::Resting { wait: Duration::from_secs(30) };
    let book = Arc::new(Book { refusals: Mutex::new(vec![rest()]), ..Book::default() });
    let alone = Chain::new(Arc::new(policed(Vec::new(), &book)), Vec::new(), terms().patience);
    let (outcome, _, took) = turn(&alone).await;
    assert!(outcome.is_ok());
    assert_eq!(took, Duration::from_secs(30));

    let book = Arc::new(Book { refusals: Mutex::new(vec![rest()]), ..Book::default() });
    let other: Arc<dyn LanguageModel> = model("c/d", Vec::new());
    let two = Chain::new(Arc::new(policed(Vec::new(), &book)), vec![other], terms().patience);
    let (outcome, notices, took) = turn(&two).await;
    assert_eq!((outcome.unwrap().model, took), (text("c/d"), Duration::ZERO));
    assert!(matches!(&notices[..], [Notice::Fallback { to, .. }] if to == "c/d"), "{notices:?}");
}

#[tokio::test(start_paused = true)]
async fn a_model_whose_key_is_refused_is_not_asked_again() {
    let refused =
        ModelError::Auth { provider: text("a"), key_source: text("X"), message: text("no") };
    let first = model("a/b", vec![refused.clone(), refused]);
    let other: Arc<dyn LanguageModel> = model("c/d", Vec::new());
    let chain = Chain::new(first.clone(), vec![other], terms().patience);
    for _ in 0..3 {
        assert_eq!(turn(&chain).await.0.unwrap().model, "c/d");
    }
    assert_eq!(*first.asked.lock().unwrap(), 1);
}

#[tokio::test(start_paused = true)]
async fn the_user_is_told_when_a_provider_is_left_alone() {
    let book = Arc::new(Book { rests_after_failure: true, ..Book::default() });
    let (_, notices, _) = turn(&policed(vec![broken()], &book)).await;
    let down = Notice::Down { provider: text("a"), wait: Duration::from_secs(30) };
    assert_eq!(notices[0], down);
}
