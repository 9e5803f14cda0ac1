//! The signs of vectors, kept in memory: 72 bytes for a passage with 384 numbers.

use std::{
    collections::BinaryHeap,
    sync::{Arc, Mutex},
};

use rusqlite::Connection;

use super::{connections::locked, signs, vectors};
use crate::Kind;

/// How many rows stay in memory: those of the projects that are open, and the shared one.
const ROWS: usize = 8;

/// Which codes lie together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) shelf: i64,
    pub(super) model: i64,
}

/// Whose vector a code is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Code {
    pub(super) passage: i64,
    pub(super) vector: i64,
    pub(super) kind: Kind,
}

/// A code with how far it is from what is looked for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Near {
    pub(super) distance: u32,
    pub(super) code: Code,
}

/// The codes of a row, as far as they were read. Passages that were forgotten since may
/// still have one.
#[derive(Debug, Clone, Default)]
pub(super) struct Codes {
    /// 64 signs a word, as many words a code as the first one has.
    signs: Vec<u64>,
    codes: Vec<Code>,
    /// The number of the last one.
    last: i64,
}

impl Codes {
    /// Reads what was written since.
    fn read_on(&mut self, connection: &Connection, row: Row) -> rusqlite::Result<()> {
        vectors::each_code_after(connection, row, self.last, |number, code, bytes| {
            self.last = number;
            self.codes.push(code);
            signs::extend(&mut self.signs, bytes);
        })
    }

    /// The `most` codes that differ least from `wanted`, of those that are admitted; in no order.
    pub(super) fn nearest(
        &self,
        wanted: &[u64],
        most: usize,
        admits: impl Fn(&Code) -> bool,
    ) -> Vec<Near> {
        let mut nearest = BinaryHeap::with_capacity(most + 1);
        if wanted.is_empty() || most == 0 || self.signs.len() != wanted.len() * self.codes.len() {
            return Vec::new();
        }
        for (index, signs) in self.signs.chunks_exact(wanted.len()).enumerate() {
            let distance = signs::distance(signs, wanted);
            let is_near = nearest.len() < most
                || nearest.peek().is_some_and(|(farthest, _)| distance < *farthest);
            if is_near && admits(&self.codes[index]) {
                nearest.push((distance, index));
                if nearest.len() > most {
                    nearest.pop();
                }
            }
        }
        let near = |(distance, index)| Near { distance, code: self.codes[index] };
        nearest.into_iter().map(near).collect()
    }
}

/// Codes that are held in memory.
struct Held {
    row: Row,
    codes: Arc<Codes>,
}

/// The codes of the rows that were searched last.
#[derive(Default)]
pub(super) struct Shelved {
    /// The one that was used last is at the end.
    rows: Mutex<Vec<Held>>,
}

impl Shelved {
    /// The codes of a row; those that were written since, too. `anew`: all are read again,
    /// without what was forgotten.
    pub(super) fn codes(
        &self,
        connection: &Connection,
        row: Row,
        anew: bool,
    ) -> rusqlite::Result<Arc<Codes>> {
        let known = if anew { Arc::default() } else { self.known(row) };
        let mut more = Codes { last: known.last, ..Codes::default() };
        more.read_on(connection, row)?;
        let codes = if more.codes.is_empty() { known } else { joined(&known, more) };
        self.keep(row, &codes);
        Ok(codes)
    }

    fn known(&self, row: Row) -> Arc<Codes> {
        let rows = locked(&self.rows);
        let known = rows.iter().find(|held| held.row == row);
        known.map(|held| Arc::clone(&held.codes)).unwrap_or_default()
    }

    fn keep(&self, row: Row, codes: &Arc<Codes>) {
        let mut rows = locked(&self.rows);
        rows.retain(|held| held.row != row);
        if rows.len() == ROWS {
            rows.remove(0);
        }
        rows.push(Held { row, codes: Arc::clone(codes) });
    }
}

fn joined(known: &Codes, more: Codes) -> Arc<Codes> {
    if known.codes.is_empty() {
        return Arc::new(more);
    }
    let mut codes = known.clone();
    codes.signs.extend(more.signs);
    codes.codes.extend(more.codes);
    codes.last = more.last;
    Arc::new(codes)
}
