//! Places at a provider: how many, and whose turn it is.

use std::{future::poll_fn, sync::mpsc, task::Poll};

use devika_llm::{Admission, Call, Ended, Ledger};

use super::{
    super::{Account, StoreLedger},
    world::*,
};

/// How many calls of one task the provider takes now, out of eight; they end as `ended`.
async fn taken(ledger: &StoreLedger, ended: &Ended) -> usize {
    let mut tickets = Vec::new();
    while let Admission::Go { ticket, .. } =
        ledger.admit(&Call { queue: 0, ..call_of(8) }).await.unwrap()
    {
        tickets.push(ticket);
    }
    for ticket in &tickets {
        ledger.settle(*ticket, ended).await.unwrap();
    }
    tickets.len()
}

#[tokio::test]
async fn more_calls_than_places_wait_and_more_than_the_queue_holds_are_refused() {
    let world = World::new();
    let (a, b) = (world.process("a"), world.process("b"));
    let (a, b) = (world.ledger(&a, 1), world.ledger(&b, 2));
    let first = go(&a, call(1)).await;
    go(&b, call(1)).await;
    let waiting = wait(&a, call(1)).await;
    wait(&b, call(1)).await;
    assert_eq!(b.admit(&call(1)).await.unwrap(), Admission::QueueFull);
    assert_eq!(wait(&a, again(waiting, call(1))).await, waiting);
    a.settle(first, &ANSWERED).await.unwrap();
    assert_eq!(go(&a, again(waiting, call(1))).await, waiting);
}

#[tokio::test]
async fn another_provider_has_places_of_its_own() {
    let world = World::new();
    let process = world.process("a");
    let ledger = world.ledger(&process, 1);
    go(&ledger, call(1)).await;
    go(&ledger, call(1)).await;
    go(&ledger, Call { provider: "local".to_owned(), ..call(1) }).await;
}

#[tokio::test]
async fn a_place_goes_to_the_task_with_the_fewest_and_then_to_the_oldest() {
    let world = World::new();
    let process = world.process("a");
    let (greedy, modest, late) =
        (world.ledger(&process, 1), world.ledger(&process, 2), world.ledger(&process, 3));
    let first = go(&greedy, call(1)).await;
    let second = go(&greedy, call(1)).await;
    let many = || Call { queue: 9, ..call(1) };
    let greedy_one = wait(&greedy, many()).await;
    let modest_one = wait(&modest, many()).await;
    let late_one = wait(&late, many()).await;

    greedy.settle(first, &ANSWERED).await.unwrap();
    wait(&greedy, again(greedy_one, many())).await;
    wait(&late, again(late_one, many())).await;
    go(&modest, again(modest_one, many())).await;

    greedy.settle(second, &ANSWERED).await.unwrap();
    let modest_two = wait(&modest, many()).await;
    wait(&modest, again(modest_two, many())).await;
    wait(&late, again(late_one, many())).await;
    go(&greedy, again(greedy_one, many())).await;
}

#[tokio::test]
async fn every_free_place_is_given_and_not_the_first_in_the_queue_alone() {
    let world = World::new();
    let process = world.process("a");
    let (one, other) = (world.ledger(&process, 1), world.ledger(&process, 2));
    let tickets = [go(&one, call(1)).await, go(&one, call(1)).await];
    wait(&one, call(1)).await;
    let second = wait(&other, call(1)).await;
    for ticket in tickets {
        one.settle(ticket, &ANSWERED).await.unwrap();
    }
    go(&other, again(second, call(1))).await;
}

#[tokio::test]
async fn one_who_stops_asking_blocks_nobody() {
    let world = World::new();
    let process = world.process("a");
    let (silent, other) = (world.ledger(&process, 1), world.ledger(&process, 2));
    let full = || Call { queue: 1, ..call_of(1) };
    let first = go(&other, full()).await;
    let silent_one = wait(&silent, full()).await;
    world.pass(5 * SECOND);
    assert_eq!(other.admit(&full()).await.unwrap(), Admission::QueueFull);
    world.pass(1);
    let second = wait(&other, full()).await;
    other.settle(first, &ANSWERED).await.unwrap();
    go(&other, again(second, full())).await;
    // It may come back, to the end of the queue.
    assert_ne!(wait(&silent, again(silent_one, full())).await, silent_one);
}

