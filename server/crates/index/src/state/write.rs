//! Writing what is known, a batch a transaction.

use std::collections::{HashMap, VecDeque};

use rusqlite::{OptionalExtension as _, Transaction, params};

use super::{Entry, State, failed};
use crate::error::IndexError;
use crate::outline::Symbol;
use crate::stamp::Stamp;

impl State {
    /// Says that these files are about to change in the memory: until they are written or removed
    /// nothing is known of them, whatever happens to the program.
    ///
    /// # Errors
    /// [`IndexError::File`].
    pub(crate) fn mark(&mut self, paths: &[String]) -> Result<(), IndexError> {
        self.transact(|transaction| {
            let mut mark = transaction
                .prepare_cached("UPDATE files SET hash = NULL, passages = 0 WHERE path = ?1")?;
            paths.iter().try_for_each(|path| mark.execute([path]).map(drop))
        })
    }

    /// Makes these entries all that is known of their files.
    ///
    /// # Errors
    /// [`IndexError::File`].
    pub(crate) fn write(&mut self, entries: &[Entry]) -> Result<(), IndexError> {
        self.transact(|transaction| entries.iter().try_for_each(|entry| put(transaction, entry)))
    }

    /// Notes how files look whose text is unchanged.
    ///
    /// # Errors
    /// [`IndexError::File`].
    pub(crate) fn restamp(&mut self, files: &[(String, Stamp)]) -> Result<(), IndexError> {
        self.transact(|transaction| {
            let mut update = transaction.prepare_cached(
                "UPDATE files SET size = ?2, modified = ?3, changed = ?4 WHERE path = ?1",
            )?;
            files.iter().try_for_each(|(path, stamp)| {
                update.execute(params![path, stamp.size, stamp.modified, stamp.changed]).map(drop)
            })
        })
    }

    /// Forgets files.
    ///
    /// # Errors
    /// [`IndexError::File`].
    pub(crate) fn remove(&mut self, paths: &[String]) -> Result<(), IndexError> {
        self.transact(|transaction| {
            let mut remove = transaction.prepare_cached("DELETE FROM files WHERE path = ?1")?;
            paths.iter().try_for_each(|path| remove.execute([path]).map(drop))
        })
    }

    /// Forgets what was given to the memory, so that all is given again.
    ///
    /// # Errors
    /// [`IndexError::File`].
    pub(crate) fn doubt(&mut self) -> Result<(), IndexError> {
        self.transact(|transaction| {
            transaction.execute("UPDATE files SET hash = NULL, passages = 0", []).map(drop)
        })
    }

    /// Where the memory is that passages were given to.
    ///
    /// # Errors
    /// [`IndexError::File`].
    pub(crate) fn memory_place(&self) -> Result<Option<String>, IndexError> {
        let sql = "SELECT value FROM about WHERE key = 'memory'";
        let found = self.connection.query_row(sql, [], |row| row.get(0)).optional();
        found.map_err(|error| failed(&self.file, &error))
    }

    /// Notes where the memory is.
    ///
    /// # Errors
    /// [`IndexError::File`].
    pub(crate) fn set_memory_place(&self, place: &str) -> Result<(), IndexError> {
        let sql = "INSERT OR REPLACE INTO about VALUES ('memory', ?1)";
        self.connection.execute(sql, [place]).map(drop).map_err(|error| failed(&self.file, &error))
    }

    fn transact(
        &mut self,
        act: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<()>,
    ) -> Result<(), IndexError> {
        let outcome = self
            .connection
            .transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)
            .and_then(|transaction| {
                act(&transaction)?;
                transaction.commit()
            });
        outcome.map_err(|error| failed(&self.file, &error))
    }
}

/// Writes an entry. Of a file that is there only what changed is written: large files change a little.
fn put(transaction: &Transaction<'_>, entry: &Entry) -> rusqlite::Result<()> {
    let file: i64 = transaction
        .prepare_cached(
            "INSERT INTO files (path, size, modified, changed, hash, language, left_out, lines,
             passages) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
             ON CONFLICT (path) DO UPDATE SET size = excluded.size, modified = excluded.modified,
             changed = excluded.changed, hash = excluded.hash, language = excluded.language,
             left_out = excluded.left_out, lines = excluded.lines, passages = excluded.passages
             RETURNING id",
        )?
        .query_row(
            params![
                entry.path,
                entry.stamp.size,
                entry.stamp.modified,
                entry.stamp.changed,
                entry.hash,
                entry.language.map(|language| language as u8),
                entry.left_out.map(|reason| reason.word()),
                entry.lines,
                entry.passages,
            ],
            |row| row.get(0),
        )?;
    put_symbols(transaction, file, &entry.symbols)?;
    if entry.mentions.is_empty() {
        transaction.prepare_cached("DELETE FROM mentions WHERE file = ?1")?.execute([file])?;
    } else {
        transaction
            .prepare_cached("INSERT OR REPLACE INTO mentions (file, names) VALUES (?1, ?2)")?
            .execute(params![file, lines(&entry.mentions)])?;
    }
    Ok(())
}

/// A definition by all but its lines.
type Named = (String, String, String, String);

/// Makes these all definitions of a file: those that only stand elsewhere are moved.
fn put_symbols(
    transaction: &Transaction<'_>,
    file: i64,
    symbols: &[Symbol],
) -> rusqlite::Result<()> {
    let mut known: HashMap<Named, VecDeque<(i64, u32, u32)>> = HashMap::new();
    let mut read = transaction.prepare_cached(
        "SELECT name, container, kind, signature, rowid, line, last_line FROM symbols
         WHERE file = ?1 ORDER BY rowid",
    )?;
    let mut rows = read.query([file])?;
    while let Some(row) = rows.next()? {
        let named = (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?);
        known.entry(named).or_default().push_back((row.get(4)?, row.get(5)?, row.get(6)?));
    }
    let mut insert = transaction.prepare_cached(
        "INSERT INTO symbols (file, name, container, kind, line, last_line, signature)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?;
    let mut shift = transaction
        .prepare_cached("UPDATE symbols SET line = ?2, last_line = ?3 WHERE rowid = ?1")?;
    for symbol in symbols {
        let Symbol { name, container, signature, line, last_line, .. } = symbol;
        let kind = symbol.kind.word();
        let named = (name.clone(), container.clone(), kind.to_owned(), signature.clone());
        match known.get_mut(&named).and_then(VecDeque::pop_front) {
            Some((_, first, last)) if (first, last) == (*line, *last_line) => {}
            Some((row, ..)) => drop(shift.execute(params![row, line, last_line])?),
            None => {
                insert.execute(params![file, name, container, kind, line, last_line, signature])?;
            }
        }
    }
    let mut remove = transaction.prepare_cached("DELETE FROM symbols WHERE rowid = ?1")?;
    known.into_values().flatten().try_for_each(|(row, ..)| remove.execute([row]).map(drop))
}

/// A line a name, and a line break before the first, so that a name is found with what surrounds it.
fn lines(mentions: &[(String, u32)]) -> String {
    let lines = mentions.iter().map(|(name, count)| format!("{name}\t{count}\n"));
    std::iter::once("\n".to_owned()).chain(lines).collect()
}
