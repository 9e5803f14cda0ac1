//! Numbered migrations: each runs once, in one transaction, after a copy of an older file is made.

use std::path::Path;

use rusqlite::{Connection, TransactionBehavior};

use super::fault;
use crate::MemoryError;

/// Migration n brings format n - 1 to format n. Only ever appended to. One that changes how words are
/// indexed has to walk over all shelves.
const MIGRATIONS: &[&str] = &[include_str!("../../migrations/001_initial.sql")];

/// "DVKM": marks the file as a memory of Devika.
const APPLICATION_ID: u32 = 0x4456_4B4D;

/// Brings the file to the newest format.
pub(super) fn migrate(connection: &mut Connection, path: &Path) -> Result<(), MemoryError> {
    let at = |error: rusqlite::Error| fault::of_sqlite(path, &error);
    if format_of(connection, path)? == MIGRATIONS.len() {
        return Ok(());
    }
    // Two programs may start at once: what is found is only sure within the write lock.
    let transaction =
        connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(at)?;
    let found = format_of(&transaction, path)?;
    if found > 0 {
        keep_copy(path, found).map_err(at)?;
    }
    for migration in &MIGRATIONS[found..] {
        transaction.execute_batch(migration).map_err(at)?;
    }
    transaction.pragma_update(None, "user_version", newest()).map_err(at)?;
    transaction.commit().map_err(at)
}

/// Refuses a file that cannot be read as it is.
pub(super) fn check(connection: &Connection, path: &Path) -> Result<(), MemoryError> {
    if format_of(connection, path)? == MIGRATIONS.len() {
        return Ok(());
    }
    let why = "it is empty or has an older format; open it once for writing".to_owned();
    Err(MemoryError::Foreign { place: fault::place(path), why })
}

/// The format of the file, 0 for a new one.
pub(super) fn format_of(connection: &Connection, path: &Path) -> Result<usize, MemoryError> {
    let read = || -> rusqlite::Result<(u32, u32, u32)> {
        let tables =
            connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
        Ok((
            connection.pragma_query_value(None, "user_version", |row| row.get(0))?,
            connection.pragma_query_value(None, "application_id", |row| row.get(0))?,
            tables,
        ))
    };
    let (found, id, tables) = read().map_err(|error| fault::of_sqlite(path, &error))?;
    let is_new = found == 0 && id == 0 && tables == 0;
    if !is_new && id != APPLICATION_ID {
        return Err(fault::damaged(path, "it has another program's mark"));
    }
    let known = newest();
    if found > known {
        let why = format!(
            "it has format {found}, and this program knows formats up to {known}; install the newer \
             Devika that wrote it"
        );
        return Err(MemoryError::Foreign { place: fault::place(path), why });
    }
    Ok(found as usize)
}

/// The format that the last migration leads to.
pub(super) fn newest() -> u32 {
    u32::try_from(MIGRATIONS.len()).unwrap_or(u32::MAX)
}

/// Writes a consistent copy beside the file, unless there is one of that format.
fn keep_copy(path: &Path, format: usize) -> rusqlite::Result<()> {
    let mut copy = path.as_os_str().to_owned();
    copy.push(format!(".format-{format}"));
    if Path::new(&copy).exists() {
        return Ok(());
    }
    // Through a connection of its own: SQLite copies none from within a transaction.
    let reader = Connection::open(path)?;
    reader.execute("VACUUM INTO ?1", [copy.to_string_lossy()])?;
    Ok(())
}
