//! Passages come and go: what belongs to one comes and goes with it, in one transaction.

use std::collections::{HashMap, HashSet, VecDeque};

use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::rows::{Condition, time};
use crate::{Filter, Kind, Passage, PassageId, tokens};

/// How long vectors stay that no passage needs: as long as a branch lies around. In milliseconds.
const UNUSED_FOR: u64 = 30 * 24 * 60 * 60 * 1_000;

/// How many passages that have expired one write takes away, so that none waits long for it.
const SWEPT_AT_ONCE: u32 = 200;

/// What becomes of the vector of a passage that goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Vectors {
    /// It stays for a while from then on: the text may come back.
    KeptSince(u64),
    /// It goes, too, unless another passage says the same.
    Gone,
}

/// Adds passages; of those that are there already, time and expiry are set.
pub(super) fn remember(connection: &Connection, passages: &[Passage]) -> rusqlite::Result<()> {
    let mut shelves = HashMap::new();
    passages.iter().try_for_each(|passage| add(connection, passage, &mut shelves))
}

fn add<'p>(
    connection: &Connection,
    passage: &'p Passage,
    shelves: &mut HashMap<&'p str, i64>,
) -> rusqlite::Result<()> {
    let renewed = connection
        .prepare_cached("UPDATE passages SET at = ?2, expires = ?3 WHERE id = ?1")?
        .execute(params![passage.id().0, time(passage.at), passage.expires.map(time)])?;
    if renewed > 0 {
        return Ok(());
    }
    let project = match shelves.get(passage.project.as_str()) {
        Some(shelf) => *shelf,
        None => shelf_of(connection, &passage.project)?,
    };
    shelves.insert(&passage.project, project);
    insert(connection, passage, project)
}

/// Makes `passages` all there is of `kind` from `path`. What only stands elsewhere there, as code does
/// below a line that was added, keeps its words and its vectors.
pub(super) fn replace(
    connection: &Connection,
    project: &str,
    kind: Kind,
    path: &str,
    passages: &[Passage],
    now: u64,
) -> rusqlite::Result<()> {
    let stay: HashSet<[u8; 16]> = passages.iter().map(|passage| passage.id().0).collect();
    let sql = "SELECT place, id, content, shelf FROM passages
               WHERE project = (SELECT id FROM shelves WHERE project = ?1) AND kind = ?2
               AND (source = ?3 OR source >= ?3 || '#' AND source < ?3 || '$') ORDER BY place";
    let known = connection
        .prepare_cached(sql)?
        .query_map(params![project, kind.word(), path], Known::of)?
        .collect::<rusqlite::Result<Vec<Known>>>()?;
    let (there, leaving): (Vec<Known>, Vec<Known>) =
        known.into_iter().partition(|known| stay.contains(&known.id));
    let there: HashSet<[u8; 16]> = there.into_iter().map(|known| known.id).collect();
    let mut movable: HashMap<([u8; 16], bool), VecDeque<i64>> = HashMap::new();
    for known in leaving {
        movable.entry((known.content, known.shared)).or_default().push_back(known.place);
    }
    let mut shelves = HashMap::new();
    for passage in passages {
        let from = movable.get_mut(&(content_of(passage), passage.shared));
        let is_new = || !there.contains(&passage.id().0) && has_words_of_path(passage, path);
        match from.filter(|_| is_new()).and_then(VecDeque::pop_front) {
            Some(place) => move_to(connection, place, passage)?,
            None => add(connection, passage, &mut shelves)?,
        }
    }
    for place in movable.into_values().flatten() {
        remove(connection, place, Vectors::KeptSince(now))?;
    }
    Ok(())
}

/// A passage that is there.
struct Known {
    place: i64,
    id: [u8; 16],
    content: [u8; 16],
    shared: bool,
}

impl Known {
    fn of(row: &Row<'_>) -> rusqlite::Result<Self> {
        let shelf: i64 = row.get(3)?;
        Ok(Self { place: row.get(0)?, id: row.get(1)?, content: row.get(2)?, shared: shelf == 0 })
    }
}

/// Whether a passage has the same words wherever it stands in its file: lines of code are no words.
fn has_words_of_path(passage: &Passage, path: &str) -> bool {
    passage.kind == Kind::Code
        && passage.source.strip_prefix(path).is_some_and(|rest| rest.starts_with("#L"))
}

/// Gives a passage that is there the place, time and expiry of another with the same title and text.
fn move_to(connection: &Connection, place: i64, passage: &Passage) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "UPDATE passages SET id = ?2, source = ?3, at = ?4, expires = ?5 WHERE place = ?1",
        )?
        .execute(params![
            place,
            passage.id().0,
            passage.source,
            time(passage.at),
            passage.expires.map(time),
        ])
        .map(drop)
}

/// Forgets up to `most` passages that a filter chooses; how many.
pub(super) fn forget(
    connection: &Connection,
    filter: &Filter,
    now: u64,
    most: usize,
) -> rusqlite::Result<usize> {
    let mut statement = Condition::whole(filter, now).prepare(
        connection,
        "SELECT p.place FROM passages p",
        &format!("LIMIT {most}"),
    )?;
    let places = statement.raw_query().mapped(|row| row.get(0)).collect::<Result<Vec<i64>, _>>()?;
    for place in &places {
        remove(connection, *place, Vectors::Gone)?;
    }
    Ok(places.len())
}

