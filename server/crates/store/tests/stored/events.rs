//! Events reach everybody who listens, in order, once stored.

use devika_protocol::{Event, TaskId, TaskState};
use devika_store::{Store, StoreError};

use crate::world::{World, delta, reply, words};

#[tokio::test]
async fn stored_and_live_events_arrive_in_the_order_in_which_they_were_told() {
    let World { store, task, .. } = World::new().await;
    let mut stream = store.subscribe();
    store.append(task, reply("a"));
    store.append(task, delta("b"));
    let seq = store.append_and_wait(task, reply("c")).await.unwrap();
    store.append(task, delta("d"));

    let mut heard = Vec::new();
    for _ in 0..4 {
        heard.push(stream.next().await.unwrap());
    }
    assert_eq!(words(&heard), ["a", "~b", "c", "~d"]);
    let seqs: Vec<i64> = heard.iter().map(|record| record.seq).collect();
    assert_eq!(seqs, [seq - 1, seq - 1, seq, seq]);
    assert_eq!(words(&store.events(task).await.unwrap()), ["a", "c"]);
    assert_eq!(heard[0].time.len(), "2026-01-01T00:00:00.000Z".len());
}

#[tokio::test]
async fn a_listener_that_falls_behind_misses_no_stored_event() {
    let World { store, task, .. } = World::new().await;
    let mut stream = store.subscribe();
    let told: Vec<String> = (0..5000).map(|n| n.to_string()).collect();
    for word in &told {
        store.append(task, reply(word));
        store.append(task, delta(word));
    }
    store.flush().await.unwrap();
    store.append(task, reply("end"));

    let mut heard = Vec::new();
    let mut last = 0;
    while heard.last().is_none_or(|word| word != "end") {
        let record = stream.next().await.unwrap();
        assert!(record.seq >= last, "events stay in order");
        last = record.seq;
        if !record.event.is_live() {
            heard.extend(words([&record]));
        }
    }
    assert_eq!(heard, [told, vec!["end".to_owned()]].concat());
}

#[tokio::test]
async fn a_listener_that_comes_late_hears_what_comes_after_it() {
    let World { store, task, .. } = World::new().await;
    store.append_and_wait(task, reply("before")).await.unwrap();
    let mut stream = store.subscribe();
    store.append(task, reply("after"));
    assert_eq!(words(&stream.next().await), ["after"]);
}

#[tokio::test]
async fn the_stream_ends_with_the_store() {
    let World { store, task, .. } = World::new().await;
    let mut stream = store.subscribe();
    store.append(task, reply("last"));
    drop(store);
    assert_eq!(words(&stream.next().await), ["last"]);
    assert_eq!(stream.next().await, None);
}

#[tokio::test]
async fn a_task_and_its_terminal_event_end_together() {
    let World { store, task, .. } = World::new().await;
    let failed = || Event::Failed { reason: "no model".to_owned() };
    store.finish(task, TaskState::Failed, failed()).await.unwrap();
    assert_eq!(store.task(task).await.unwrap().unwrap().state, TaskState::Failed);
    assert_eq!(store.events(task).await.unwrap()[0].event, failed());

    let nobody = TaskId(99);
    assert!(store.finish(nobody, TaskState::Failed, failed()).await.is_err());
    assert_eq!(store.events(nobody).await.unwrap(), []);
}

#[tokio::test]
async fn one_failed_operation_takes_no_other_with_it() {
    let World { store, task, .. } = World::new().await;
    let mut stream = store.subscribe();
    let nobody = TaskId(99);
    let (good, bad, also_good) = tokio::join!(
        store.append_and_wait(task, reply("good")),
        store.append_and_wait(nobody, reply("bad")),
        store.append_and_wait(task, reply("also good")),
    );
    assert!(matches!(bad, Err(StoreError::Other(_))));
    assert_eq!(also_good.unwrap(), good.unwrap() + 1);
    assert_eq!(words(&stream.next().await), ["good"]);
    assert_eq!(words(&stream.next().await), ["also good"]);
}

#[tokio::test]
async fn an_event_that_was_lost_is_told_to_the_next_who_waits() {
    let World { store, task, .. } = World::new().await;
    store.append(TaskId(99), reply("lost"));
    assert!(matches!(store.append_and_wait(task, reply("a")).await, Err(StoreError::Other(_))));
    store.append_and_wait(task, reply("b")).await.unwrap();
    assert_eq!(words(&store.events(task).await.unwrap()), ["b"]);
}

#[tokio::test]
async fn many_callers_at_once_all_get_their_own_number() {
    let store = Store::in_memory().unwrap();
    let task = store.create_task(crate::world::task_in("/project")).await.unwrap();
    let callers: Vec<_> = (0..500)
        .map(|n| {
            let store = store.clone();
            tokio::spawn(async move { store.append_and_wait(task, reply(n)).await.unwrap() })
        })
        .collect();
    let mut numbers = Vec::new();
    for caller in callers {
        numbers.push(caller.await.unwrap());
    }
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=500).collect::<Vec<_>>());
}