#[tokio::test]
async fn one_who_waits_is_forgotten_in_time_though_the_clock_is_set_back() {
    let world = World::new();
    let process = world.process("a");
    let (silent, other) = (world.ledger(&process, 1), world.ledger(&process, 2));
    go(&other, call_of(1)).await;
    wait(&silent, Call { queue: 1, ..call_of(1) }).await;
    world.pass(-DAY);
    let full = || Call { queue: 1, ..call_of(1) };
    assert_eq!(other.admit(&full()).await.unwrap(), Admission::QueueFull);
    world.pass(6 * SECOND);
    wait(&other, full()).await;
}

#[tokio::test]
async fn who_gives_up_waiting_leaves_the_queue_and_pays_nothing() {
    let world = World::new();
    let process = world.process("a");
    let ledger = world.ledger(&process, 1);
    let full = || Call { queue: 1, ..call_of(1) };
    go(&ledger, full()).await;
    let waiting = wait(&ledger, full()).await;
    assert_eq!(ledger.admit(&full()).await.unwrap(), Admission::QueueFull);
    ledger.settle(waiting, &DROPPED).await.unwrap();
    wait(&ledger, full()).await;
    let spending = world.spent(&process, Account::Today).await;
    assert_eq!((spending.calls, spending.set_aside), (0, spent(1)));
}

#[tokio::test]
async fn a_dead_process_neither_keeps_its_places_nor_waits() {
    let world = World::new();
    let (dying, living) = (world.process("a"), world.process("b"));
    let (a, b) = (world.ledger(&dying, 1), world.ledger(&living, 2));
    go(&a, call(1)).await;
    go(&a, call(1)).await;
    wait(&a, call(1)).await;
    wait(&a, call(1)).await;
    assert_eq!(b.admit(&call(1)).await.unwrap(), Admission::QueueFull);
    world.kill(&dying);
    go(&b, call(1)).await;
    go(&b, call(1)).await;
}

#[tokio::test]
async fn a_place_that_is_granted_to_nobody_any_more_is_given_back() {
    let world = World::new();
    let process = world.process("a");
    let ledger = world.ledger(&process, 1);
    let (open, gate) = mpsc::channel::<()>();
    process.store.write_unawaited(move |_| {
        gate.recv().unwrap_err();
        Ok(())
    });
    let wanted = call_of(1);
    let mut asked = ledger.admit(&wanted);
    let polled = poll_fn(|context| Poll::Ready(asked.as_mut().poll(context).is_pending()));
    assert!(polled.await, "the store is held up");
    drop(asked);
    drop(open);
    go(&ledger, call_of(1)).await;
}

#[tokio::test]
async fn a_provider_that_wants_fewer_calls_gets_half_and_then_one_more_a_round() {
    let world = World::new();
    let process = world.process("a");
    let ledger = world.ledger(&process, 1);
    assert_eq!(taken(&ledger, &SLOWED).await, 8);
    assert_eq!(taken(&ledger, &DROPPED).await, 4, "halved once for all that were under way");
    let mut rounds = Vec::new();
    for _ in 0..7 {
        rounds.push(taken(&ledger, &ANSWERED).await);
    }
    assert_eq!(rounds, [4, 4, 5, 6, 7, 8, 8]);
}

#[tokio::test]
async fn one_place_is_always_left() {
    let world = World::new();
    let process = world.process("a");
    let ledger = world.ledger(&process, 1);
    let mut rounds = Vec::new();
    for _ in 0..5 {
        rounds.push(taken(&ledger, &SLOWED).await);
    }
    assert_eq!(rounds, [8, 4, 2, 1, 1]);
    assert_eq!(process.store.provider_states().await.unwrap()[0].limit, Some(1));
}
