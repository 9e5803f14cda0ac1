//! Caps: of tasks, days and projects, in money and in tokens.

use devika_llm::{Admission, Call, Ended, Ledger};
use devika_protocol::{Cap, CapScope, CapUse, Mode, Money, TaskId};

use super::{
    super::{Account, Caps, Spending},
    world::*,
};
use crate::{NewTask, Store, StoreError};

fn money(cap: u64) -> Cap {
    Cap { money: Some(Money(cap)), tokens: None }
}

fn tokens(cap: u64) -> Cap {
    Cap { money: None, tokens: Some(cap) }
}

fn money_used(used: u64, cap: u64) -> CapUse {
    CapUse::Money { used: Money(used), cap: Money(cap) }
}

/// A stored task, which is what can be given a cap.
async fn stored_task(store: &Store) -> TaskId {
    let (project, prompt) = ("/p".to_owned(), "Write".to_owned());
    store
        .create_task(NewTask { project, prompt, mode: Mode::Auto, model: None, git: None })
        .await
        .unwrap()
}

#[tokio::test]
async fn a_call_that_would_cross_a_cap_is_refused_and_one_that_just_fits_is_not() {
    let world = World::with_caps(Caps { task: money(100), ..Caps::default() });
    let process = world.process("a");
    let ledger = world.ledger(&process, 1);
    warned(&ledger, 60).await;
    assert_eq!(refused(&ledger, 41).await, (CapScope::Task, money_used(101, 100)));
    warned(&ledger, 40).await;
    warned(&world.ledger(&process, 2), 100).await;
}

#[tokio::test]
async fn tokens_are_capped_as_money_is() {
    let world = World::with_caps(Caps { task: tokens(100), ..Caps::default() });
    let process = world.process("a");
    let ledger = world.ledger(&process, 1);
    warned(&ledger, 60).await;
    let used = CapUse::Tokens { used: 101, cap: 100 };
    assert_eq!(refused(&ledger, 41).await, (CapScope::Task, used));
}

#[tokio::test]
async fn what_is_set_aside_in_one_process_cannot_be_spent_in_another() {
    let world = World::with_caps(Caps { project: money(100), ..Caps::default() });
    let (a, b) = (world.process("a"), world.process("b"));
    let (one, other) = (world.ledger(&a, 1), world.ledger(&b, 2));
    let ticket = go(&one, call(60)).await;
    assert_eq!(refused(&other, 50).await, (CapScope::Project, money_used(110, 100)));
    one.settle(ticket, &Ended::Answered(spent(10))).await.unwrap();
    go(&other, call(50)).await;
    warned(&world.ledger_in(&b, 3, "/other"), 100).await;
}

#[tokio::test]
async fn what_was_set_aside_in_a_process_that_died_counts_as_spent() {
    let world = World::with_caps(Caps { day: money(100), ..Caps::default() });
    let (dying, living) = (world.process("a"), world.process("b"));
    go(&world.ledger(&dying, 1), call(60)).await;
    world.kill(&dying);
    let ledger = world.ledger(&living, 2);
    assert_eq!(refused(&ledger, 41).await, (CapScope::Day, money_used(101, 100)));
    let expected = Spending { calls: 1, spent: spent(60), set_aside: spent(0) };
    assert_eq!(world.spent(&living, Account::Task(TaskId(1))).await, expected);
}

#[tokio::test]
async fn a_late_word_of_a_process_that_was_taken_for_dead_is_not_counted_again() {
    let world = World::new();
    let (stopped, living) = (world.process("a"), world.process("b"));
    let late = world.ledger(&stopped, 1);
    let ticket = go(&late, call(60)).await;
    world.kill(&stopped);
    warned(&world.ledger(&living, 2), 1).await;
    late.settle(ticket, &Ended::Answered(spent(50))).await.unwrap();
    late.settle(ticket, &Ended::Answered(spent(50))).await.unwrap();
    assert_eq!(world.spent(&living, Account::Task(TaskId(1))).await.spent, spent(60));
}

#[tokio::test]
async fn a_dropped_call_pays_what_it_used_until_then() {
    let world = World::new();
    let process = world.process("a");
    let ledger = world.ledger(&process, 1);
    let ticket = go(&ledger, call(60)).await;
    ledger.settle(ticket, &Ended::Dropped(spent(7))).await.unwrap();
    let expected = Spending { calls: 1, spent: spent(7), set_aside: spent(0) };
    assert_eq!(world.spent(&process, Account::Project("/p".to_owned())).await, expected);
}

