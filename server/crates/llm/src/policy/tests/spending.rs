//! What is set aside, and what is counted as spent.

use std::sync::Arc;

use devika_protocol::{CapScope, CapUse, Money};

use super::ledger::MemoryLedger;
use super::world::{
    ANSWER_COST, Act, Actor, PROMPT_TOKENS, answer, broken, busy, policed, turn, unreachable,
};
use crate::policy::{Chain, Freed};
use crate::{Answer, Call, Ended, ModelError, Spent};

fn chain(acts: impl IntoIterator<Item = Act>) -> (Chain, Arc<MemoryLedger>) {
    let ledger = Arc::default();
    (Chain::new(policed(&Actor::new("test/a", acts), &ledger, &Freed::default())), ledger)
}

/// At $1 and $10 for a million tokens of the prompt and of the answer.
fn spent(prompt: u64, answer: u64) -> Spent {
    Spent { tokens: prompt + answer, cost: Money(prompt * 1000 + answer * 10_000) }
}

#[tokio::test(start_paused = true)]
async fn the_most_that_a_call_can_use_is_set_aside() {
    let (chain, ledger) = chain([Act::Answer]);
    turn(&chain).await.outcome.unwrap();
    let most = spent(PROMPT_TOKENS, 100);
    let call = Call {
        provider: "test".to_owned(),
        model: "a".to_owned(),
        tokens: most.tokens,
        cost: most.cost,
        concurrency: 1,
        queue: 1,
        waiting: None,
    };
    assert_eq!(ledger.calls(), [call]);
}

#[tokio::test(start_paused = true)]
async fn an_answer_is_settled_with_what_the_provider_counted() {
    let (chain, ledger) = chain([Act::Answer]);
    assert_eq!(turn(&chain).await.outcome, Ok(answer("test/a")));
    assert_eq!(ledger.settled(), [Ended::Answered(spent(20, 2))]);
}

#[tokio::test(start_paused = true)]
async fn a_count_that_cannot_be_true_is_neither_paid_nor_told() {
    for (input, output, counted) in [(0, 0, 1), (u64::MAX, u64::MAX, 100)] {
        let (chain, ledger) = chain([Act::Count(input, output)]);
        let told = turn(&chain).await.outcome.unwrap();
        let expected = spent(PROMPT_TOKENS, counted);
        assert_eq!((told.input_tokens, told.output_tokens), (PROMPT_TOKENS, counted));
        assert_eq!((told.cost, ledger.settled()), (expected.cost, vec![Ended::Answered(expected)]));
    }
}

#[tokio::test(start_paused = true)]
async fn what_broke_off_is_part_of_what_the_answer_cost() {
    let broke = [Act::Break("one two three", broken()), Act::Fail(busy(503, None)), Act::Answer];
    let (chain, ledger) = chain(broke);
    let wasted = spent(PROMPT_TOKENS, 5);
    let cost = ANSWER_COST.plus(wasted.cost);
    assert_eq!(turn(&chain).await.outcome, Ok(Answer { cost, ..answer("test/a") }));
    let ended = [Ended::Failed(wasted), Ended::Failed(spent(0, 0)), Ended::Answered(spent(20, 2))];
    assert_eq!(ledger.settled(), ended);
}

#[tokio::test(start_paused = true)]
async fn what_the_first_model_wasted_is_part_of_what_the_second_ones_answer_cost() {
    let refusing = Actor::new("test/a", [Act::Break("one two three", broken())]);
    let answering = Actor::new("test/b", [Act::Answer]);
    let (ledger, freed) = (Arc::new(MemoryLedger::default()), Freed::default());
    let chain =
        Chain::new(policed(&refusing, &ledger, &freed)).or(policed(&answering, &ledger, &freed));
    let wasted = spent(PROMPT_TOKENS, 5).cost;
    let cost = ANSWER_COST.plus(Money(4 * wasted.0));
    assert_eq!(turn(&chain).await.outcome, Ok(Answer { cost, ..answer("test/b") }));
}

#[tokio::test(start_paused = true)]
async fn a_call_that_never_arrived_cost_nothing() {
    let (chain, ledger) = chain([Act::Fail(unreachable()), Act::Answer]);
    assert_eq!(turn(&chain).await.outcome, Ok(answer("test/a")));
    assert_eq!(ledger.settled()[0], Ended::Failed(spent(0, 0)));
}

#[tokio::test(start_paused = true)]
async fn a_call_that_would_cross_a_cap_is_not_made() {
    let model = Actor::new("test/a", [Act::Answer]);
    let (ledger, cap) = (Arc::new(MemoryLedger::default()), Money(1));
    ledger.cap(cap);
    let told = turn(&Chain::new(policed(&model, &ledger, &Freed::default()))).await;
    let used = CapUse::Money { used: spent(PROMPT_TOKENS, 100).cost, cap };
    assert_eq!(told.outcome, Err(ModelError::OverBudget { scope: CapScope::Task, used }));
    assert_eq!(model.asked(), []);
}
