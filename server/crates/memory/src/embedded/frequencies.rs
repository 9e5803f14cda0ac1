//! How frequent terms are.

use std::{collections::HashMap, sync::Mutex};

use rusqlite::Connection;

use super::{connections::locked, shelves::Shelf, words::MOST_MATCHES};

/// In how many passages of a shelf a term is, remembered from one search to the next: it only decides
/// what a term weighs.
#[derive(Default)]
pub(super) struct Frequencies {
    shelves: Mutex<HashMap<i64, Known>>,
}

#[derive(Default)]
struct Known {
    /// How many passages there were when it was counted first.
    passages: u64,
    of: HashMap<String, u64>,
}

/// Bounds what is remembered.
const MOST_KNOWN: usize = 50_000;

impl Frequencies {
    /// In how many passages of a shelf a term is, about.
    pub(super) fn of(
        &self,
        connection: &Connection,
        shelf: &Shelf,
        term: &str,
    ) -> rusqlite::Result<u64> {
        let known = |shelves: &HashMap<i64, Known>| {
            let known = shelves.get(&shelf.id)?;
            // Few passages more or less change no weight.
            (known.passages.abs_diff(shelf.passages) <= known.passages / 16)
                .then(|| known.of.get(term).copied())
        };
        let is_current = match known(&locked(&self.shelves)) {
            Some(Some(frequency)) => return Ok(frequency),
            known => known.is_some(),
        };
        let frequency = estimate(connection, shelf, term)?;
        let mut shelves = locked(&self.shelves);
        let known = shelves.entry(shelf.id).or_default();
        if !is_current || known.of.len() >= MOST_KNOWN {
            *known = Known { passages: shelf.passages, of: HashMap::new() };
        }
        known.of.insert(term.to_owned(), frequency);
        Ok(frequency)
    }
}

/// In how many passages a term is: counted, where those are few; else told from how close together
/// the first of them lie, for counting on takes as long as there are passages.
fn estimate(connection: &Connection, shelf: &Shelf, term: &str) -> rusqlite::Result<u64> {
    let words = format!("words_{}", shelf.id);
    let sql = format!(
        "SELECT count(*), coalesce(min(rowid), 0), coalesce(max(rowid), 0)
         FROM (SELECT rowid FROM {words} WHERE {words} MATCH ?1 LIMIT {})",
        MOST_MATCHES + 1
    );
    let numbers = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
    let (count, first, last_counted): (i64, i64, i64) =
        connection.prepare_cached(&sql)?.query_row([quoted(term)], numbers)?;
    let count = count.cast_unsigned();
    if count <= MOST_MATCHES {
        return Ok(count);
    }
    let sql =
        format!("SELECT rowid FROM {words} WHERE {words} MATCH ?1 ORDER BY rowid DESC LIMIT 1");
    let last: i64 = connection.prepare_cached(&sql)?.query_row([quoted(term)], |row| row.get(0))?;
    let share = (last_counted - first + 1) as f64 / (last - first + 1) as f64;
    Ok(((count as f64 / share) as u64).clamp(count, shelf.passages.max(count)))
}

/// A term as FTS5 takes it literally; terms are letters and digits.
pub(super) fn quoted(term: &str) -> String {
    format!("\"{term}\"")
}