#[tokio::test]
async fn a_call_that_used_more_than_was_set_aside_leaves_less_for_the_next() {
    let world = World::with_caps(Caps { task: money(100), ..Caps::default() });
    let process = world.process("a");
    let ledger = world.ledger(&process, 1);
    let ticket = go(&ledger, call(10)).await;
    ledger.settle(ticket, &Ended::Answered(spent(150))).await.unwrap();
    assert_eq!(refused(&ledger, 1).await, (CapScope::Task, money_used(151, 100)));
}

#[tokio::test]
async fn a_free_model_may_be_asked_when_all_the_money_is_spent() {
    let world = World::with_caps(Caps { task: money(100), ..Caps::default() });
    let process = world.process("a");
    let ledger = world.ledger(&process, 1);
    let ticket = go(&ledger, call(100)).await;
    ledger.settle(ticket, &Ended::Answered(spent(120))).await.unwrap();
    go(&ledger, Call { cost: Money::ZERO, ..call(5) }).await;
}

#[tokio::test]
async fn absurd_amounts_neither_pass_a_cap_nor_break_the_sums() {
    let mut world = World::with_caps(Caps { day: money(100), ..Caps::default() });
    let process = world.process("a");
    let capped = world.ledger(&process, 1);
    assert_eq!(refused(&capped, u64::MAX).await.0, CapScope::Day);
    world.caps = Caps::default();
    let ledger = world.ledger(&process, 2);
    for _ in 0..6 {
        let ticket = go(&ledger, call(u64::MAX)).await;
        ledger.settle(ticket, &Ended::Answered(spent(u64::MAX))).await.unwrap();
    }
    assert_eq!(world.spent(&process, Account::Today).await.calls, 6);
    assert_eq!(refused(&capped, 1).await.0, CapScope::Day);
}

#[tokio::test]
async fn a_day_ends_at_midnight_and_a_call_is_charged_to_the_day_it_began() {
    let world = World::with_caps(Caps { day: money(100), ..Caps::default() });
    let process = world.process("a");
    let ledger = world.ledger(&process, 1);
    let ticket = go(&ledger, call(100)).await;
    assert_eq!(refused(&ledger, 1).await.0, CapScope::Day);
    world.pass(DAY / 2);
    warned(&ledger, 30).await;
    ledger.settle(ticket, &Ended::Answered(spent(90))).await.unwrap();
    assert_eq!(world.spent(&process, Account::Today).await.spent, spent(30));
}

#[tokio::test]
async fn a_clock_that_is_set_back_gives_no_budget_twice() {
    let world = World::with_caps(Caps { day: money(100), ..Caps::default() });
    let process = world.process("a");
    let ledger = world.ledger(&process, 1);
    warned(&ledger, 100).await;
    world.pass(-13 * 60 * 60 * SECOND);
    assert_eq!(refused(&ledger, 1).await.0, CapScope::Day);
    world.pass(13 * 60 * 60 * SECOND);
    assert_eq!(refused(&ledger, 1).await.0, CapScope::Day);
}

#[tokio::test]
async fn each_cap_is_warned_of_once_past_four_fifths_even_over_a_restart() {
    let caps = Caps { task: money(100), day: tokens(100), project: money(1000) };
    let world = World::with_caps(caps);
    let process = world.process("a");
    let ledger = world.ledger(&process, 1);
    assert_eq!(warned(&ledger, 80).await, []);
    let day = CapUse::Tokens { used: 81, cap: 100 };
    let expected = [(CapScope::Task, money_used(81, 100)), (CapScope::Day, day)];
    assert_eq!(warned(&ledger, 1).await, expected);
    assert_eq!(warned(&ledger, 1).await, []);
    drop((ledger, process));
    let process = world.process("b");
    assert_eq!(warned(&world.ledger(&process, 1), 1).await, []);
    let other_task = warned(&world.ledger(&process, 2), 1).await;
    assert_eq!(other_task, [], "the day was told of in another task");
}

