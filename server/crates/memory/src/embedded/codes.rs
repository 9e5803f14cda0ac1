//! The signs of vectors, kept in memory: 72 bytes for a passage with 384 numbers.

use std::{
    collections::{BinaryHeap, HashMap},
    sync::{Arc, Mutex},
};

use rusqlite::Connection;

use super::{connections::locked, signs, vectors};
use crate::Kind;

/// How many shelves stay in memory: those of the projects that are open, and the shared one.
const SHELVES: usize = 8;

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

/// The codes of a shelf and model, as far as they were read. Passages that were forgotten since may
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
    fn read_on(&mut self, connection: &Connection, whose: (i64, i64)) -> rusqlite::Result<()> {
        vectors::each_code_after(connection, whose, self.last, |number, code, bytes| {
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

/// The codes of the shelves that were searched last.
#[derive(Default)]
pub(super) struct Shelved {
    /// By shelf and model; each with when it was used last, in searches.
    shelves: Mutex<(u64, HashMap<(i64, i64), (u64, Arc<Codes>)>)>,
}

impl Shelved {
    /// The codes of a shelf and model; those that were written since, too. `anew`: all are read again,
    /// without what was forgotten.
    pub(super) fn codes(
        &self,
        connection: &Connection,
        whose: (i64, i64),
        anew: bool,
    ) -> rusqlite::Result<Arc<Codes>> {
        let known = locked(&self.shelves).1.get(&whose).map(|(_, codes)| Arc::clone(codes));
        let known = known.filter(|_| !anew).unwrap_or_default();
        let mut more = Codes { last: known.last, ..Codes::default() };
        more.read_on(connection, whose)?;
        let codes = if more.codes.is_empty() { known } else { joined(&known, more) };
        self.keep(whose, &codes);
        Ok(codes)
    }

    fn keep(&self, whose: (i64, i64), codes: &Arc<Codes>) {
        let mut kept = locked(&self.shelves);
        kept.0 += 1;
        let now = kept.0;
        kept.1.insert(whose, (now, Arc::clone(codes)));
        if kept.1.len() > SHELVES
            && let Some(oldest) = kept.1.iter().min_by_key(|(_, (used, _))| *used)
        {
            let oldest = *oldest.0;
            kept.1.remove(&oldest);
        }
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
