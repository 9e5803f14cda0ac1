//! Search by vectors: the signs choose among all, the numbers order what they chose.

use std::collections::HashSet;

use rusqlite::Connection;

use super::{
    codes::{Code, Near, Row, Shelved},
    rows::{Admission, time},
    shelves::{Shelf, Wanted, chosen},
    signs::Unit,
    vectors,
};
use crate::Filter;

/// How many the signs choose, for one that is wanted; and how many at least.
const CHOSEN_FOR_ONE: usize = 4;
const CHOSEN: usize = 400;

/// The places of the passages whose vectors are nearest to `unit`, nearest first.
pub(super) fn search(
    connection: &Connection,
    shelved: &Shelved,
    model: i64,
    shelves: &[Shelf],
    unit: &Unit,
    wanted: &Wanted<'_>,
) -> rusqlite::Result<Vec<i64>> {
    let near = chosen_by_signs(connection, shelved, model, shelves, unit, wanted, false)?;
    let (best, gone) = best(connection, &near, unit, wanted)?;
    if gone * 4 <= best.len() {
        return Ok(best);
    }
    // Much was forgotten since the codes were read, and took the places of others.
    let near = chosen_by_signs(connection, shelved, model, shelves, unit, wanted, true)?;
    Ok(self::best(connection, &near, unit, wanted)?.0)
}

fn chosen_by_signs(
    connection: &Connection,
    shelved: &Shelved,
    model: i64,
    shelves: &[Shelf],
    unit: &Unit,
    wanted: &Wanted<'_>,
    anew: bool,
) -> rusqlite::Result<Vec<Near>> {
    let most = CHOSEN.max(CHOSEN_FOR_ONE * wanted.most);
    let signs = unit.signs();
    let expired = expired(connection, wanted.now)?;
    let mut near = Vec::new();
    for shelf in shelves {
        let among = chosen(connection, shelf.id, wanted.filter, wanted.now)?;
        let codes = shelved.codes(connection, Row { shelf: shelf.id, model }, anew)?;
        near.extend(codes.nearest(&signs, most, |code| {
            is_of_kind(wanted.filter, code)
                && !expired.contains(&code.passage)
                && among.as_ref().is_none_or(|among| among.contains(&code.passage))
        }));
    }
    near.sort_unstable_by_key(|near| near.distance);
    near.truncate(most);
    Ok(near)
}

fn is_of_kind(filter: &Filter, code: &Code) -> bool {
    filter.kinds.is_empty() || filter.kinds.contains(&code.kind)
}

/// The nearest, by their numbers; and how many passages were met that are gone.
fn best(
    connection: &Connection,
    near: &[Near],
    unit: &Unit,
    wanted: &Wanted<'_>,
) -> rusqlite::Result<(Vec<i64>, usize)> {
    let mut ordered = Vec::with_capacity(near.len());
    let mut gone = 0;
    for near in near {
        match vectors::nearness(connection, near.code.vector, unit)? {
            Some(nearness) => ordered.push((nearness, near.code.passage)),
            None => gone += 1,
        }
    }
    ordered.sort_by(|one, other| other.0.total_cmp(&one.0).then(other.1.cmp(&one.1)));
    let mut admission = Admission::new(connection, wanted.filter, wanted.now)?;
    let mut best = Vec::new();
    for (_, place) in ordered {
        if best.len() == wanted.most {
            break;
        }
        match admission.admits(place)? {
            true => best.push(place),
            false => gone += 1,
        }
    }
    Ok((best, gone))
}

/// What has expired and was not swept away yet: little.
fn expired(connection: &Connection, now: u64) -> rusqlite::Result<HashSet<i64>> {
    connection
        .prepare_cached("SELECT place FROM passages WHERE expires <= ?1")?
        .query_map([time(now)], |row| row.get(0))?
        .collect()
}
