//! The intent before the act, the outcome after it.

use devika_store::{Entry, Store, StoreError};
use serde_json::json;

use crate::world::World;

#[tokio::test]
async fn what_was_begun_before_a_restart_is_known_after_it() {
    let world = World::new().await;
    let (file, task) = (world.file(), world.task);
    let turn = world.store.intend(task, "plan/1", "turn", json!({"b": 1, "a": 2})).await.unwrap();
    world.store.settle(turn.id, json!({"answer": "…"})).await.unwrap();
    world.store.intend(task, "edit/1", "edit", json!(null)).await.unwrap();
    drop(world.store);

    let store = Store::open(&file).unwrap();
    let again = store.intend(task, "plan/1", "turn", json!("another")).await.unwrap();
    assert_eq!(
        again,
        Entry {
            id: turn.id,
            key: "plan/1".to_owned(),
            kind: "turn".to_owned(),
            intent: json!({"b": 1, "a": 2}),
            outcome: Some(json!({"answer": "…"})),
        }
    );
    assert_eq!(store.entry(task, "edit/1").await.unwrap().unwrap().outcome, None);
    assert_eq!(store.entry(task, "edit/2").await.unwrap(), None);
    let keys: Vec<_> = store.entries(task).await.unwrap().into_iter().map(|e| e.key).collect();
    assert_eq!(keys, ["plan/1", "edit/1"]);
}

#[tokio::test]
async fn an_outcome_is_written_once() {
    let World { store, task, .. } = World::new().await;
    let entry = store.intend(task, "commit/1", "commit", json!({})).await.unwrap();
    store.settle(entry.id, json!("abc")).await.unwrap();
    store.settle(entry.id, json!("abc")).await.unwrap();
    assert!(matches!(store.settle(entry.id, json!("def")).await, Err(StoreError::Other(_))));
    assert!(matches!(store.settle(99, json!(1)).await, Err(StoreError::Other(_))));
    let kept = store.entry(task, "commit/1").await.unwrap().unwrap();
    assert_eq!(kept.outcome, Some(json!("abc")));
}

#[tokio::test]
async fn nothing_is_an_outcome_too() {
    let World { store, task, .. } = World::new().await;
    let entry = store.intend(task, "branch", "branch", json!({})).await.unwrap();
    store.settle(entry.id, json!(null)).await.unwrap();
    assert_eq!(store.entry(task, "branch").await.unwrap().unwrap().outcome, Some(json!(null)));
}
