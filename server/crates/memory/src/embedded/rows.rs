//! Rows as passages, and filters as conditions.

use rusqlite::{CachedStatement, Connection, Row, ToSql, types::Value};

use crate::{Filter, Kind, Passage};

/// A passage's columns, for [`passage_of`].
pub(super) const PASSAGE: &str = "s.project, p.shelf = 0, p.kind, p.source, t.title, t.text, p.at, \
     p.expires FROM passages p JOIN shelves s ON s.id = p.project JOIN texts t ON t.place = p.place";

/// Reads the columns of [`PASSAGE`], the first of which is number `from`.
pub(super) fn passage_of(row: &Row<'_>, from: usize) -> rusqlite::Result<Passage> {
    Ok(Passage {
        project: row.get(from)?,
        shared: row.get(from + 1)?,
        kind: kind_of(row, from + 2)?,
        source: row.get(from + 3)?,
        title: row.get(from + 4)?,
        text: row.get(from + 5)?,
        at: row.get::<_, i64>(from + 6)?.cast_unsigned(),
        expires: row.get::<_, Option<i64>>(from + 7)?.map(i64::cast_unsigned),
    })
}

/// Reads a kind from column number `column`.
pub(super) fn kind_of(row: &Row<'_>, column: usize) -> rusqlite::Result<Kind> {
    let word = row.get_ref(column)?.as_str()?;
    Kind::of_word(word).ok_or_else(|| {
        let why = format!("there is no kind `{word}`");
        rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, why.into())
    })
}

/// A time as SQLite holds it. What is later than 292 million years from now is that.
pub(super) fn time(at: u64) -> i64 {
    i64::try_from(at).unwrap_or(i64::MAX)
}

/// A condition on `passages p`, with what it compares with.
pub(super) struct Condition {
    sql: String,
    values: Vec<Value>,
}

impl Condition {
    /// What of a filter holds within a shelf: all but the project. Passages that have expired at `now`
    /// are left out.
    pub(super) fn within_shelf(filter: &Filter, now: u64) -> Self {
        let mut condition = Self { sql: String::new(), values: Vec::new() };
        condition.add("(p.expires IS NULL OR p.expires > ?)", [Value::from(time(now))]);
        if !filter.kinds.is_empty() {
            let places = vec!["?"; filter.kinds.len()].join(", ");
            let words = filter.kinds.iter().map(|kind| Value::from(kind.word().to_owned()));
            condition.add(&format!("p.kind IN ({places})"), words);
        }
        if let Some(prefix) = filter.source.as_ref().filter(|prefix| !prefix.is_empty()) {
            condition.add("p.source >= ?", [Value::from(prefix.clone())]);
            if let Some(end) = after_all_with(prefix) {
                condition.add("p.source < ?", [Value::from(end)]);
            }
        }
        if let Some(since) = filter.since {
            condition.add("p.at >= ?", [Value::from(time(since))]);
        }
        if let Some(before) = filter.before {
            condition.add("p.at < ?", [Value::from(time(before))]);
        }
        condition
    }

    /// As [`Condition::within_shelf`], with the project: its own passages, and no others.
    pub(super) fn whole(filter: &Filter, now: u64) -> Self {
        let mut condition = Self::within_shelf(filter, now);
        if let Some(project) = &filter.project {
            let sql = "p.project = (SELECT id FROM shelves WHERE project = ?)";
            condition.add(sql, [Value::from(project.clone())]);
        }
        condition
    }

    /// Adds that `sql`, with a `?` for each of the values, holds.
    pub(super) fn add(&mut self, sql: &str, values: impl IntoIterator<Item = Value>) {
        if !self.sql.is_empty() {
            self.sql.push_str(" AND ");
        }
        self.sql.push_str(sql);
        self.values.extend(values);
    }

    /// Prepares `before WHERE condition after`, and binds the values.
    pub(super) fn prepare<'c>(
        &self,
        connection: &'c Connection,
        before: &str,
        after: &str,
    ) -> rusqlite::Result<CachedStatement<'c>> {
        let sql = format!("{before} WHERE {} {after}", self.sql);
        let mut statement = connection.prepare_cached(&sql)?;
        for (index, value) in self.values.iter().enumerate() {
            statement.raw_bind_parameter(index + 1, value as &dyn ToSql)?;
        }
        Ok(statement)
    }
}

/// Whether passages fulfil a filter, one after the other.
pub(super) struct Admission<'c> {
    statement: CachedStatement<'c>,
    /// The number of the place's parameter.
    place: usize,
}

impl<'c> Admission<'c> {
    /// By a filter within shelves.
    pub(super) fn new(
        connection: &'c Connection,
        filter: &Filter,
        now: u64,
    ) -> rusqlite::Result<Self> {
        let mut condition = Condition::within_shelf(filter, now);
        condition.add("p.place = ?", [Value::from(0)]);
        let place = condition.values.len();
        let statement = condition.prepare(connection, "SELECT 1 FROM passages p", "")?;
        Ok(Self { statement, place })
    }

    /// Whether there is a passage at that place, and it fulfils the filter.
    pub(super) fn admits(&mut self, place: i64) -> rusqlite::Result<bool> {
        self.statement.raw_bind_parameter(self.place, place)?;
        Ok(self.statement.raw_query().next()?.is_some())
    }
}

/// What comes first after all texts that begin with `prefix`; none where nothing does. SQLite compares
/// bytes, and so do Rust's characters order.
pub(super) fn after_all_with(prefix: &str) -> Option<String> {
    let mut signs: Vec<char> = prefix.chars().collect();
    while let Some(last) = signs.pop() {
        let next = match last {
            '\u{d7ff}' => Some('\u{e000}'),
            last => char::from_u32(u32::from(last) + 1),
        };
        if let Some(next) = next {
            signs.push(next);
            return Some(signs.into_iter().collect());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::after_all_with;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn what_begins_with_a_prefix_lies_before_its_end(
            prefix in any::<String>(), rest in any::<String>(), other in any::<String>(),
        ) {
            let is_between = |text: &str| {
                text >= prefix.as_str() && after_all_with(&prefix).is_none_or(|end| text < end.as_str())
            };
            let whole = format!("{prefix}{rest}");
            prop_assert!(is_between(&whole));
            prop_assert_eq!(is_between(&other), other.starts_with(&prefix));
        }
    }
}
