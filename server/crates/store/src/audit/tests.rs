//! What the audit log keeps, and what it notices.

use devika_protocol::{AskId, AskKind, CommandExit, Event, Mode, TaskId};
use rusqlite::Connection;
use serde_json::json;
use tempfile::TempDir;

use super::Break;
use crate::{NewTask, Store};

/// A store in a file, with a task of which three acts are told.
async fn store(folder: &TempDir) -> (Store, TaskId) {
    let store = Store::open(&folder.path().join("devika.db")).unwrap();
    let (project, prompt) = ("/project".to_owned(), "Say my secret name".to_owned());
    let new = NewTask {
        project: project.clone(),
        prompt: prompt.clone(),
        mode: Mode::Auto,
        model: None,
        git: None,
    };
    let task = store.create_task(new).await.unwrap();
    let queued = Event::Queued { prompt, project, mode: Mode::Auto, ahead: 0 };
    store.append(task, queued);
    store.append(task, Event::Reply { text: "Hello.".into() });
    let text = "cargo test".to_owned();
    store.append(task, Event::Asked { ask: AskId(1), kind: AskKind::Command, text });
    let exit = CommandExit::Code(0);
    let (output, millis) = ("ok".to_owned(), 5);
    let finished = Event::CommandFinished { command: 2, exit, output, millis };
    store.append_and_wait(task, finished).await.unwrap();
    (store, task)
}

/// The store's file, without what keeps the log as it is.
fn tampering(folder: &TempDir) -> Connection {
    let connection = Connection::open(folder.path().join("devika.db")).unwrap();
    connection
        .execute_batch("DROP TRIGGER audit_rows_stay; DROP TRIGGER audit_rows_stay_as_they_are;")
        .unwrap();
    connection
}

#[tokio::test]
async fn acts_are_kept_in_order_and_the_users_own_words_are_not() {
    let folder = TempDir::new().unwrap();
    let (store, task) = store(&folder).await;
    let rows = store.audit_rows(Some(task)).await.unwrap();
    let told: Vec<_> = rows.into_iter().map(|row| (row.id, row.act, row.detail)).collect();
    let prompt = "sha256:7366b0d49e32b8e5963177827790079c384bc1ade524cd33b593e5971554546d";
    let [queued, asked, ran] = &told[..] else { panic!("{told:?}") };
    assert_eq!((queued.0, &*queued.1, &queued.2["project"]), (1, "task", &json!("/project")));
    assert_eq!(queued.2["prompt"], prompt);
    assert_eq!(
        *asked,
        (2, "approval".into(), json!({ "ask": 1, "kind": "command", "text": "cargo test" }))
    );
    assert_eq!(
        *ran,
        (3, "command".into(), json!({ "command": 2, "exit": { "code": 0 }, "millis": 5 }))
    );
}

#[tokio::test]
async fn a_log_as_it_was_written_holds_and_its_head_moves_with_each_row() {
    let folder = TempDir::new().unwrap();
    let (store, task) = store(&folder).await;
    let first = store.verify_audit().await.unwrap().unwrap();
    assert_eq!(first.rows, 3);
    let rows = store.audit_rows(None).await.unwrap();
    assert_eq!(rows.last().map(|row| &row.hash), Some(&first.head));
    store.append_and_wait(task, Event::Cancelled {}).await.unwrap();
    let then = store.verify_audit().await.unwrap().unwrap();
    assert_eq!(then.rows, 4);
    assert_ne!(then.head, first.head);
}

#[tokio::test]
async fn several_processes_write_one_chain() {
    let folder = TempDir::new().unwrap();
    let (one, task) = store(&folder).await;
    let other = Store::open(&folder.path().join("devika.db")).unwrap();
    for round in 0..20 {
        let (first, second) = tokio::join!(
            one.audit(Some(task), "key", json!({ "round": round })),
            other.audit(None, "key", json!({ "round": round })),
        );
        first.and(second).unwrap();
    }
    assert_eq!(one.verify_audit().await.unwrap().unwrap().rows, 43);
}

#[tokio::test]
async fn rows_cannot_be_changed_or_deleted_by_mistake() {
    let folder = TempDir::new().unwrap();
    let (store, _) = store(&folder).await;
    let connection = Connection::open(folder.path().join("devika.db")).unwrap();
    for sql in ["DELETE FROM audit", "UPDATE audit SET act = 'nothing'"] {
        let error = connection.execute(sql, []).unwrap_err();
        assert_eq!(error.to_string(), "the audit log is only added to");
    }
    store.verify_audit().await.unwrap().unwrap();
}

#[tokio::test]
async fn a_row_that_was_changed_on_purpose_is_noticed() {
    for change in [
        "UPDATE audit SET detail = replace(detail, 'cargo test', 'cargo fmt') WHERE id = 2",
        "UPDATE audit SET time = '2020-01-01T00:00:00.000Z' WHERE id = 2",
        "UPDATE audit SET task = NULL WHERE id = 2",
        "UPDATE audit SET act = 'write' WHERE id = 2",
        "UPDATE audit SET hash = zeroblob(32) WHERE id = 2",
    ] {
        let folder = TempDir::new().unwrap();
        let (store, _) = store(&folder).await;
        assert_eq!(tampering(&folder).execute(change, []), Ok(1), "{change}");
        let found = store.verify_audit().await.unwrap();
        assert_eq!(found, Err(Break::Changed { row: 2 }), "{change}");
    }
}

#[tokio::test]
async fn a_row_that_is_missing_is_noticed_wherever_it_was() {
    for (row, missing) in [(1, (1, 1)), (2, (2, 2)), (3, (3, 3))] {
        let folder = TempDir::new().unwrap();
        let (store, _) = store(&folder).await;
        tampering(&folder).execute("DELETE FROM audit WHERE id = ?1", [row]).unwrap();
        let (first, last) = missing;
        let found = store.verify_audit().await.unwrap();
        assert_eq!(found, Err(Break::Missing { first, last }));
    }
}

#[tokio::test]
async fn what_is_looked_at_often_is_told_when_it_changes() {
    let folder = TempDir::new().unwrap();
    let (store, _) = store(&folder).await;
    let look = |hash: &'static str| {
        let detail = json!({ "file": "/etc/devika.toml", "sha256": hash });
        store.audit_change("configuration", ("file", "/etc/devika.toml".to_owned()), detail)
    };
    for hash in ["a", "a", "b", "b", "a"] {
        look(hash).await.unwrap();
    }
    let rows = store.audit_rows(None).await.unwrap();
    let seen: Vec<_> = rows[3..].iter().map(|row| row.detail["sha256"].clone()).collect();
    assert_eq!(seen, ["a", "b", "a"]);
}
