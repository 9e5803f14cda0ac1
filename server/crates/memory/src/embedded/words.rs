//! Search by words: FTS5 finds candidates by the rarest terms of a query, then all of its terms count.

use std::{
    collections::{HashMap, HashSet},
    sync::Mutex,
};

use rusqlite::{Connection, types::Value};

use super::{
    connections::locked,
    rows::{Condition, PASSAGE, passage_of},
};
use crate::{Filter, Kind, tokens};

/// How many passages FTS5 weighs for a query at most: it takes about 2 µs for each. Terms that most
/// passages have say little, and would take most of the time.
const MOST_MATCHES: u64 = 4_000;

/// How many terms of a query count: as many as a long message has.
const MOST_TERMS: usize = 96;

/// How many terms are looked for in the passages.
const MOST_LOOKED_FOR: usize = 32;

/// BM25's usual parameters.
const K1: f32 = 1.2;
const B: f32 = 0.75;

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
    fn of(&self, connection: &Connection, shelf: &Shelf, term: &str) -> rusqlite::Result<u64> {
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

/// A shelf that is searched.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shelf {
    pub(super) id: i64,
    pub(super) passages: u64,
    terms: u64,
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
        return best(connection, shelf, &expression(few, " OR "), wanted);
    }
    // Many passages have each of the terms: those that have three of them are few enough, or else the
    // newest are looked at.
    let all = best(connection, shelf, &expression(terms.iter().take(3), " AND "), wanted)?;
    if all.is_empty() {
        return best(connection, shelf, &expression(terms.iter().take(1), ""), wanted);
    }
    Ok(all)
}

/// The best of those that an expression finds.
fn best(
    connection: &Connection,
    shelf: i64,
    expression: &str,
    wanted: &Wanted<'_>,
) -> rusqlite::Result<Vec<i64>> {
    let mut condition = Condition::within_shelf(wanted.filter, wanted.now);
    condition.add(&format!("words_{shelf} MATCH ?"), [Value::from(expression.to_owned())]);
    let mut statement = condition.prepare(
        connection,
        &format!(
            "SELECT p.place, bm25(words_{shelf})
             FROM words_{shelf} CROSS JOIN passages p ON p.place = words_{shelf}.rowid"
        ),
        &format!("ORDER BY words_{shelf}.rowid DESC LIMIT {MOST_MATCHES}"),
    )?;
    let mut found = statement
        .raw_query()
        .mapped(|row| Ok((row.get::<_, f64>(1)?, row.get::<_, i64>(0)?)))
        .collect::<Result<Vec<_>, _>>()?;
    // FTS5 says better by less.
    found.sort_by(|one, other| one.0.total_cmp(&other.0).then(other.1.cmp(&one.1)));
    Ok(found.into_iter().take(wanted.most).map(|(_, place)| place).collect())
}

fn expression<'t>(terms: impl Iterator<Item = &'t (u64, &'t str)>, between: &str) -> String {
    terms.map(|(_, term)| quoted(term)).collect::<Vec<_>>().join(between)
}

/// A term as FTS5 takes it literally; terms are letters and digits.
fn quoted(term: &str) -> String {
    format!("\"{term}\"")
}

/// What the terms of a query weigh over all shelves that are searched.
struct Weights<'t> {
    of: HashMap<&'t str, f32>,
    average: f32,
}

impl<'t> Weights<'t> {
    fn new(terms: &'t [String], totals: &[u64], shelves: &[Shelf]) -> Self {
        let passages: u64 = shelves.iter().map(|shelf| shelf.passages).sum();
        let lengths: u64 = shelves.iter().map(|shelf| shelf.terms).sum();
        let rarity = |frequency: u64| {
            let (all, with) = (passages as f32, frequency.min(passages) as f32);
            ((all - with + 0.5) / (with + 0.5)).ln_1p()
        };
        let of = terms.iter().zip(totals).map(|(term, total)| (term.as_str(), rarity(*total)));
        Self { of: of.collect(), average: (lengths as f32 / passages.max(1) as f32).max(1.0) }
    }

    /// BM25 of a passage.
    fn of(&self, connection: &Connection, place: i64) -> rusqlite::Result<f32> {
        let sql = format!("SELECT {PASSAGE} WHERE p.place = ?1");
        let passage =
            connection.prepare_cached(&sql)?.query_row([place], |row| passage_of(row, 0))?;
        let mut counts = HashMap::<&str, f32>::new();
        let mut length = 0.0;
        tokens::each_term_of(&passage, &mut |term| {
            length += 1.0;
            if let Some((term, _)) = self.of.get_key_value(term) {
                *counts.entry(term).or_default() += 1.0;
            }
        });
        let norm = K1 * (1.0 - B + B * length / self.average);
        let weigh =
            |(term, count): (&&str, &f32)| self.of[term] * count * (K1 + 1.0) / (count + norm);
        Ok(counts.iter().map(weigh).sum())
    }
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
