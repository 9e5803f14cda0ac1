//! The shelves where a search looks, and what it looks for.

use std::collections::HashSet;

use rusqlite::{Connection, types::Value};

use super::rows::Condition;
use crate::{Filter, Kind};

/// A shelf that is searched.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shelf {
    pub(super) id: i64,
    pub(super) passages: u64,
    pub(super) terms: u64,
}

/// The shelves where a project's search looks: its own and the shared one; all for no project.
pub(super) fn shelves(
    connection: &Connection,
    project: Option<&str>,
) -> rusqlite::Result<Vec<Shelf>> {
    connection
        .prepare_cached(
            "SELECT id, passages, terms FROM shelves
             WHERE passages > 0 AND (id = 0 OR ?1 IS NULL OR project = ?1) ORDER BY id",
        )?
        .query_map([project], |row| {
            let (passages, terms): (i64, i64) = (row.get(1)?, row.get(2)?);
            Ok(Shelf {
                id: row.get(0)?,
                passages: passages.cast_unsigned(),
                terms: terms.cast_unsigned(),
            })
        })?
        .collect()
}

/// What is looked for, and among what.
pub(super) struct Wanted<'q> {
    pub(super) text: &'q str,
    pub(super) filter: &'q Filter,
    /// How many are wanted at most.
    pub(super) most: usize,
    /// The time, for what has expired.
    pub(super) now: u64,
}

/// The places that a filter chooses on a shelf, where that takes more than a look at the kind.
pub(super) fn chosen(
    connection: &Connection,
    shelf: i64,
    filter: &Filter,
    now: u64,
) -> rusqlite::Result<Option<HashSet<i64>>> {
    if filter.source.is_none() && filter.since.is_none() && filter.before.is_none() {
        return Ok(None);
    }
    // With each kind named, the index by source serves.
    let kinds = if filter.kinds.is_empty() { Kind::ALL.to_vec() } else { filter.kinds.clone() };
    let mut condition = Condition::within_shelf(&Filter { kinds, ..filter.clone() }, now);
    let owner = if shelf == 0 { "p.shelf = ?" } else { "p.shelf = p.project AND p.project = ?" };
    condition.add(owner, [Value::from(shelf)]);
    let mut statement = condition.prepare(connection, "SELECT p.place FROM passages p", "")?;
    let places = statement.raw_query().mapped(|row| row.get(0)).collect::<Result<_, _>>()?;
    Ok(Some(places))
}
