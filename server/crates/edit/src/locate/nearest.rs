//! The lines to show a model whose SEARCH is not in the file.

use std::collections::HashSet;
use std::ops::Range;

use super::likeness::{Tokens, tokens};

/// Lines shown around a short SEARCH.
const CONTEXT: usize = 2;
/// Lines shown at most.
const MOST: usize = 12;

/// The lines of `file` that have most words in common with `search`; empty where none has.
pub(super) fn nearest(file: &[&str], search: &[&str]) -> Range<usize> {
    let wanted: HashSet<String> = search.iter().flat_map(|line| tokens(line)).collect();
    let scores: Vec<f32> = file
        .iter()
        .map(|line| {
            let line = Tokens::of(line);
            let (mut common, mut all) = (0.0, 0.0_f32);
            for word in line.words() {
                all += 1.0;
                if wanted.contains(word) {
                    common += 1.0;
                }
            }
            if all == 0.0 { 0.0 } else { line.weight() * common / all }
        })
        .collect();
    let size = search.len().clamp(1, MOST).min(file.len());
    if size == 0 {
        return 0..0;
    }
    let sum = |start: usize| scores[start..start + size].iter().sum::<f32>();
    let best = (0..=file.len() - size).max_by(|a, b| sum(*a).total_cmp(&sum(*b)).then(b.cmp(a)));
    match best {
        Some(start) if sum(start) > 0.3 => {
            let context = CONTEXT.min((MOST - size) / 2);
            start.saturating_sub(context)..(start + size + context).min(file.len())
        }
        _ => 0..0,
    }
}
