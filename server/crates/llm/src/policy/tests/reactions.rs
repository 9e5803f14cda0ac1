//! Each failure and its one reaction.

use std::sync::Arc;
use std::time::Duration;

use devika_protocol::{CapScope, CapUse, Money};

use super::ledger::MemoryLedger;
use super::world::{
    Act, Actor, Told, answer, auth, broken, busy, overflow, policed, turn, unreachable,
};
use crate::policy::{Chain, Freed};
use crate::{Admission, Ended, LedgerError, ModelError, Notice};

/// How the policy reacts where the first model of a chain fails with this, and the second answers.
async fn reaction_to(error: ModelError, refusal: Option<Result<Admission, LedgerError>>) -> String {
    let first = Actor::new("test/a", [Act::Fail(error)]);
    let second = Actor::new("test/b", [Act::Answer]);
    let (ledger, freed) = (Arc::new(MemoryLedger::default()), Freed::default());
    refusal.into_iter().for_each(|refusal| ledger.refuse(refusal));
    let chain =
        Chain::new(policed(&first, &ledger, &freed)).or(policed(&second, &Arc::default(), &freed));
    let then = match turn(&chain).await.outcome {
        Ok(_) => "the next model".to_owned(),
        Err(_) => "the turn fails".to_owned(),
    };
    let counts = match ledger.settled().first() {
        None => "-",
        Some(Ended::Answered(_)) => "well",
        Some(Ended::Failed(_)) => "failed",
        Some(Ended::Slowed(_)) => "slowed",
        Some(Ended::Dropped(_)) => "nothing",
    };
    let calls = first.asked().len();
    turn(&chain).await.outcome.ok();
    let later = if first.asked().len() > calls { "asked again" } else { "left out" };
    format!("{calls:>5}  {counts:<8}  {then:<14}  {later}")
}

