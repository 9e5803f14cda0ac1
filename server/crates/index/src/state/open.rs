//! Opening the file, and making it anew where it is of another format.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, TransactionBehavior};

use super::{Reader, State, failed};
use crate::error::IndexError;

/// "DVKI": marks the file as a code index of Devika.
const APPLICATION_ID: u32 = 0x4456_4B49;

/// The format of the file, and of what is made of a text: a file of another one is made anew.
const FORMAT: u32 = 1;

/// How long a write waits for another process that writes a batch.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

const SCHEMA: &str = include_str!("schema.sql");

impl State {
    /// Opens the file, or makes it, for the project at `root`.
    ///
    /// # Errors
    /// [`IndexError::File`], [`IndexError::Foreign`].
    pub(crate) fn open(file: &Path, project: &str) -> Result<Self, IndexError> {
        if let Some(folder) = file.parent() {
            create_private_folder(folder).map_err(|error| failed(folder, &error))?;
        }
        let connect = || -> rusqlite::Result<Option<Connection>> {
            let mut connection = Connection::open(file)?;
            connection.busy_timeout(BUSY_TIMEOUT)?;
            connection.pragma_update(None, "journal_mode", "wal")?;
            // What a power cut takes is read again from the project.
            connection.pragma_update(None, "synchronous", "normal")?;
            connection.pragma_update(None, "foreign_keys", true)?;
            Ok(prepare(&mut connection, project)?.then_some(connection))
        };
        match connect() {
            Ok(Some(connection)) => Ok(Self { file: file.into(), connection }),
            Ok(None) => Err(IndexError::Foreign { file: file.into() }),
            Err(error) => Err(failed(file, &error)),
        }
    }
}

impl Reader {
    /// Opens the file for reading alone; waits for nobody who writes.
    ///
    /// # Errors
    /// [`IndexError::File`].
    pub(crate) fn open(file: &Path) -> Result<Self, IndexError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection =
            Connection::open_with_flags(file, flags).map_err(|error| failed(file, &error))?;
        connection.busy_timeout(BUSY_TIMEOUT).map_err(|error| failed(file, &error))?;
        Ok(Self { file: file.into(), connection })
    }
}

/// Makes the tables where there are none of this format for this project; `false` where the file is
/// another program's.
fn prepare(connection: &mut Connection, project: &str) -> rusqlite::Result<bool> {
    // Two programs may start at once: what is found is only sure within the write lock.
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let pragma = |name| transaction.pragma_query_value(None, name, |row| row.get::<_, u32>(0));
    let (id, format) = (pragma("application_id")?, pragma("user_version")?);
    let tables: Vec<String> = transaction
        .prepare(
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
        )?
        .query_map([], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    if id != APPLICATION_ID && !tables.is_empty() {
        return Ok(false);
    }
    if format == FORMAT && of_project(&transaction)? == project {
        return Ok(true);
    }
    for table in ["mentions", "symbols", "files", "about"] {
        transaction.execute(&format!("DROP TABLE IF EXISTS {table}"), [])?;
    }
    transaction.execute_batch(SCHEMA)?;
    transaction.execute("INSERT INTO about VALUES ('project', ?1)", [project])?;
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", FORMAT)?;
    transaction.commit()?;
    Ok(true)
}

fn of_project(connection: &Connection) -> rusqlite::Result<String> {
    connection.query_row("SELECT value FROM about WHERE key = 'project'", [], |row| row.get(0))
}

fn create_private_folder(path: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

#[cfg(test)]
mod tests {
    use super::{FORMAT, State};
    use crate::error::IndexError;

    #[test]
    fn a_file_of_another_program_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("notes.db");
        let other = rusqlite::Connection::open(&file).unwrap();
        other.execute_batch("CREATE TABLE notes (text TEXT)").unwrap();
        assert!(matches!(State::open(&file, "/p"), Err(IndexError::Foreign { .. })));
        other.execute("INSERT INTO notes VALUES ('still here')", []).unwrap();
    }

    #[test]
    fn a_file_of_another_format_or_project_is_made_anew() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("code.db");
        let remembers = |project: &str| {
            let state = State::open(&file, project).unwrap();
            let count = state.memory_place().unwrap();
            state.set_memory_place("here").unwrap();
            count
        };
        assert_eq!(remembers("/a"), None);
        assert_eq!(remembers("/a").as_deref(), Some("here"));
        assert_eq!(remembers("/b"), None);
        let newer = rusqlite::Connection::open(&file).unwrap();
        newer.pragma_update(None, "user_version", FORMAT + 1).unwrap();
        drop(newer);
        assert_eq!(remembers("/b"), None);
    }

    #[test]
    fn a_damaged_file_is_told_with_what_to_do() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("code.db");
        std::fs::write(&file, "no database".repeat(100)).unwrap();
        let error = State::open(&file, "/p").err().unwrap().to_string();
        assert!(error.ends_with("remove the file, and it is made anew"), "{error}");
    }
}
