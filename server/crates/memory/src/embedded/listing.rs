//! What there is: page by page, and counted.

use rusqlite::{Connection, OptionalExtension as _, types::Value};

use super::{
    rows::{Condition, PASSAGE, kind_of, passage_of},
    vectors,
};
use crate::{Filter, KindCount, Passage, PassageId, Stats};

/// Up to `limit` passages that a filter chooses, in the order of their ids, after `after`.
pub(super) fn page(
    connection: &Connection,
    filter: &Filter,
    after: Option<PassageId>,
    limit: usize,
    now: u64,
) -> rusqlite::Result<Vec<Passage>> {
    let mut condition = Condition::whole(filter, now);
    if let Some(PassageId(after)) = after {
        condition.add("p.id > ?", [Value::from(after.to_vec())]);
    }
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let (select, end) = (format!("SELECT {PASSAGE}"), format!("ORDER BY p.id LIMIT {limit}"));
    let mut statement = condition.prepare(connection, &select, &end)?;
    statement.raw_query().mapped(|row| passage_of(row, 0)).collect()
}

/// How much there is; `model` is the one whose vectors count, any for none.
pub(super) fn stats(
    connection: &Connection,
    place: String,
    model: Option<&str>,
    now: u64,
) -> rusqlite::Result<Stats> {
    let mut statement = Condition::whole(&Filter::default(), now).prepare(
        connection,
        "SELECT s.project, p.kind, count(*) FROM passages p JOIN shelves s ON s.id = p.project",
        "GROUP BY p.project, p.kind",
    )?;
    let line = |row: &rusqlite::Row<'_>| {
        let passages: i64 = row.get(2)?;
        let (project, kind) = (row.get(0)?, kind_of(row, 1)?);
        Ok(KindCount { project, kind, passages: passages.cast_unsigned() })
    };
    let mut counts = statement.raw_query().mapped(line).collect::<Result<Vec<_>, _>>()?;
    counts.sort_by(|one, other| (&one.project, one.kind).cmp(&(&other.project, other.kind)));
    let number = match model {
        // A model that was never used has made no vectors: no number is its own.
        Some(model) => Some(number_of(connection, model)?.unwrap_or(0)),
        None => None,
    };
    let without_vector = vectors::count_without(connection, number, now)?;
    let pages: u32 = connection.pragma_query_value(None, "page_count", |row| row.get(0))?;
    let size: u32 = connection.pragma_query_value(None, "page_size", |row| row.get(0))?;
    Ok(Stats { place, counts, without_vector, bytes: Some(u64::from(pages) * u64::from(size)) })
}

fn number_of(connection: &Connection, model: &str) -> rusqlite::Result<Option<i64>> {
    let sql = "SELECT id FROM models WHERE name = ?1";
    connection.query_row(sql, [model], |row| row.get(0)).optional()
}
