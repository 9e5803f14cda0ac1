//! Reading what is known.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;

use rusqlite::{Connection, Row as SqlRow};

use super::{Hash, State, failed};
use crate::admit::LeftOut;
use crate::error::IndexError;
use crate::language::Language;
use crate::outline::{Symbol, SymbolKind};
use crate::stamp::Stamp;
use crate::{Definition, Stats, SymbolAnswer};

/// Files that mention a name, at most: whoever asks can read no more.
const MENTIONED_IN: usize = 200;

/// A connection that reads alone.
pub(crate) struct Reader {
    pub(super) file: PathBuf,
    pub(super) connection: Connection,
}

/// How a file was when it was read last; nothing certain without a hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Known {
    pub(crate) stamp: Stamp,
    pub(crate) hash: Option<Hash>,
}

/// A file as the map sees it.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) path: String,
    pub(crate) language: Option<Language>,
    pub(crate) symbols: Vec<Symbol>,
    /// As [`Entry::mentions`](super::Entry::mentions), a line a name.
    pub(crate) mentions: String,
}

impl State {
    /// All files that are known, by their paths.
    ///
    /// # Errors
    /// [`IndexError::File`].
    pub(crate) fn known(&self) -> Result<HashMap<String, Known>, IndexError> {
        let read = || -> rusqlite::Result<_> {
            self.connection
                .prepare("SELECT path, size, modified, changed, hash FROM files")?
                .query_map([], |row| Ok((row.get(0)?, known(row)?)))?
                .collect()
        };
        read().map_err(|error| failed(&self.file, &error))
    }

    /// What is known of one file.
    ///
    /// # Errors
    /// [`IndexError::File`].
    pub(crate) fn known_of(&self, path: &str) -> Result<Option<Known>, IndexError> {
        let sql = "SELECT path, size, modified, changed, hash FROM files WHERE path = ?1";
        let read = || -> rusqlite::Result<_> {
            self.connection.prepare_cached(sql)?.query_map([path], known)?.next().transpose()
        };
        read().map_err(|error| failed(&self.file, &error))
    }

    /// How many passages were given to the memory.
    ///
    /// # Errors
    /// [`IndexError::File`].
    pub(crate) fn given(&self) -> Result<u64, IndexError> {
        let sql = "SELECT coalesce(sum(passages), 0) FROM files";
        let read = self.connection.query_row(sql, [], |row| row.get(0));
        read.map_err(|error| failed(&self.file, &error))
    }
}

fn known(row: &SqlRow<'_>) -> rusqlite::Result<Known> {
    let stamp = Stamp { size: row.get(1)?, modified: row.get(2)?, changed: row.get(3)? };
    Ok(Known { stamp, hash: row.get(4)? })
}

impl Reader {
    /// All files with what they define and mention, in the order of their paths. What is left out is
    /// not among them.
    ///
    /// # Errors
    /// [`IndexError::File`].
    pub(crate) fn rows(&self) -> Result<Vec<Row>, IndexError> {
        self.read_rows().map_err(|error| failed(&self.file, &error))
    }

    fn read_rows(&self) -> rusqlite::Result<Vec<Row>> {
        let mut symbols = self.symbols_by_file()?;
        self.connection
            .prepare(
                "SELECT id, path, language, coalesce(names, '') FROM files
                 LEFT JOIN mentions ON file = id WHERE left_out IS NULL ORDER BY path",
            )?
            .query_map([], |row| {
                Ok(Row {
                    path: row.get(1)?,
                    language: language(row.get(2)?),
                    symbols: symbols.remove(&row.get(0)?).unwrap_or_default(),
                    mentions: row.get(3)?,
                })
            })?
            .collect()
    }

    fn symbols_by_file(&self) -> rusqlite::Result<HashMap<i64, Vec<Symbol>>> {
        let mut by_file: HashMap<i64, Vec<Symbol>> = HashMap::new();
        let mut read = self.connection.prepare(
            "SELECT name, container, kind, line, last_line, signature, file FROM symbols
             ORDER BY rowid",
        )?;
        let mut rows = read.query([])?;
        while let Some(row) = rows.next()? {
            by_file.entry(row.get(6)?).or_default().push(symbol(row)?);
        }
        // A row that was added to a file that is known comes after its neighbours.
        by_file.values_mut().for_each(|symbols| symbols.sort_by_key(|symbol| symbol.line));
        Ok(by_file)
    }

    /// Where a name is defined and mentioned.
    ///
    /// # Errors
    /// [`IndexError::File`].
    pub(crate) fn symbols(&self, name: &str) -> Result<SymbolAnswer, IndexError> {
        let read = || -> rusqlite::Result<_> {
            let definitions = self
                .connection
                .prepare(
                    "SELECT name, container, kind, line, last_line, signature, path FROM symbols
                     JOIN files ON id = file WHERE name = ?1 ORDER BY path, line",
                )?
                .query_map([name], |row| {
                    Ok(Definition { path: row.get(6)?, symbol: symbol(row)? })
                })?
                .collect::<rusqlite::Result<_>>()?;
            let mentioned_in = self
                .connection
                .prepare(
                    "SELECT path FROM mentions JOIN files ON id = file
                     WHERE instr(names, char(10) || ?1 || char(9)) ORDER BY path LIMIT ?2",
                )?
                .query_map(rusqlite::params![name, MENTIONED_IN], |row| row.get(0))?
                .collect::<rusqlite::Result<_>>()?;
            Ok(SymbolAnswer { definitions, mentioned_in })
        };
        read().map_err(|error| failed(&self.file, &error))
    }

    /// How much is known.
    ///
    /// # Errors
    /// [`IndexError::File`].
    pub(crate) fn stats(&self) -> Result<Stats, IndexError> {
        let read = || -> rusqlite::Result<_> {
            let (files, lines, passages) = self.connection.query_row(
                "SELECT count(*), coalesce(sum(lines), 0), coalesce(sum(passages), 0) FROM files
                 WHERE left_out IS NULL",
                [],
                |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
            )?;
            let symbols =
                self.connection.query_row("SELECT count(*) FROM symbols", [], |row| row.get(0))?;
            let left_out = self
                .connection
                .prepare(
                    "SELECT left_out, count(*) FROM files WHERE left_out IS NOT NULL GROUP BY 1",
                )?
                .query_map([], |row| Ok((row.get::<_, String>(0)?, row.get(1)?)))?
                .filter_map(|row| match row {
                    Ok((word, count)) => LeftOut::of_word(&word).map(|reason| Ok((reason, count))),
                    Err(error) => Some(Err(error)),
                })
                .collect::<rusqlite::Result<BTreeMap<LeftOut, u64>>>()?;
            Ok(Stats { files, lines, passages, symbols, left_out })
        };
        read().map_err(|error| failed(&self.file, &error))
    }
}

fn language(number: Option<u8>) -> Option<Language> {
    Language::ALL.get(usize::from(number?)).copied()
}

fn symbol(row: &SqlRow<'_>) -> rusqlite::Result<Symbol> {
    let kind: String = row.get(2)?;
    Ok(Symbol {
        name: row.get(0)?,
        container: row.get(1)?,
        // The format says which words there are; a file of another one is never read.
        kind: SymbolKind::of_word(&kind).unwrap_or(SymbolKind::Variable),
        line: row.get(3)?,
        last_line: row.get(4)?,
        signature: row.get(5)?,
    })
}
