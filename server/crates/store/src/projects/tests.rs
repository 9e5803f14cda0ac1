//! Projects: listed, put aside, deleted, carried.

use std::time::Duration;

use devika_protocol::{Event, Mode, Money, TaskId, TaskState, Usage};
use serde_json::json;

use super::Project;
use crate::{NewTask, Store, StoreError};

/// A task of a project in this state, with an event, a message, a journal entry and a cost.
async fn task(store: &Store, project: &str, state: TaskState) -> TaskId {
    let (root, prompt) = (project.to_owned(), "Write".to_owned());
    let new = NewTask { project: root, prompt, mode: Mode::Auto, model: None, git: None };
    let task = store.create_task(new).await.unwrap();
    store.append(task, Event::Reply { text: format!("of {project}") });
    store.add_message(task, "user", "Write").await.unwrap();
    let entry = store.intend(task, "plan", "turn", json!({ "model": "m" })).await.unwrap();
    store.settle(entry.id, json!("done")).await.unwrap();
    let usage = Usage { input: 5, cached: 0, output: 2, cost: Money(300) };
    store.add_usage(task, "one/m", usage).await.unwrap();
    store.set_state(task, state).await.unwrap();
    task
}

#[tokio::test]
async fn projects_are_listed_with_what_there_is_of_them() {
    let store = Store::in_memory().unwrap();
    task(&store, "/a", TaskState::Completed).await;
    task(&store, "/b", TaskState::Failed).await;
    task(&store, "/a", TaskState::Paused).await;
    store.archive("/b", true).await.unwrap();
    let told = |project: &Project| {
        let Project { root, tasks, open, cost, archived, .. } = project.clone();
        (root, tasks, open, cost.0, archived)
    };
    let projects = store.projects().await.unwrap();
    assert_eq!(
        projects.iter().map(told).collect::<Vec<_>>(),
        [("/a".into(), 2, 1, 600, false), ("/b".into(), 1, 0, 300, true)]
    );
    store.archive("/b", false).await.unwrap();
    assert!(!store.projects().await.unwrap()[1].archived);
}

#[tokio::test]
async fn a_deleted_project_is_gone_and_the_others_and_the_audit_log_stay() {
    let store = Store::in_memory().unwrap();
    let gone = task(&store, "/a", TaskState::Paused).await;
    let stays = task(&store, "/b", TaskState::Completed).await;
    store.trust("/a", true).await.unwrap();
    let before = store.audit_rows(None).await.unwrap();
    assert_eq!(store.delete_project("/a").await, Ok(1));
    assert_eq!(store.task(gone).await, Ok(None));
    assert_eq!(store.events(gone).await, Ok(Vec::new()));
    assert_eq!(store.messages("/a").await, Ok(Vec::new()));
    assert_eq!(store.is_trusted("/a").await, Ok(false));
    assert_eq!(store.events(stays).await.unwrap().len(), 1);
    let after = store.audit_rows(None).await.unwrap();
    assert_eq!(after[..before.len()], before);
    assert_eq!(after[before.len()].detail, json!({ "project": "/a", "tasks": 1 }));
    store.verify_audit().await.unwrap().unwrap();
}

#[tokio::test]
async fn a_project_that_is_worked_on_is_not_deleted() {
    let store = Store::in_memory().unwrap();
    let held = task(&store, "/a", TaskState::Running).await;
    let Err(StoreError::Other(why)) = store.delete_project("/a").await else { panic!() };
    assert_eq!(why, "task 1 of /a is being worked on; stop it, then delete the project");
    assert!(store.task(held).await.unwrap().is_some());
}

#[tokio::test]
async fn old_tasks_are_forgotten_once_they_are_at_their_end() {
    let store = Store::in_memory().unwrap();
    let done = task(&store, "/a", TaskState::Completed).await;
    let waits = task(&store, "/a", TaskState::Paused).await;
    let hour = Duration::from_secs(60 * 60);
    assert_eq!(store.forget_tasks_older_than(hour).await, Ok(0));
    store
        .write(|batch| {
            batch
                .connection
                .execute("UPDATE tasks SET created = '2020-01-01T00:00:00.000Z'", [])?;
            Ok(())
        })
        .await
        .unwrap();
    assert_eq!(store.forget_tasks_older_than(hour).await, Ok(1));
    assert_eq!(store.task(done).await, Ok(None));
    assert!(store.task(waits).await.unwrap().is_some());
}

#[tokio::test]
async fn a_project_is_carried_to_another_store_with_all_that_belongs_to_it() {
    let (from, to) = (Store::in_memory().unwrap(), Store::in_memory().unwrap());
    task(&to, "/other", TaskState::Completed).await;
    let old = task(&from, "/a", TaskState::Completed).await;
    task(&from, "/b", TaskState::Completed).await;
    let carried = from.carry_out("/a").await.unwrap();
    let text = serde_json::to_string(&carried).unwrap();
    let again = serde_json::from_str(&text).unwrap();
    assert_eq!(to.carry_in("/new", again).await, Ok(1));
    let new = to.tasks(&["/new".to_owned()], 9).await.unwrap()[0].clone();
    assert_eq!((new.id, new.state, &*new.prompt), (TaskId(2), TaskState::Completed, "Write"));
    let events = |records: Vec<devika_protocol::EventRecord>| {
        records.into_iter().map(|record| (record.time, record.event)).collect::<Vec<_>>()
    };
    assert_eq!(events(to.events(new.id).await.unwrap()), events(from.events(old).await.unwrap()));
    assert_eq!(to.usage(new.id).await, from.usage(old).await);
    assert_eq!(to.messages("/new").await.unwrap()[0].text, "Write");
    assert_eq!(to.entry(new.id, "plan").await.unwrap().unwrap().outcome, Some(json!("done")));
}

#[tokio::test]
async fn a_carried_task_that_was_not_at_its_end_is_not_done_again() {
    let (from, to) = (Store::in_memory().unwrap(), Store::in_memory().unwrap());
    task(&from, "/a", TaskState::Paused).await;
    to.carry_in("/a", from.carry_out("/a").await.unwrap()).await.unwrap();
    assert_eq!(to.tasks(&[], 9).await.unwrap()[0].state, TaskState::Cancelled);
}

#[tokio::test]
async fn what_is_not_an_export_changes_nothing() {
    let store = Store::in_memory().unwrap();
    let from = Store::in_memory().unwrap();
    task(&from, "/a", TaskState::Completed).await;
    let good = from.carry_out("/a").await.unwrap();
    let mut newer = good.clone();
    newer.format += 1;
    let mut other_table = good.clone();
    other_table.rows[0].0 = "sqlite_sequence".to_owned();
    let mut other_column = good.clone();
    other_column.tasks[0].insert("id) VALUES (1); --".to_owned(), json!(1));
    let mut other_task = good;
    other_task.rows[0].1[0].insert("task".to_owned(), json!(77));
    for bad in [newer, other_table, other_column, other_task] {
        let Err(StoreError::Other(_)) = store.carry_in("/a", bad).await else { panic!() };
        assert_eq!(store.tasks(&[], 9).await, Ok(Vec::new()));
    }
}
