//! A provider that fails too often is left alone, and tried out by one call.

use std::time::{Duration, UNIX_EPOCH};

use devika_llm::{Ledger, Settled};

use super::{super::ProviderState, world::*};

/// Makes the provider rest.
async fn broken(world: &World) -> Process {
    let process = world.process("a");
    let ledger = world.ledger(&process, 1);
    for _ in 0..4 {
        assert_eq!(make(&ledger, &FAILED).await, Settled { resting: None });
    }
    let rest = Some(Duration::from_secs(30));
    assert_eq!(make(&ledger, &FAILED).await, Settled { resting: rest });
    process
}

#[tokio::test]
async fn five_failures_in_a_row_make_it_rest_for_half_a_minute_in_every_process() {
    let world = World::new();
    broken(&world).await;
    let other = world.process("b");
    let ledger = world.ledger(&other, 2);
    assert_eq!(resting(&ledger).await, 30_000);
    world.pass(29_999);
    assert_eq!(resting(&ledger).await, 1);
}

#[tokio::test]
async fn an_answer_between_failures_begins_the_count_anew() {
    let world = World::new();
    let process = world.process("a");
    let ledger = world.ledger(&process, 1);
    for ended in [&FAILED, &FAILED, &FAILED, &FAILED, &ANSWERED, &FAILED, &FAILED, &DROPPED] {
        assert_eq!(make(&ledger, ended).await, Settled::default());
    }
    assert_eq!(process.store.provider_states().await.unwrap()[0].failures, 2);
}

#[tokio::test]
async fn one_call_over_all_processes_tries_it_out_and_its_answer_ends_the_rest() {
    let world = World::new();
    let one = broken(&world).await;
    let other = world.process("b");
    let (one, other) = (world.ledger(&one, 1), world.ledger(&other, 2));
    world.pass(30 * SECOND);
    let probe = go(&one, call(1)).await;
    assert_eq!(resting(&other).await, 1_000);
    assert_eq!(resting(&one).await, 1_000);
    one.settle(probe, &ANSWERED).await.unwrap();
    go(&one, call(1)).await;
    go(&other, call(1)).await;
}

#[tokio::test]
async fn each_vain_try_doubles_the_rest_up_to_five_minutes() {
    let world = World::new();
    let process = broken(&world).await;
    let ledger = world.ledger(&process, 1);
    let mut rest = 30;
    for expected in [60, 120, 240, 300, 300] {
        world.pass(rest * SECOND);
        let settled = make(&ledger, &FAILED).await;
        assert_eq!(settled.resting, Some(Duration::from_secs(expected)));
        rest = i64::try_from(expected).unwrap();
    }
    world.pass(rest * SECOND);
    make(&ledger, &ANSWERED).await;
    for _ in 0..4 {
        make(&ledger, &FAILED).await;
    }
    let settled = make(&ledger, &FAILED).await;
    assert_eq!(settled.resting, Some(Duration::from_secs(30)), "it begins small again");
}

#[tokio::test]
async fn a_try_that_is_dropped_or_dies_makes_room_for_another() {
    let world = World::new();
    let process = broken(&world).await;
    let ledger = world.ledger(&process, 1);
    world.pass(30 * SECOND);
    assert_eq!(make(&ledger, &DROPPED).await, Settled::default());
    let dying = world.process("b");
    go(&world.ledger(&dying, 2), call(1)).await;
    assert_eq!(resting(&ledger).await, 1_000);
    world.kill(&dying);
    assert_eq!(make(&ledger, &ANSWERED).await, Settled::default());
}

#[tokio::test]
async fn calls_from_before_the_rest_neither_end_nor_lengthen_it() {
    let world = World::new();
    let process = world.process("a");
    let early = world.ledger(&process, 2);
    let tickets = [go(&early, call_of(9)).await, go(&early, call_of(9)).await];
    let ledger = world.ledger(&broken_with(&world).await, 1);
    world.pass(SECOND);
    for (ticket, ended) in tickets.into_iter().zip([&ANSWERED, &FAILED]) {
        assert_eq!(early.settle(ticket, ended).await.unwrap(), Settled::default());
        assert_eq!(resting(&ledger).await, 29_000);
    }
}

/// As [`broken`], where some places are taken.
async fn broken_with(world: &World) -> Process {
    let process = world.process("c");
    let ledger = world.ledger(&process, 1);
    for _ in 0..5 {
        let ticket = go(&ledger, call_of(9)).await;
        ledger.settle(ticket, &FAILED).await.unwrap();
    }
    process
}

#[tokio::test]
async fn a_clock_that_is_set_back_makes_no_endless_rest() {
    let world = World::new();
    let process = broken(&world).await;
    let ledger = world.ledger(&process, 1);
    world.pass(-365 * DAY);
    assert_eq!(resting(&ledger).await, 30_000);
    world.pass(30 * SECOND);
    assert_eq!(make(&ledger, &ANSWERED).await, Settled::default());
}

#[tokio::test]
async fn a_request_that_is_too_much_for_it_is_no_failure() {
    let world = World::new();
    let process = world.process("a");
    let ledger = world.ledger(&process, 1);
    for ended in [&FAILED, &FAILED, &FAILED, &FAILED, &SLOWED, &FAILED] {
        assert_eq!(make(&ledger, ended).await, Settled::default());
    }
}

#[tokio::test]
async fn the_doctor_sees_who_rests_and_until_when() {
    let world = World::new();
    let process = broken(&world).await;
    let millis = u64::try_from(NOON + 30 * SECOND).unwrap();
    let state = ProviderState {
        provider: "cloud".to_owned(),
        resting_until: Some(UNIX_EPOCH + Duration::from_millis(millis)),
        failures: 5,
        limit: None,
        running: 0,
        waiting: 0,
    };
    assert_eq!(process.store.provider_states().await.unwrap(), [state]);
}