#[tokio::test(start_paused = true)]
async fn each_failure_has_one_reaction() {
    let text = str::to_owned;
    let stalled = ModelError::Stalled { model: text("test/a"), seconds: 60 };
    let unknown =
        ModelError::UnknownModel { provider: text("test"), model: text("a"), message: text("no") };
    let no_key = ModelError::NoKey { provider: text("test"), message: text("none is set") };
    let refused = ModelError::Refused { model: text("test/a"), message: text("no") };
    let rejected =
        ModelError::Rejected { provider: text("test"), status: 400, message: text("no") };
    let poor = ModelError::Rejected { provider: text("test"), status: 402, message: text("no") };
    let used = CapUse::Tokens { used: 2, cap: 1 };
    let by_provider = [
        ("no connection", unreachable()),
        ("408, 409, 425, 5xx", busy(500, None)),
        ("429, 529", busy(429, None)),
        ("429, wait 60 s", busy(429, Some(60))),
        ("429, wait an hour", busy(429, Some(3600))),
        ("stream cut", broken()),
        ("silence", stalled),
        ("key refused", auth()),
        ("no key", no_key),
        ("unknown model", unknown),
        ("context overflow", overflow()),
        ("refusal", refused),
        ("no money left", poor),
        ("request rejected", rejected),
    ];
    let by_ledger = [
        ("provider rests", Ok(Admission::Resting { wait: Duration::from_secs(30) })),
        ("queue full", Ok(Admission::QueueFull)),
        ("over budget", Ok(Admission::OverBudget { scope: CapScope::Day, used })),
        ("ledger fails", Err(LedgerError(text("disk full")))),
    ];
    let mut table =
        vec!["failure             calls  provider  then            next turn".to_owned()];
    for (name, error) in by_provider {
        table.push(format!("{name:<18}  {}", reaction_to(error, None).await));
    }
    for (name, refusal) in by_ledger {
        table.push(format!("{name:<18}  {}", reaction_to(broken(), Some(refusal)).await));
    }
    insta::assert_snapshot!(table.join("\n"), @r"
    failure             calls  provider  then            next turn
    no connection           4  failed    the next model  asked again
    408, 409, 425, 5xx      4  failed    the next model  asked again
    429, 529                4  slowed    the next model  asked again
    429, wait 60 s          4  slowed    the next model  asked again
    429, wait an hour       1  slowed    the next model  asked again
    stream cut              4  failed    the next model  asked again
    silence                 2  failed    the next model  asked again
    key refused             1  well      the next model  left out
    no key                  1  nothing   the next model  left out
    unknown model           1  well      the next model  left out
    context overflow        1  well      the turn fails  asked again
    refusal                 1  well      the turn fails  asked again
    no money left           1  well      the next model  asked again
    request rejected        1  well      the turn fails  asked again
    provider rests          0  -         the next model  asked again
    queue full              0  -         the next model  asked again
    over budget             0  -         the turn fails  asked again
    ledger fails            0  -         the turn fails  asked again
    ");
}

/// A turn of one model, and its ledger.
async fn alone(acts: impl IntoIterator<Item = Act>) -> (Told, Arc<MemoryLedger>) {
    let ledger = Arc::default();
    let told =
        turn(&Chain::new(policed(&Actor::new("test/a", acts), &ledger, &Freed::default()))).await;
    (told, ledger)
}

#[tokio::test(start_paused = true)]
async fn three_transient_failures_are_outlived_within_seconds() {
    let failures = [unreachable(), busy(503, None), busy(529, None)].map(Act::Fail);
    let (told, _) = alone(failures.into_iter().chain([Act::Answer])).await;
    assert_eq!(told.outcome, Ok(answer("test/a")));
    // At most 0.5, 1 and 2 s.
    assert!(told.took <= Duration::from_millis(3500), "{:?}", told.took);
    let retries = told.notices.iter().map(|notice| match notice {
        Notice::Retry { model, error, wait } => (model.as_str(), error.clone(), *wait),
        other => panic!("{other:?}"),
    });
    let (errors, waits): (Vec<_>, Vec<_>) = retries.map(|(_, error, wait)| (error, wait)).unzip();
    assert_eq!(errors, [unreachable(), busy(503, None), busy(529, None)]);
    // The clock ticks in milliseconds.
    let waited: Duration = waits.iter().sum();
    assert!(told.took.abs_diff(waited) <= Duration::from_millis(3), "{waited:?} {:?}", told.took);
}

#[tokio::test(start_paused = true)]
async fn a_fourth_failure_is_final() {
    let (told, _) = alone([Act::Fail(busy(503, None))]).await;
    assert_eq!((told.outcome, told.notices.len()), (Err(busy(503, None)), 3));
}

#[tokio::test(start_paused = true)]
async fn the_provider_says_how_long_to_wait() {
    let (told, _) = alone([Act::Fail(busy(429, Some(7))), Act::Answer]).await;
    assert_eq!((told.outcome, told.took.as_secs()), (Ok(answer("test/a")), 7));
}

#[tokio::test(start_paused = true)]
async fn an_hour_is_not_waited_but_told() {
    let (told, _) = alone([Act::Fail(busy(429, Some(3600)))]).await;
    let (notices, took) = (vec![], Duration::ZERO);
    assert_eq!(told, Told { outcome: Err(busy(429, Some(3600))), notices, took });
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_goes_down_is_left_alone_and_then_asked_again() {
    let down = [Act::Fail(unreachable()), Act::Fail(unreachable())];
    let model = Actor::new("test/a", down.into_iter().chain([Act::Answer]));
    let ledger = Arc::default();
    MemoryLedger::rest_after(&ledger, 2);
    let told = turn(&Chain::new(policed(&model, &ledger, &Freed::default()))).await;
    assert_eq!(told.outcome, Ok(answer("test/a")));
    let (provider, wait) = ("test".to_owned(), Duration::from_secs(30));
    let error = ModelError::Resting { provider: provider.clone(), wait };
    let notices = [
        Notice::Down { provider, wait },
        Notice::Retry { model: "test/a".to_owned(), error, wait },
    ];
    assert_eq!(told.notices[1..], notices);
    // And at most half a second after the first failure.
    assert!(told.took - wait <= Duration::from_millis(501), "{:?}", told.took);
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_rests_for_long_is_not_waited_for() {
    let (model, ledger) = (Actor::new("test/a", [Act::Answer]), MemoryLedger::default());
    let wait = Duration::from_secs(300);
    ledger.refuse(Ok(Admission::Resting { wait }));
    let told = turn(&Chain::new(policed(&model, &Arc::new(ledger), &Freed::default()))).await;
    let outcome = Err(ModelError::Resting { provider: "test".to_owned(), wait });
    assert_eq!(told, Told { outcome, notices: vec![], took: Duration::ZERO });
}

#[tokio::test(start_paused = true)]
async fn a_budget_nearly_used_up_is_told() {
    let ledger = MemoryLedger::default();
    let used = CapUse::Money { used: Money(80), cap: Money(100) };
    let warnings = vec![(CapScope::Project, used)];
    ledger.refuse(Ok(Admission::Go { ticket: ledger.take_place(), warnings }));
    let model = Actor::new("test/a", [Act::Answer]);
    let told = turn(&Chain::new(policed(&model, &Arc::new(ledger), &Freed::default()))).await;
    assert_eq!(told.notices, [Notice::Budget { scope: CapScope::Project, used }]);
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_accounted_for_is_not_asked() {
    let (model, ledger) = (Actor::new("test/a", [Act::Answer]), MemoryLedger::default());
    ledger.refuse(Err(LedgerError("disk full".to_owned())));
    let told = turn(&Chain::new(policed(&model, &Arc::new(ledger), &Freed::default()))).await;
    assert_eq!(told.outcome, Err(ModelError::Unaccounted { why: "disk full".to_owned() }));
    assert_eq!(model.asked(), []);
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_was_paid_for_is_kept_though_the_ledger_fails() {
    let (model, ledger) = (Actor::new("test/a", [Act::Answer]), MemoryLedger::default());
    ledger.fail_to_settle();
    let told = turn(&Chain::new(policed(&model, &Arc::new(ledger), &Freed::default()))).await;
    assert_eq!(told.outcome, Ok(answer("test/a")));
}
