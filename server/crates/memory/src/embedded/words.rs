//! Search by words: FTS5 finds candidates by the rarest terms of a query, then all of its terms count.

use rusqlite::{Connection, types::Value};

use super::{
    frequencies::{Frequencies, quoted},
    rows::{Admission, Condition},
    shelves::{Shelf, Wanted},
    weights::Weights,
};
use crate::tokens;

/// How many passages FTS5 weighs for a query at most: it takes about 2 µs for each. Terms that most
/// passages have say little, and would take most of the time.
pub(super) const MOST_MATCHES: u64 = 4_000;

/// How many terms of a query count: as many as a long message has.
const MOST_TERMS: usize = 96;

/// How many terms are looked for in the passages.
const MOST_LOOKED_FOR: usize = 32;

/// The places of the passages that fit best by their words, best first.
pub(super) fn search(
    connection: &Connection,
    frequencies: &Frequencies,
    shelves: &[Shelf],
    wanted: &Wanted<'_>,
) -> rusqlite::Result<Vec<i64>> {
    let mut terms = tokens::distinct_terms(wanted.text);
    terms.truncate(MOST_TERMS);
    let mut counted: Vec<Vec<(u64, &str)>> = Vec::new();
    let mut totals = vec![0; terms.len()];
    for shelf in shelves {
        let mut of_shelf = Vec::new();
        for (index, term) in terms.iter().enumerate() {
            let frequency = frequencies.of(connection, shelf, term)?;
            totals[index] += frequency;
            if frequency > 0 {
                of_shelf.push((frequency, term.as_str()));
            }
        }
        of_shelf.sort_unstable();
        counted.push(of_shelf);
    }
    let weights = Weights::new(&terms, &totals, shelves);
    let mut fits = Vec::new();
    for (shelf, terms) in shelves.iter().zip(&counted) {
        for place in candidates(connection, shelf.id, terms, wanted)? {
            fits.push((weights.of(connection, place)?, place));
        }
    }
    fits.sort_by(|one, other| other.0.total_cmp(&one.0).then(other.1.cmp(&one.1)));
    Ok(fits.into_iter().take(wanted.most).map(|(_, place)| place).collect())
}

/// The best by the rarest of the terms, which come rarest first.
fn candidates(
    connection: &Connection,
    shelf: i64,
    terms: &[(u64, &str)],
    wanted: &Wanted<'_>,
) -> rusqlite::Result<Vec<i64>> {
    let Some((rarest, _)) = terms.first() else { return Ok(Vec::new()) };
    if *rarest <= MOST_MATCHES {
        let mut matches = 0;
        let few = terms.iter().take(MOST_LOOKED_FOR).take_while(|(frequency, _)| {
            matches += frequency;
            matches <= MOST_MATCHES
        });
        return best_of_few(connection, shelf, &expression(few, " OR "), wanted);
    }
    // Many passages have each of the terms. Those that have three of them are fewer; else the newest
    // are looked at.
    let all = expression(terms.iter().take(3), " AND ");
    let all = best_of_newest(connection, shelf, &all, wanted)?;
    if all.is_empty() {
        return best_of_newest(connection, shelf, &expression(terms.iter().take(1), ""), wanted);
    }
    Ok(all)
}

/// The best of those that an expression finds, which are few: all are weighed, and from the best on
/// looked at whether they are admitted.
fn best_of_few(
    connection: &Connection,
    shelf: i64,
    expression: &str,
    wanted: &Wanted<'_>,
) -> rusqlite::Result<Vec<i64>> {
    let sql = format!("SELECT bm25(words_{shelf}), rowid FROM words_{shelf} WHERE terms MATCH ?1");
    let found = connection
        .prepare_cached(&sql)?
        .query_map([expression], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<Vec<_>, _>>()?;
    let mut admission = Admission::new(connection, wanted.filter, wanted.now)?;
    let mut best = Vec::new();
    for place in in_order(found) {
        if best.len() == wanted.most {
            break;
        }
        if admission.admits(place)? {
            best.push(place);
        }
    }
    Ok(best)
}

/// The best of the newest of those that an expression finds and that are admitted.
fn best_of_newest(
    connection: &Connection,
    shelf: i64,
    expression: &str,
    wanted: &Wanted<'_>,
) -> rusqlite::Result<Vec<i64>> {
    let words = format!("words_{shelf}");
    let mut condition = Condition::within_shelf(wanted.filter, wanted.now);
    condition.add(&format!("{words} MATCH ?"), [Value::from(expression.to_owned())]);
    let select = format!(
        "SELECT bm25({words}), p.place FROM {words} CROSS JOIN passages p ON p.place = {words}.rowid"
    );
    let end = format!("ORDER BY {words}.rowid DESC LIMIT {MOST_MATCHES}");
    let mut statement = condition.prepare(connection, &select, &end)?;
    let rows = statement.raw_query().mapped(|row| Ok((row.get(0)?, row.get(1)?)));
    let best = in_order(rows.collect::<Result<Vec<_>, _>>()?);
    Ok(best.take(wanted.most).collect())
}

/// Places by what FTS5 says of them, which says better by less; the newest of equal ones first.
fn in_order(mut found: Vec<(f64, i64)>) -> impl Iterator<Item = i64> {
    found.sort_by(|one, other| one.0.total_cmp(&other.0).then(other.1.cmp(&one.1)));
    found.into_iter().map(|(_, place)| place)
}

fn expression<'t>(terms: impl Iterator<Item = &'t (u64, &'t str)>, between: &str) -> String {
    terms.map(|(_, term)| quoted(term)).collect::<Vec<_>>().join(between)
}
