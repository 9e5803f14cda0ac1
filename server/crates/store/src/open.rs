//! Opening the store's file.

use std::{fs, io, path::Path, time::Duration};

use rusqlite::{Connection, config::DbConfig};

use crate::{
    Store, StoreError,
    migrate::{MIGRATIONS, copy_damaged, migrate},
};

/// How long a write waits for another process that writes. Transactions here take milliseconds; a
/// process that holds the lock this long hangs or is stopped.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// How many statements stay prepared: all that a turn needs.
const STATEMENTS: usize = 64;

/// How a store is opened.
#[derive(Debug, Clone, Copy, Default)]
pub struct OpenOptions {
    /// Aborts the process right after the journal write of that number, counted from 1, is on the
    /// disk: the crash tests' way to stop at each point. Has no effect in release builds.
    pub crash_after: Option<u64>,
}

impl Store {
    /// Opens the store in that file, or makes it, readable by its owner alone.
    ///
    /// # Errors
    /// [`StoreError::Newer`], [`StoreError::Corrupt`] (the file is kept), [`StoreError::ReadOnly`],
    /// [`StoreError::Full`], [`StoreError::Busy`].
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        Self::open_with(path, OpenOptions::default())
    }

    /// As [`Store::open`], with options.
    ///
    /// # Errors
    /// Those of [`Store::open`].
    pub fn open_with(path: &Path, options: OpenOptions) -> Result<Self, StoreError> {
        let connection = open_file(path, MIGRATIONS)?;
        Self::start(connection, options)
    }

    /// A store that is gone with the process.
    ///
    /// # Errors
    /// None that are expected.
    pub fn in_memory() -> Result<Self, StoreError> {
        let mut connection = Connection::open_in_memory()?;
        connection.pragma_update(None, "foreign_keys", true)?;
        migrate(&mut connection, None, MIGRATIONS)?;
        Self::start(connection, OpenOptions::default())
    }
}

/// Opens the file and brings it to the newest of `migrations`.
pub(crate) fn open_file(path: &Path, migrations: &[&str]) -> Result<Connection, StoreError> {
    prepare_file(path)?;
    connect(path, migrations).map_err(|error| match error.at(path) {
        StoreError::Corrupt { path, why, .. } => {
            let copy = copy_damaged(&path);
            StoreError::Corrupt { path, why, copy }
        }
        StoreError::Newer { found, known, .. } => {
            StoreError::Newer { path: path.into(), found, known }
        }
        other => other,
    })
}

fn connect(path: &Path, migrations: &[&str]) -> Result<Connection, StoreError> {
    let mut connection = Connection::open(path)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.pragma_update(None, "journal_mode", "wal")?;
    connection.pragma_update(None, "synchronous", "full")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    // The last one to close leaves the write-ahead log as it is: merging it costs three waits for
    // the disk at the end of every `devika run`, and SQLite does it anyway every 1,000 pages.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    migrate(&mut connection, Some(path), migrations)?;
    Ok(connection)
}

/// Makes the folder and the file where they are missing, and closes the file to others. SQLite
/// gives its write-ahead log the same permissions.
fn prepare_file(path: &Path) -> Result<(), StoreError> {
    if let Some(folder) = path.parent() {
        create_private_folder(folder).map_err(|error| StoreError::io(folder, &error))?;
    }
    match create_private(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => make_private(path),
        outcome => outcome,
    }
    .map_err(|error| StoreError::io(path, &error))
}

/// Creates an empty file that only its owner can read.
pub(crate) fn create_private(path: &Path) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}

fn create_private_folder(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

#[cfg(unix)]
fn make_private(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let mode = fs::metadata(path)?.permissions().mode();
    if mode & 0o077 == 0 {
        return Ok(());
    }
    fs::set_permissions(path, fs::Permissions::from_mode(mode & 0o700))
}

#[cfg(not(unix))]
fn make_private(_path: &Path) -> io::Result<()> {
    Ok(())
}
