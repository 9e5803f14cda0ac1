//! Hybrid search: by words and by vectors, fused.

use rusqlite::Connection;

use super::{
    codes::Shelved,
    dense,
    frequencies::Frequencies,
    rows::{PASSAGE, passage_of},
    shelves::{Wanted, shelves},
    signs::Unit,
    vectors, words,
};
use crate::{Found, Query, fuse};

/// How many each way of searching gives to the fusion at least, and at most.
const LEAST: usize = 50;
const MOST: usize = 1_000;

/// What is kept in memory from one search to the next.
#[derive(Default)]
pub(super) struct Kept {
    frequencies: Frequencies,
    codes: Shelved,
}

/// A vector of what is looked for, and the model that made it.
pub(super) struct Asked {
    pub(super) unit: Unit,
    pub(super) model: String,
}

/// What a search found, and whether the vector did not fit those in the file.
pub(super) struct Answer {
    pub(super) found: Vec<Found>,
    pub(super) is_misfit: bool,
}

/// The passages that fit a query best.
pub(super) fn search(
    connection: &Connection,
    kept: &Kept,
    query: &Query,
    asked: Option<&Asked>,
    now: u64,
) -> rusqlite::Result<Answer> {
    let most = query.limit.clamp(LEAST, MOST);
    let wanted = Wanted { text: &query.text, filter: &query.filter, most, now };
    let shelves = shelves(connection, query.filter.project.as_deref())?;
    let mut orders = vec![words::search(connection, &kept.frequencies, &shelves, &wanted)?];
    let mut is_misfit = false;
    if let Some(asked) = asked
        && let Some((model, dimension)) = vectors::model(connection, &asked.model)?
    {
        is_misfit = dimension != asked.unit.dimension();
        if !is_misfit {
            let near =
                dense::search(connection, &kept.codes, model, &shelves, &asked.unit, &wanted)?;
            orders.push(near);
        }
    }
    let sql = format!("SELECT {PASSAGE} WHERE p.place = ?1");
    let mut statement = connection.prepare_cached(&sql)?;
    let best = fuse(&orders).into_iter().take(query.limit);
    let found = best
        .map(|(place, score)| {
            let passage = statement.query_row([place], |row| passage_of(row, 0))?;
            Ok(Found { passage, score })
        })
        .collect::<rusqlite::Result<_>>()?;
    Ok(Answer { found, is_misfit })
}
