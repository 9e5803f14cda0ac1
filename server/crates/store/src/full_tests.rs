//! A disk that is full, as SQLite tells it.

use devika_protocol::{Event, Mode, TaskId};
use rusqlite::Connection;
use tempfile::TempDir;

use crate::{NewTask, OpenOptions, Store, StoreError, migrate::MIGRATIONS, open::open_file};

/// A store that has room for little more.
fn small_store(folder: &TempDir) -> Store {
    let connection = open_file(&folder.path().join("devika.db"), MIGRATIONS).unwrap();
    limit(&connection, 10);
    Store::start(connection, OpenOptions::default()).unwrap()
}

fn limit(connection: &Connection, more: u32) {
    let pages: u32 = connection.pragma_query_value(None, "page_count", |row| row.get(0)).unwrap();
    connection.pragma_update_and_check(None, "max_page_count", pages + more, |_| Ok(())).unwrap();
}

async fn task_of(store: &Store) -> TaskId {
    let (project, prompt) = ("/project".to_owned(), "Write hello world".to_owned());
    store
        .create_task(NewTask { project, prompt, mode: Mode::Auto, model: None, git: None })
        .await
        .unwrap()
}

fn reply(length: usize) -> Event {
    Event::Reply { text: "x".repeat(length) }
}

#[tokio::test]
async fn a_full_disk_is_said_and_nothing_of_the_transaction_stays() {
    let folder = TempDir::new().unwrap();
    let store = small_store(&folder);
    let task = task_of(&store).await;
    let mut stream = store.subscribe();
    let (small, large) = tokio::join!(
        store.append_and_wait(task, reply(1)),
        store.append_and_wait(task, reply(1_000_000)),
    );
    assert_eq!(large, Err(StoreError::Full));
    // Depending on whether they met in one transaction.
    let kept = usize::from(small.is_ok());
    assert_eq!(store.events(task).await.unwrap().len(), kept);

    let seq = store.append_and_wait(task, reply(2)).await.unwrap();
    assert_eq!(seq, i64::try_from(kept).unwrap() + 1);
    for _ in 0..kept {
        stream.next().await.unwrap();
    }
    assert_eq!(stream.next().await.unwrap().event, reply(2));

    drop((store, stream));
    let connection = Connection::open(folder.path().join("devika.db")).unwrap();
    let check: String =
        connection.pragma_query_value(None, "integrity_check", |row| row.get(0)).unwrap();
    assert_eq!(check, "ok");
}

#[tokio::test]
async fn an_event_that_found_no_room_is_told_to_the_next_who_waits() {
    let folder = TempDir::new().unwrap();
    let store = small_store(&folder);
    let task = task_of(&store).await;
    store.append(task, reply(1_000_000));
    assert_eq!(store.flush().await, Err(StoreError::Full));
    assert_eq!(store.flush().await, Ok(()));
    assert_eq!(store.events(task).await, Ok(Vec::new()));
}
