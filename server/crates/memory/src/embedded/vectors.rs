//! Models and their vectors, as they lie in the file.

use std::cmp::Ordering;

use rusqlite::{Connection, OptionalExtension as _, params};

use super::{
    codes::{Code, Row},
    rows::{kind_of, time},
    signs::{self, Unit},
};

/// How long the vectors of a model stay that nobody uses. In milliseconds.
const UNUSED_FOR: u64 = 30 * 24 * 60 * 60 * 1_000;

/// A passage that has no vector of a model yet.
#[derive(Debug)]
pub(super) struct Pending {
    pub(super) place: i64,
    /// What is embedded.
    pub(super) text: String,
    content: [u8; 16],
    /// The vector of another passage that says the same.
    known: Option<i64>,
}

impl Pending {
    /// Whether a model has to be asked.
    pub(super) fn is_new(&self) -> bool {
        self.known.is_none()
    }
}

/// The number of a model, which is used now.
pub(super) fn use_model(connection: &Connection, name: &str, now: u64) -> rusqlite::Result<i64> {
    connection.query_row(
        "INSERT INTO models (name, used) VALUES (?1, ?2)
         ON CONFLICT (name) DO UPDATE SET used = excluded.used RETURNING id",
        params![name, time(now)],
        |row| row.get(0),
    )
}

