//! Places at the provider: waiting, being woken, giving back.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, advance};

use super::ledger::MemoryLedger;
use super::world::{Act, Actor, PROMPT_TOKENS, answer, policed, price, request, turn};
use crate::policy::{Chain, Freed};
use crate::{Delta, Ended, LanguageModel, ModelError, Spent};

/// Chains of as many tasks that share a provider with one place, and a queue of one.
fn chains<const N: usize>(act: Act) -> ([Arc<Chain>; N], Arc<MemoryLedger>) {
    let (ledger, freed) = (Arc::new(MemoryLedger::default()), Freed::default());
    let model = Actor::new("test/a", [act]);
    let chain = || Arc::new(Chain::new(policed(&model, &ledger, &freed)));
    (std::array::from_fn(|_| chain()), ledger)
}

#[tokio::test(start_paused = true)]
async fn a_turn_waits_for_its_place_and_is_woken_at_once() {
    let answer_takes = Duration::from_millis(12_345);
    let ([one, two], _) = chains(Act::AnswerAfter(answer_takes));
    let (first, second) = tokio::join!(turn(&one), turn(&two));
    assert_eq!((&first.outcome, &second.outcome), (&Ok(answer("test/a")), &Ok(answer("test/a"))));
    assert_eq!((first.took, second.took), (answer_takes, answer_takes * 2));
}

#[tokio::test(start_paused = true)]
async fn a_place_that_another_process_gives_back_is_found_within_a_second() {
    let ([chain], ledger) = chains(Act::Answer);
    let taken = ledger.take_place();
    let waiting = tokio::spawn(async move { turn(&chain).await });
    ledger.has_waiting(1).await;
    advance(Duration::from_secs(60)).await;
    ledger.give_back(taken);
    let freed = Instant::now();
    assert_eq!(waiting.await.unwrap().outcome, Ok(answer("test/a")));
    assert!(freed.elapsed() <= Duration::from_secs(1), "{:?}", freed.elapsed());
}

#[tokio::test(start_paused = true)]
async fn where_too_many_wait_a_turn_says_so() {
    let ([one, two], ledger) = chains(Act::Answer);
    let taken = ledger.take_place();
    let waiting = tokio::spawn(async move { turn(&one).await });
    ledger.has_waiting(1).await;
    let error = turn(&two).await.outcome.unwrap_err();
    insta::assert_snapshot!(error, @"there is no place for another call to test: its queue of 1 is full. Raise its `concurrency` or `queue`, or let other tasks end.");
    ledger.give_back(taken);
    assert_eq!(waiting.await.unwrap().outcome, Ok(answer("test/a")));
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_for_ever() {
    let ([chain], ledger) = chains(Act::Answer);
    let taken = ledger.take_place();
    let told = turn(&chain).await;
    let why = "no place became free within 30 minutes".to_owned();
    assert_eq!(told.outcome, Err(ModelError::Crowded { provider: "test".to_owned(), why }));
    ledger.give_back(taken);
    assert_eq!(ledger.is_quiet().await, 1);
}

#[tokio::test(start_paused = true)]
async fn a_turn_that_is_dropped_while_it_waits_leaves_the_queue() {
    let ([chain], ledger) = chains(Act::Answer);
    let taken = ledger.take_place();
    let waiting = tokio::spawn(async move { turn(&chain).await });
    ledger.has_waiting(1).await;
    waiting.abort();
    ledger.has_waiting(0).await;
    ledger.give_back(taken);
    assert_eq!((ledger.is_quiet().await, ledger.settled()), (1, vec![]));
}

#[tokio::test(start_paused = true)]
async fn a_turn_that_is_dropped_is_settled_with_what_was_streamed() {
    let ([chain], ledger) = chains(Act::Hang("one two three four"));
    let heard = Arc::new(tokio::sync::Notify::new());
    let hears = Arc::clone(&heard);
    let running = tokio::spawn(async move {
        let on_delta = |_: Delta<'_>| hears.notify_one();
        chain.turn(&request(), &on_delta).await
    });
    heard.notified().await;
    running.abort();
    ledger.is_quiet().await;
    let (prompt, said) = (PROMPT_TOKENS, 6);
    let price = price();
    let millionths = prompt * price.input.0 + said * price.output.0;
    let cost = devika_protocol::Money(millionths / 1_000_000);
    assert_eq!(ledger.settled(), [Ended::Dropped(Spent { tokens: prompt + said, cost })]);
}
