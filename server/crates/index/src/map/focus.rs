//! What a task is about, and how much each file has to do with it.

use std::collections::{HashMap, HashSet};

use super::words::words;
use crate::state::Row;

/// What a task is about.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Focus {
    /// What was asked for, in any words.
    pub text: String,
    /// Files that matter, below the root: those that are open, or were named.
    pub files: Vec<String>,
}

impl Focus {
    /// The focus of a request.
    #[must_use]
    pub fn of(text: &str) -> Self {
        Self { text: text.to_owned(), files: Vec::new() }
    }
}

/// How much a word counts that stands in the name of a file, its folders, and its definitions.
const IN_NAME: f64 = 2.0;
const IN_FOLDERS: f64 = 0.7;
const IN_DEFINITIONS: f64 = 1.0;

/// How much a file counts that is named, against the best of those that are not.
const NAMED: f64 = 2.0;

/// The words of a file, each with how much it counts in it.
fn weigh(row: &Row) -> HashMap<String, f64> {
    let mut weights = HashMap::new();
    let mut add = |text: &str, weight: f64| {
        for word in words(text) {
            let most = weights.entry(word).or_insert(weight);
            *most = f64::max(*most, weight);
        }
    };
    let (folders, name) = row.path.rsplit_once('/').unwrap_or(("", &row.path));
    add(name, IN_NAME);
    add(folders, IN_FOLDERS);
    for symbol in &row.symbols {
        add(&symbol.name, IN_DEFINITIONS);
    }
    weights
}

/// How much each file has to do with the focus; the sum is 1. All alike where nothing has.
pub(super) fn shares(rows: &[Row], focus: &Focus) -> Vec<f64> {
    let wanted: HashSet<String> = words(&focus.text).into_iter().collect();
    let mut wanted: Vec<String> = wanted.into_iter().collect();
    wanted.sort_unstable();
    let mut scores = vec![0.0; rows.len()];
    if !wanted.is_empty() {
        let weights: Vec<HashMap<String, f64>> = rows.iter().map(weigh).collect();
        for word in &wanted {
            let found: Vec<Option<f64>> =
                weights.iter().map(|file| file.get(word).copied()).collect();
            let rarity = rarity(rows.len(), found.iter().flatten().count());
            for (score, weight) in scores.iter_mut().zip(found) {
                *score += rarity * weight.unwrap_or(0.0);
            }
        }
        // A file that has two of the words has more to do with it than two files that have one each.
        scores.iter_mut().for_each(|score| *score *= *score);
    }
    let best = scores.iter().copied().fold(0.0, f64::max).max(1.0);
    for (score, row) in scores.iter_mut().zip(rows) {
        if focus.files.contains(&row.path) {
            *score += NAMED * best;
        }
    }
    let sum: f64 = scores.iter().sum();
    #[expect(clippy::cast_precision_loss, reason = "a project has fewer files than 2^52")]
    let even = 1.0 / rows.len().max(1) as f64;
    scores.iter().map(|score| if sum > 0.0 { score / sum } else { even }).collect()
}

/// How much a word tells that `found` of `all` files have.
#[expect(clippy::cast_precision_loss, reason = "a project has fewer files than 2^52")]
fn rarity(all: usize, found: usize) -> f64 {
    (1.0 + (all as f64 + 0.5) / (found as f64 + 0.5)).ln()
}