/// The number of a model, and how many numbers its vectors have.
pub(super) fn model(connection: &Connection, name: &str) -> rusqlite::Result<Option<(i64, u32)>> {
    let sql = "SELECT id, dimension FROM models WHERE name = ?1 AND dimension IS NOT NULL";
    connection
        .prepare_cached(sql)?
        .query_row([name], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()
}

/// Up to `most` passages after `place` without a vector of the model, in the order of their places.
pub(super) fn pending(
    connection: &Connection,
    model: i64,
    place: i64,
    most: u32,
) -> rusqlite::Result<Vec<Pending>> {
    connection
        .prepare_cached(
            "SELECT p.place, t.title, t.text, p.content, v.id
             FROM passages p JOIN texts t ON t.place = p.place
             LEFT JOIN vectors v ON v.model = ?1 AND v.content = p.content
             WHERE p.place > ?2
             AND NOT EXISTS (SELECT 1 FROM codes c WHERE c.passage = p.place AND c.model = ?1)
             ORDER BY p.place LIMIT ?3",
        )?
        .query_map(params![model, place, most], |row| {
            let (title, text): (String, String) = (row.get(1)?, row.get(2)?);
            Ok(Pending {
                place: row.get(0)?,
                text: if title.is_empty() { text } else { format!("{title}\n{text}") },
                content: row.get(3)?,
                known: row.get(4)?,
            })
        })?
        .collect()
}

/// Whether vectors of `dimension` numbers fit those that a model has made; of a new one they do, of one
/// that is gone not.
pub(super) fn fits(
    connection: &Connection,
    model: i64,
    dimension: u32,
    now: u64,
) -> rusqlite::Result<bool> {
    let sql = "UPDATE models SET dimension = coalesce(dimension, ?2), used = ?3 WHERE id = ?1
               RETURNING dimension = ?2";
    let fits = connection
        .prepare_cached(sql)?
        .query_row(params![model, dimension, time(now)], |row| row.get(0))
        .optional()?;
    Ok(fits.unwrap_or(false))
}

/// Has the model of that name begin anew under another number, unless another process had it do so
/// already; the number. What it made as `model` is nobody's, and goes with [`drop_old`].
pub(super) fn begin_anew(
    connection: &Connection,
    name: &str,
    model: i64,
    now: u64,
) -> rusqlite::Result<i64> {
    connection.execute(
        "UPDATE models SET name = name || ' before ' || ?3, used = 0 WHERE id = ?1 AND name = ?2",
        params![model, name, time(now)],
    )?;
    use_model(connection, name, now)
}

/// Gives passages their vectors: those of `units` to the new ones, in their order. Passages that are
/// gone meanwhile get none.
pub(super) fn attach(
    connection: &Connection,
    model: i64,
    passages: &[Pending],
    units: &[Unit],
) -> rusqlite::Result<()> {
    let mut units = units.iter();
    for passage in passages {
        let unit = if passage.is_new() { units.next() } else { None };
        attach_one(connection, model, passage, unit)?;
    }
    Ok(())
}

fn attach_one(
    connection: &Connection,
    model: i64,
    passage: &Pending,
    unit: Option<&Unit>,
) -> rusqlite::Result<()> {
    let sql = "SELECT shelf, kind FROM passages p WHERE place = ?1
               AND NOT EXISTS (SELECT 1 FROM codes c WHERE c.passage = p.place AND c.model = ?2)";
    let target: Option<(i64, String)> = connection
        .prepare_cached(sql)?
        .query_row([passage.place, model], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some((shelf, kind)) = target else { return Ok(()) };
    if let Some(unit) = unit {
        connection
            .prepare_cached(
                "INSERT OR IGNORE INTO vectors (model, content, numbers) VALUES (?1, ?2, ?3)",
            )?
            .execute(params![model, passage.content, unit.bytes()])?;
    }
    let kept: Option<(i64, Vec<u8>)> = connection
        .prepare_cached("SELECT id, numbers FROM vectors WHERE model = ?1 AND content = ?2")?
        .query_row(params![model, passage.content], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some((vector, numbers)) = kept else { return Ok(()) };
    let number: i64 = connection
        .prepare_cached(
            "UPDATE models SET last_code = last_code + 1 WHERE id = ?1 RETURNING last_code",
        )?
        .query_row([model], |row| row.get(0))?;
    connection
        .prepare_cached(
            "INSERT INTO codes (shelf, model, number, passage, kind, vector, signs)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?
        .execute(params![
            shelf,
            model,
            number,
            passage.place,
            kind,
            vector,
            signs::to_bytes(&signs::of_bytes(&numbers)),
        ])?;
    Ok(())
}

/// Reads the codes of a row after `number`, in their order.
pub(super) fn each_code_after(
    connection: &Connection,
    row: Row,
    number: i64,
    mut take: impl FnMut(i64, Code, &[u8]),
) -> rusqlite::Result<()> {
    let sql = "SELECT number, passage, vector, kind, signs FROM codes
               WHERE shelf = ?1 AND model = ?2 AND number > ?3 ORDER BY number";
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query([row.shelf, row.model, number])?;
    while let Some(row) = rows.next()? {
        let code = Code { passage: row.get(1)?, vector: row.get(2)?, kind: kind_of(row, 3)? };
        take(row.get(0)?, code, row.get_ref(4)?.as_blob()?);
    }
    Ok(())
}

/// How near a vector is to `unit`, -1 to 1; none where it is gone.
pub(super) fn nearness(
    connection: &Connection,
    vector: i64,
    unit: &Unit,
) -> rusqlite::Result<Option<f32>> {
    connection
        .prepare_cached("SELECT numbers FROM vectors WHERE id = ?1")?
        .query_row([vector], |row| Ok(unit.dot(row.get_ref(0)?.as_blob()?)))
        .optional()
}

/// How many passages have no vector: of the model, or of none.
pub(super) fn count_without(
    connection: &Connection,
    model: Option<i64>,
    now: u64,
) -> rusqlite::Result<u64> {
    let sql = "SELECT count(*) FROM passages p WHERE (p.expires IS NULL OR p.expires > ?1)
               AND NOT EXISTS (SELECT 1 FROM codes c
                               WHERE c.passage = p.place AND (?2 IS NULL OR c.model = ?2))";
    let count: i64 = connection.query_row(sql, params![time(now), model], |row| row.get(0))?;
    Ok(count.cast_unsigned())
}

/// Takes away up to `most` vectors of models that were not used for long; whether there may be more.
pub(super) fn drop_old(connection: &Connection, now: u64, most: usize) -> rusqlite::Result<bool> {
    let sql = "SELECT id FROM models WHERE used < ?1 LIMIT 1";
    let long_ago = time(now.saturating_sub(UNUSED_FOR));
    let old: Option<i64> = connection.query_row(sql, [long_ago], |row| row.get(0)).optional()?;
    let Some(model) = old else { return Ok(false) };
    if drop_some(connection, model, most)? == Ordering::Less {
        connection.execute("DELETE FROM models WHERE id = ?1", [model])?;
    }
    Ok(true)
}

/// Takes away up to `most` vectors of a model; how many that were, compared with `most`.
fn drop_some(connection: &Connection, model: i64, most: usize) -> rusqlite::Result<Ordering> {
    let limit = i64::try_from(most).unwrap_or(i64::MAX);
    connection.execute(
        "DELETE FROM codes WHERE (passage, model) IN
         (SELECT c.passage, c.model FROM vectors v
          JOIN passages p ON p.content = v.content
          JOIN codes c ON c.passage = p.place AND c.model = v.model
          WHERE v.id IN (SELECT id FROM vectors WHERE model = ?1 ORDER BY content LIMIT ?2))",
        [model, limit],
    )?;
    let gone = connection.execute(
        "DELETE FROM vectors WHERE id IN
         (SELECT id FROM vectors WHERE model = ?1 ORDER BY content LIMIT ?2)",
        [model, limit],
    )?;
    Ok(gone.cmp(&most))
}