/// Takes away what has expired, and vectors that nobody needed for long.
pub(super) fn sweep(connection: &Connection, now: u64) -> rusqlite::Result<()> {
    let expired = connection
        .prepare_cached("SELECT place FROM passages WHERE expires <= ?1 LIMIT ?2")?
        .query_map(params![time(now), SWEPT_AT_ONCE], |row| row.get(0))?
        .collect::<Result<Vec<i64>, _>>()?;
    for place in expired {
        remove(connection, place, Vectors::KeptSince(now))?;
    }
    let unused = connection
        .prepare_cached("SELECT content FROM unused WHERE since < ?1 LIMIT ?2")?
        .query_map(params![time(now.saturating_sub(UNUSED_FOR)), SWEPT_AT_ONCE], |row| row.get(0))?
        .collect::<Result<Vec<[u8; 16]>, _>>()?;
    for content in unused {
        drop_vectors(connection, content)?;
    }
    Ok(())
}

/// The shelf of a project, made where there is none yet, with its word index.
fn shelf_of(connection: &Connection, project: &str) -> rusqlite::Result<i64> {
    let known = connection
        .prepare_cached("SELECT id FROM shelves WHERE project = ?1")?
        .query_row([project], |row| row.get(0))
        .optional()?;
    if let Some(known) = known {
        return Ok(known);
    }
    connection.execute("INSERT INTO shelves (project) VALUES (?1)", [project])?;
    let shelf = connection.last_insert_rowid();
    connection.execute_batch(&format!(
        "CREATE VIRTUAL TABLE words_{shelf} USING fts5(
             terms, content = '', contentless_delete = 1, tokenize = 'ascii'
         )"
    ))?;
    Ok(shelf)
}

fn insert(connection: &Connection, passage: &Passage, project: i64) -> rusqlite::Result<()> {
    let (mut terms, mut count) = (String::with_capacity(passage.text.len() * 2), 0_i64);
    tokens::each_term_of(passage, &mut |term| {
        terms.push_str(term);
        terms.push(' ');
        count += 1;
    });
    let shelf = if passage.shared { 0 } else { project };
    let content = content_of(passage);
    let PassageId(id) = passage.id();
    connection
        .prepare_cached(
            "INSERT INTO passages (id, project, shelf, kind, source, at, expires, terms, content)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        )?
        .execute(params![
            id,
            project,
            shelf,
            passage.kind.word(),
            passage.source,
            time(passage.at),
            passage.expires.map(time),
            count,
            content,
        ])?;
    let place = connection.last_insert_rowid();
    connection
        .prepare_cached("INSERT INTO texts (place, title, text) VALUES (?1, ?2, ?3)")?
        .execute(params![place, passage.title, passage.text])?;
    connection
        .prepare_cached(&format!("INSERT INTO words_{shelf} (rowid, terms) VALUES (?1, ?2)"))?
        .execute(params![place, terms])?;
    connection.prepare_cached("DELETE FROM unused WHERE content = ?1")?.execute([content])?;
    count_on(connection, shelf, 1, count)
}

/// The name of a passage's vector.
fn content_of(passage: &Passage) -> [u8; 16] {
    let mut content = [0; 16];
    content.copy_from_slice(&passage.content_hash()[..16]);
    content
}

fn remove(connection: &Connection, place: i64, vectors: Vectors) -> rusqlite::Result<()> {
    let sql = "SELECT shelf, terms, content FROM passages WHERE place = ?1";
    let (shelf, terms, content) = connection.prepare_cached(sql)?.query_row([place], |row| {
        Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?, row.get::<_, [u8; 16]>(2)?))
    })?;
    for sql in [
        &format!("DELETE FROM words_{shelf} WHERE rowid = ?1"),
        "DELETE FROM codes WHERE passage = ?1",
        "DELETE FROM texts WHERE place = ?1",
        "DELETE FROM passages WHERE place = ?1",
    ] {
        connection.prepare_cached(sql)?.execute([place])?;
    }
    count_on(connection, shelf, -1, -terms)?;
    match vectors {
        Vectors::Gone => drop_vectors(connection, content),
        Vectors::KeptSince(now) => keep_vectors(connection, content, now),
    }
}

fn count_on(
    connection: &Connection,
    shelf: i64,
    passages: i64,
    terms: i64,
) -> rusqlite::Result<()> {
    let sql = "UPDATE shelves SET passages = passages + ?2, terms = terms + ?3 WHERE id = ?1";
    connection.prepare_cached(sql)?.execute([shelf, passages, terms])?;
    Ok(())
}

/// Deletes the vectors of a content that no passage has.
fn drop_vectors(connection: &Connection, content: [u8; 16]) -> rusqlite::Result<()> {
    connection.prepare_cached("DELETE FROM unused WHERE content = ?1")?.execute([content])?;
    // All models are named, since vectors are found by model and content.
    let sql = "DELETE FROM vectors WHERE content = ?1
               AND model IN (SELECT id FROM models)
               AND NOT EXISTS (SELECT 1 FROM passages WHERE content = ?1)";
    connection.prepare_cached(sql)?.execute([content])?;
    Ok(())
}

/// Notes since when no passage has the content, where that is so.
fn keep_vectors(connection: &Connection, content: [u8; 16], now: u64) -> rusqlite::Result<()> {
    let sql = "INSERT OR IGNORE INTO unused (content, since)
               SELECT ?1, ?2 WHERE NOT EXISTS (SELECT 1 FROM passages WHERE content = ?1)";
    connection.prepare_cached(sql)?.execute(params![content, time(now)])?;
    Ok(())
}
