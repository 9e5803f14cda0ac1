//! The store's file: private, refused where it cannot be trusted, and never lost.

use std::fs;

use devika_store::{Store, StoreError};
use tempfile::TempDir;

use crate::world::{World, reply, words};

fn refusal(file: &std::path::Path) -> StoreError {
    Store::open(file).err().expect("the store is refused")
}

#[cfg(unix)]
#[tokio::test]
async fn nobody_else_can_read_it() {
    use std::os::unix::fs::PermissionsExt;
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("state/devika/devika.db");
    let store = Store::open(&file).unwrap();
    store.trust("/project", true).await.unwrap();
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let wal = file.with_file_name("devika.db-wal");
    assert_eq!([mode(file.parent().unwrap()), mode(&file), mode(&wal)], [0o700, 0o600, 0o600]);

    drop(store);
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    drop(Store::open(&file).unwrap());
    assert_eq!(mode(&file), 0o600);
}

#[tokio::test]
async fn a_newer_store_is_refused_and_left_alone() {
    let world = World::new().await;
    let file = world.file();
    drop(world.store);
    let connection = rusqlite::Connection::open(&file).unwrap();
    let known = connection.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
    connection.pragma_update(None, "user_version", 999).unwrap();
    drop(connection);
    let before = fs::read(&file).unwrap();
    let error = refusal(&file);
    assert_eq!(error, StoreError::Newer { path: file.clone(), found: 999, known });
    assert!(error.to_string().ends_with("install the newer Devika that wrote it"));
    assert_eq!(fs::read(&file).unwrap(), before);
}

#[test]
fn a_damaged_file_is_refused_and_kept_with_one_copy() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("devika.db");
    fs::write(&file, "this is no database, and long enough to be looked at".repeat(100)).unwrap();
    let before = fs::read(&file).unwrap();
    for _ in 0..2 {
        let StoreError::Corrupt { path, copy, .. } = refusal(&file) else {
            panic!("a damaged file is called damaged")
        };
        assert_eq!(path, file);
        assert_eq!(fs::read(copy.unwrap()).unwrap(), before);
        assert_eq!(fs::read(&file).unwrap(), before);
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
}

#[test]
fn a_database_of_another_program_is_refused() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("devika.db");
    let connection = rusqlite::Connection::open(&file).unwrap();
    connection.execute_batch("CREATE TABLE bookmarks (url TEXT)").unwrap();
    drop(connection);
    assert!(matches!(refusal(&file), StoreError::Corrupt { .. }));
}

#[test]
fn a_place_that_cannot_be_written_is_named() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("file"), "").unwrap();
    let error = refusal(&folder.path().join("file/devika.db")).to_string();
    assert!(error.contains("file"), "{error}");
}

#[tokio::test]
async fn two_processes_share_one_store() {
    let world = World::new().await;
    let other = Store::open(&world.file()).unwrap();
    let mine = (0..50).map(|n| world.store.append_and_wait(world.task, reply(n)));
    let theirs = (50..100).map(|n| other.append_and_wait(world.task, reply(n)));
    for number in futures_in_turn(mine).await.into_iter().chain(futures_in_turn(theirs).await) {
        assert!(number > 0);
    }
    assert_eq!(words(&other.events(world.task).await.unwrap()).len(), 100);
}

async fn futures_in_turn(
    futures: impl Iterator<Item = impl Future<Output = Result<i64, StoreError>>>,
) -> Vec<i64> {
    let mut numbers = Vec::new();
    for future in futures {
        numbers.push(future.await.unwrap());
    }
    numbers
}
