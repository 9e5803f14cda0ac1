//! What a passage is worth to a query, over all shelves that are searched.

use std::collections::HashMap;

use rusqlite::Connection;

use super::{
    rows::{PASSAGE, passage_of},
    shelves::Shelf,
};
use crate::tokens;

/// BM25's usual parameters.
const K1: f32 = 1.2;
const B: f32 = 0.75;

/// What the terms of a query weigh over all shelves that are searched.
pub(super) struct Weights<'t> {
    of: HashMap<&'t str, f32>,
    average: f32,
}

impl<'t> Weights<'t> {
    pub(super) fn new(terms: &'t [String], totals: &[u64], shelves: &[Shelf]) -> Self {
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
    pub(super) fn of(&self, connection: &Connection, place: i64) -> rusqlite::Result<f32> {
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
