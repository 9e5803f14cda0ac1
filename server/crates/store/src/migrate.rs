//! Numbered migrations: each runs once, in one transaction, after a copy of an older file is made.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use rusqlite::{Connection, TransactionBehavior};

use crate::{StoreError, open::create_private};

/// Migration n brings format n - 1 to format n. Only ever appended to.
pub(crate) const MIGRATIONS: &[&str] = &[
    include_str!("../migrations/001_initial.sql"),
    include_str!("../migrations/002_ledger.sql"),
    include_str!("../migrations/003_approvals.sql"),
    include_str!("../migrations/004_audit.sql"),
    include_str!("../migrations/005_archived.sql"),
    include_str!("../migrations/006_git.sql"),
];

/// "DVKA": marks the file as a store of Devika.
const APPLICATION_ID: u32 = 0x4456_4B41;

/// Brings the store to the newest format; `file` is where copies go, none for a store in memory.
///
/// # Errors
/// [`StoreError::Newer`] and [`StoreError::Corrupt`]; the file is then as it was.
pub(crate) fn migrate(
    connection: &mut Connection,
    file: Option<&Path>,
    migrations: &[&str],
) -> Result<(), StoreError> {
    if check_format(connection, migrations)? == migrations.len() {
        return Ok(());
    }
    // Two programs may start at once: what is found is only sure within the write lock.
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let found = check_format(&transaction, migrations)?;
    if let (Some(file), 1..) = (file, found) {
        keep_copy(file, found)?;
    }
    for migration in &migrations[found..] {
        transaction.execute_batch(migration)?;
    }
    transaction.pragma_update(None, "user_version", newest(migrations))?;
    Ok(transaction.commit()?)
}

/// The format of the store, 0 for a new file.
fn check_format(connection: &Connection, migrations: &[&str]) -> Result<usize, StoreError> {
    let pragma = |name| connection.pragma_query_value(None, name, |row| row.get::<_, u32>(0));
    let (found, id) = (pragma("user_version")?, pragma("application_id")?);
    let tables: u32 =
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    let is_new = found == 0 && id == 0 && tables == 0;
    if !is_new && id != APPLICATION_ID {
        let why = "it belongs to another program".to_owned();
        return Err(StoreError::Corrupt { path: PathBuf::new(), why, copy: None });
    }
    let known = newest(migrations);
    if found > known {
        return Err(StoreError::Newer { path: PathBuf::new(), found, known });
    }
    Ok(found as usize)
}

/// The format that the last migration leads to.
fn newest(migrations: &[&str]) -> u32 {
    u32::try_from(migrations.len()).unwrap_or(u32::MAX)
}

/// Writes a consistent copy of the store in format `found` beside it, and never over another copy.
fn keep_copy(file: &Path, found: usize) -> Result<(), StoreError> {
    let copy = create_beside(file, &format!("format-{found}"))?;
    // The copy is read through a connection of its own, for the lock on the store is held by a
    // transaction, and SQLite copies none from within one.
    let reader = Connection::open(file)?;
    reader.execute("VACUUM INTO ?1", [copy.to_string_lossy()])?;
    tracing::info!(copy = %copy.display(), "kept a copy of the store before it is migrated");
    Ok(())
}

/// Creates an empty private file named after `file` and `suffix`, numbered where that is taken.
pub(crate) fn create_beside(file: &Path, suffix: &str) -> Result<PathBuf, StoreError> {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    for number in 1..=MAX_COPIES {
        let copy = file.with_file_name(format!("{name}.{suffix}.{number}"));
        match create_private(&copy) {
            Ok(()) => return Ok(copy),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(StoreError::io(&copy, &error)),
        }
    }
    Err(StoreError::Other(format!("{name} has {MAX_COPIES} copies beside it: remove some")))
}

/// More copies than this are a sign of something that goes wrong again and again.
const MAX_COPIES: u32 = 20;

