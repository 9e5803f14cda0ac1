//! A model that stands in for another.

use std::sync::Arc;
use std::time::Duration;

use super::ledger::MemoryLedger;
use super::world::{
    Act, Actor, answer, auth, busy, overflow, policed, request, turn, turn_with, unreachable,
};
use crate::policy::{Chain, Freed};
use crate::{LanguageModel, Limits, ModelError, Notice, Request};

fn chain(models: [&Arc<Actor>; 2]) -> Chain {
    let (ledger, freed) = (Arc::new(MemoryLedger::default()), Freed::default());
    let [first, second] = models.map(|model| policed(model, &ledger, &freed));
    Chain::new(first).or(second)
}

/// What a chain of two fails with.
async fn failure(first: ModelError, second: ModelError) -> Result<ModelError, String> {
    let first = Actor::new("test/a", [Act::Fail(first)]);
    let second = Actor::new("test/b", [Act::Fail(second)]);
    let outcome = turn(&chain([&first, &second])).await.outcome;
    outcome.map_or_else(Ok, |answer| Err(answer.text))
}

#[tokio::test(start_paused = true)]
async fn the_next_model_answers_and_the_user_is_told_why() {
    let first = Actor::new("test/a", [Act::Fail(auth())]);
    let second = Actor::new("test/b", [Act::Answer]);
    let told = turn(&chain([&first, &second])).await;
    let (from, to) = ("test/a".to_owned(), "test/b".to_owned());
    assert_eq!(told.notices, [Notice::Fallback { from, to, error: auth() }]);
    assert_eq!(told.outcome, Ok(answer("test/b")));
}

#[tokio::test(start_paused = true)]
async fn a_model_whose_key_was_refused_is_left_out_for_the_rest_of_the_task() {
    let first = Actor::new("test/a", [Act::Fail(auth())]);
    let second = Actor::new("test/b", [Act::Answer]);
    let chain = chain([&first, &second]);
    for _ in 0..3 {
        assert_eq!(turn(&chain).await.outcome, Ok(answer("test/b")));
    }
    assert_eq!((first.asked().len(), second.asked().len()), (1, 3));
}

#[tokio::test(start_paused = true)]
async fn a_model_that_was_unreachable_answers_again_when_it_is_back() {
    let down = (0..4).map(|_| Act::Fail(unreachable()));
    let first = Actor::new("test/a", down.chain([Act::Answer]));
    let second = Actor::new("test/b", [Act::Answer]);
    let chain = chain([&first, &second]);
    assert_eq!(turn(&chain).await.outcome, Ok(answer("test/b")));
    assert_eq!(turn(&chain).await.outcome, Ok(answer("test/a")));
}

#[tokio::test(start_paused = true)]
async fn a_long_wait_is_not_waited_where_there_is_another_model() {
    let first = Actor::new("test/a", [Act::Fail(busy(429, Some(3600)))]);
    let second = Actor::new("test/b", [Act::Answer]);
    let told = turn(&chain([&first, &second])).await;
    assert_eq!((told.outcome, told.took), (Ok(answer("test/b")), Duration::ZERO));
}

#[tokio::test(start_paused = true)]
async fn where_all_fail_the_failure_of_the_chosen_model_is_told() {
    assert_eq!(failure(auth(), unreachable()).await, Ok(auth()));
    assert_eq!(failure(unreachable(), overflow()).await, Ok(unreachable()));
}

#[tokio::test(start_paused = true)]
async fn where_all_fail_a_failure_that_time_mends_goes_first() {
    let (hour, minutes) = (busy(429, Some(3600)), busy(429, Some(300)));
    assert_eq!(failure(auth(), hour.clone()).await, Ok(hour.clone()));
    assert_eq!(failure(hour, minutes.clone()).await, Ok(minutes));
}

#[tokio::test(start_paused = true)]
async fn a_model_that_stands_in_answers_as_briefly_as_it_must() {
    let first = Actor::new("test/a", [Act::Fail(auth())]);
    let small = Limits { context: 1000, output: 50, small: true };
    let second = Actor::with_limits("test/b", small, [Act::Answer]);
    let chain = chain([&first, &second]);
    turn_with(&chain, &request()).await.outcome.unwrap();
    assert_eq!(second.asked(), [Request { max_tokens: 50, ..request() }]);
    assert_eq!((chain.name(), chain.limits().output), ("test/a", 1000));
}
