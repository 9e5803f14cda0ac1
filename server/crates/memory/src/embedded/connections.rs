//! The file, and who reads and writes it: one connection writes, as many read as there are searches.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};

use super::{fault, schema};
use crate::MemoryError;

/// How long a write waits for another process that writes. Transactions here take milliseconds, the
/// largest a tenth of a second; who holds the lock this long hangs or is stopped.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// How many statements stay prepared: each shelf has some of its own.
const STATEMENTS: usize = 64;

/// What a connection keeps of the file in memory, in KiB.
const CACHE_KIB: i32 = 16 * 1024;

/// How many readers stay open when nothing is read.
const IDLE_READERS: usize = 2;

/// The file.
pub(super) struct Connections {
    path: PathBuf,
    /// None where the file is for reading alone.
    writer: Option<Mutex<Connection>>,
    readers: Mutex<Vec<Connection>>,
}

impl Connections {
    /// Opens the file, or makes it, readable by its owner alone.
    pub(super) fn open(path: &Path) -> Result<Self, MemoryError> {
        prepare_file(path).map_err(|error| fault::of_io(path, &error))?;
        let at = |error: rusqlite::Error| fault::of_sqlite(path, &error);
        let mut writer = Connection::open(path).map_err(at)?;
        prepare(&writer).map_err(at)?;
        // Looked at before anything is set, so that a file that is refused stays as it is.
        schema::format_of(&writer, path)?;
        set_up(&writer).map_err(at)?;
        schema::migrate(&mut writer, path)?;
        let (writer, readers) = (Some(Mutex::new(writer)), Mutex::default());
        Ok(Self { path: path.to_owned(), writer, readers })
    }

    /// Opens a file that is there, for reading alone.
    pub(super) fn open_read_only(path: &Path) -> Result<Self, MemoryError> {
        let reader = open_reader(path).map_err(|error| fault::of_sqlite(path, &error))?;
        schema::check(&reader, path)?;
        Ok(Self { path: path.to_owned(), writer: None, readers: Mutex::new(vec![reader]) })
    }

    /// Where the file is.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether nothing may be written.
    pub(super) fn is_read_only(&self) -> bool {
        self.writer.is_none()
    }

    /// Reads one state of the file, away from the async threads.
    pub(super) async fn read<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, MemoryError> {
        let this = Arc::clone(self);
        self.away(move || {
            let reader = match locked(&this.readers).pop() {
                Some(reader) => reader,
                None => open_reader(&this.path)?,
            };
            let transaction = reader.unchecked_transaction()?;
            let outcome = work(&transaction);
            transaction.finish()?;
            let mut readers = locked(&this.readers);
            if readers.len() < IDLE_READERS {
                readers.push(reader);
            }
            outcome
        })
        .await
    }

    /// Writes in one transaction, away from the async threads. It is on the disk when this returns, and
    /// is carried out even where the future is dropped.
    pub(super) async fn write<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, MemoryError> {
        if self.is_read_only() {
            return Err(fault::read_only(&self.path));
        }
        let this = Arc::clone(self);
        self.away(move || {
            let Some(writer) = &this.writer else { return Err(rusqlite::Error::InvalidQuery) };
            let mut writer = locked(writer);
            let transaction = writer.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let value = work(&transaction)?;
            transaction.commit()?;
            Ok(value)
        })
        .await
    }

    async fn away<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, MemoryError> {
        match tokio::task::spawn_blocking(work).await {
            Ok(outcome) => outcome.map_err(|error| fault::of_sqlite(&self.path, &error)),
            Err(error) => {
                Err(MemoryError::Failed { place: fault::place(&self.path), why: error.to_string() })
            }
        }
    }
}

/// A thread that panicked leaves a connection whose transaction was rolled back.
pub(super) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What only who writes sets.
fn set_up(connection: &Connection) -> rusqlite::Result<()> {
    connection.pragma_update(None, "journal_mode", "wal")?;
    connection.pragma_update(None, "synchronous", "full")
}

fn open_reader(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    prepare(&connection)?;
    Ok(connection)
}

fn prepare(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.pragma_update(None, "cache_size", -CACHE_KIB)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    Ok(())
}

/// Makes the folder and the file where they are missing. SQLite gives its write-ahead log the same
/// permissions.
fn prepare_file(path: &Path) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(folder)?;
    }
    match open_private(path, fs::OpenOptions::new().write(true).create_new(true)) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        outcome => outcome.map(drop),
    }
}

/// Opens a file that, where it is made, only its owner can read.
pub(super) fn open_private(path: &Path, options: &mut fs::OpenOptions) -> io::Result<fs::File> {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options.open(path)
}