#[tokio::test]
async fn a_raised_cap_holds_over_restarts_and_is_warned_of_again() {
    let world = World::with_caps(Caps { task: money(100), ..Caps::default() });
    let process = world.process("a");
    let task = stored_task(&process.store).await;
    let ledger = world.ledger(&process, task.0);
    assert_eq!(warned(&ledger, 100).await.len(), 1);
    refused(&ledger, 1).await;
    process.store.raise_cap(task, money(200)).await.unwrap();
    assert_eq!(warned(&ledger, 1).await, []);
    drop((ledger, process));

    let process = world.process("b");
    let ledger = world.ledger(&process, task.0);
    assert_eq!(warned(&ledger, 70).await, [(CapScope::Task, money_used(171, 200))]);
    assert_eq!(refused(&ledger, 30).await, (CapScope::Task, money_used(201, 200)));
}

#[tokio::test]
async fn a_raised_cap_in_money_leaves_the_one_in_tokens_as_it_was() {
    let task = Cap { tokens: Some(50), ..money(10) };
    let world = World::with_caps(Caps { task, ..Caps::default() });
    let process = world.process("a");
    let task = stored_task(&process.store).await;
    process.store.raise_cap(task, money(100)).await.unwrap();
    let used = CapUse::Tokens { used: 51, cap: 50 };
    assert_eq!(refused(&world.ledger(&process, task.0), 51).await, (CapScope::Task, used));
    process.store.raise_cap(task, tokens(60)).await.unwrap();
    warned(&world.ledger(&process, task.0), 51).await;
    let nobody = process.store.raise_cap(TaskId(99), money(1)).await;
    assert_eq!(nobody, Err(StoreError::Other("there is no task 99".to_owned())));
}

#[tokio::test]
async fn a_resting_provider_is_said_before_a_crossed_cap_and_that_before_a_full_queue() {
    let world = World::with_caps(Caps { task: money(10), ..Caps::default() });
    let process = world.process("a");
    let ledger = world.ledger(&process, 1);
    let full = |cost| Call { concurrency: 1, queue: 0, ..call(cost) };
    let ticket = go(&ledger, full(1)).await;
    assert_eq!(ledger.admit(&full(1)).await.unwrap(), Admission::QueueFull);
    refused(&ledger, 10).await;
    ledger.settle(ticket, &FAILED).await.unwrap();
    for _ in 0..4 {
        make(&ledger, &FAILED).await;
    }
    resting(&ledger).await;
    assert!(matches!(ledger.admit(&full(11)).await.unwrap(), Admission::Resting { .. }));
}

#[tokio::test]
async fn spending_is_shown_by_model_with_what_is_under_way() {
    let world = World::new();
    let process = world.process("a");
    let ledger = world.ledger(&process, 1);
    warned(&ledger, 5).await;
    warned(&ledger, 6).await;
    go(&ledger, call(7)).await;
    go(&ledger, Call { provider: "box".to_owned(), model: "small".to_owned(), ..call(8) }).await;
    let large = Spending { calls: 2, spent: spent(11), set_aside: spent(7) };
    let small = Spending { calls: 0, spent: spent(0), set_aside: spent(8) };
    let expected = [("box/small".to_owned(), small), ("cloud/large".to_owned(), large)];
    assert_eq!(process.store.spent_by_model().await.unwrap(), expected);
    assert_eq!(world.spent(&process, Account::Model("cloud/large".to_owned())).await, large);
}

/// What one admission reads grows with the calls that are open, and with nothing else.
#[tokio::test]
async fn ten_thousand_turns_leave_no_more_rows_than_one() {
    let world = World::with_caps(Caps { day: money(1_000_000), ..Caps::default() });
    let process = world.process("a");
    let ledger = world.ledger(&process, 1);
    let rows = async || {
        let count = "SELECT (SELECT count(*) FROM calls), (SELECT count(*) FROM spending),
                     (SELECT count(*) FROM providers)";
        let rows = process.store.read(|batch| {
            let row = batch
                .connection
                .query_row(count, [], |row| Ok([row.get(0)?, row.get(1)?, row.get::<_, u32>(2)?]));
            Ok(row?)
        });
        rows.await.unwrap()
    };
    warned(&ledger, 1).await;
    let after_one = rows().await;
    for _ in 1..10_000 {
        warned(&ledger, 1).await;
    }
    assert_eq!((after_one, rows().await), ([0, 4, 1], [0, 4, 1]));
    assert_eq!(world.spent(&process, Account::Today).await.calls, 10_000);
}