/// Copies a damaged file aside, once: a copy of the same size is taken to be of the same damage.
pub(crate) fn copy_damaged(file: &Path) -> Option<PathBuf> {
    let name = file.file_name()?.to_string_lossy();
    let first = file.with_file_name(format!("{name}.damaged.1"));
    if fs::metadata(&first).ok().map(|meta| meta.len()) == Some(fs::metadata(file).ok()?.len()) {
        return Some(first);
    }
    let copy = create_beside(file, "damaged").ok()?;
    fs::copy(file, &copy).ok().map(|_| copy)
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use devika_protocol::{Money, TaskId, Usage};
    use rusqlite::Connection;
    use tempfile::TempDir;

    use super::MIGRATIONS;
    use crate::{Account, Spending, Store, StoreError, open::open_file};

    /// What the older program knows.
    const FIRST: &[&str] = &[MIGRATIONS[0]];
    const SECOND: &str = "ALTER TABLE tasks ADD COLUMN note TEXT";
    const BROKEN: &str = "CREATE TABLE extra (id INTEGER); INSERT INTO nowhere VALUES (1)";

    fn tasks(file: &Path) -> u32 {
        let connection = Connection::open(file).unwrap();
        connection.query_row("SELECT count(*) FROM tasks", [], |row| row.get(0)).unwrap()
    }

    /// A store of format 1 with one task, whose last write is in the write-ahead log alone.
    fn older_store(folder: &TempDir) -> std::path::PathBuf {
        let file = folder.path().join("devika.db");
        let connection = open_file(&file, FIRST).unwrap();
        connection
            .execute(
                "INSERT INTO tasks (project, prompt, mode, state, created)
                 VALUES ('/project', 'Write', 'auto', 'queued', '2026-01-01T00:00:00.000Z')",
                [],
            )
            .unwrap();
        file
    }

    #[test]
    fn an_older_store_is_copied_and_then_brought_up() {
        let folder = TempDir::new().unwrap();
        let file = older_store(&folder);
        let connection = open_file(&file, &[MIGRATIONS[0], SECOND]).unwrap();
        connection.execute("UPDATE tasks SET note = 'new'", []).unwrap();
        drop(connection);

        let copy = folder.path().join("devika.db.format-1.1");
        assert_eq!((tasks(&file), tasks(&copy)), (1, 1));
        assert!(open_file(&copy, FIRST).is_ok(), "the older program opens the copy");
        let refused = open_file(&file, FIRST).unwrap_err();
        assert_eq!(refused, StoreError::Newer { path: file, found: 2, known: 1 });
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(&copy).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }

    #[tokio::test]
    async fn what_was_spent_before_there_was_a_ledger_is_still_shown() {
        let folder = TempDir::new().unwrap();
        let file = older_store(&folder);
        let turn = "INSERT INTO usage (task, model, input, cached, output, time)
                    VALUES (1, 'cloud/large', 600, 100, 50, '2026-01-01T00:00:00.000Z')";
        Connection::open(&file).unwrap().execute(turn, []).unwrap();
        let store = Store::open(&file).unwrap();
        let usage = Usage { input: 600, cached: 100, output: 50, cost: Money::ZERO };
        assert_eq!(store.usage(TaskId(1)).await.unwrap(), usage);
        assert_eq!(store.spent(Account::Task(TaskId(1))).await.unwrap(), Spending::default());
    }

    #[test]
    fn a_migration_that_fails_changes_nothing() {
        let folder = TempDir::new().unwrap();
        let file = older_store(&folder);
        open_file(&file, &[MIGRATIONS[0], BROKEN]).unwrap_err();
        let connection = open_file(&file, FIRST).unwrap();
        let extra = connection
            .query_row("SELECT count(*) FROM sqlite_schema WHERE name = 'extra'", [], |row| {
                row.get::<_, u32>(0)
            })
            .unwrap();
        assert_eq!((extra, tasks(&file)), (0, 1));
    }

    #[test]
    fn a_store_that_is_up_to_date_is_not_copied() {
        let folder = TempDir::new().unwrap();
        let file = older_store(&folder);
        open_file(&file, FIRST).unwrap();
        let names = fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap().file_name());
        assert!(names.into_iter().all(|name| !name.to_string_lossy().contains("format")));
    }
}
