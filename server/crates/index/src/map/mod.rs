//! A map of the repository for a reader with little room: what matters most, seen from what is in
//! focus.

mod focus;
mod graph;

use std::collections::{BTreeMap, HashMap, HashSet};

use devika_memory::tokens::each_term;

pub use focus::Focus;

use self::graph::Graph;
use crate::outline::SymbolKind;
use crate::state::Row;

/// Characters of a token, about: as all estimates of prompts do.
const CHARACTERS: usize = 4;

/// How much of its file's rank a definition has whose name is in focus, and what all others share.
const IN_FOCUS: f64 = 1.0;
const UNMENTIONED: f64 = 0.1;

/// A file and how much it matters.
#[derive(Debug, Clone, PartialEq)]
pub struct Ranked {
    /// The file, below the root.
    pub path: String,
    /// How often a reader comes to it who begins at what is in focus: comparable within one answer
    /// alone.
    pub rank: f64,
}

/// The files that matter most, best first.
pub(crate) fn rank(rows: &[Row], focus: &Focus, limit: usize) -> Vec<Ranked> {
    let shares = focus::shares(rows, focus);
    let ranks = Graph::of(rows).rank(&shares, focus.follow());
    let mut ranked: Vec<Ranked> =
        rows.iter().zip(ranks).map(|(row, rank)| Ranked { path: row.path.clone(), rank }).collect();
    // The order of the paths stays where two matter alike.
    ranked.sort_by(|a, b| b.rank.total_cmp(&a.rank));
    ranked.truncate(limit);
    ranked
}

/// Paths with the signatures that matter most, in at most `tokens` tokens.
pub(crate) fn map(rows: &[Row], focus: &Focus, tokens: usize) -> String {
    let shares = focus::shares(rows, focus);
    let graph = Graph::of(rows);
    let ranks = graph.rank(&shares, focus.follow());
    let order = order(rows, focus, &ranks, &graph.definitions(&ranks));
    render(rows, &order, tokens.saturating_mul(CHARACTERS))
}

/// All definitions that a map may show, best first, by file and place in it.
fn order(
    rows: &[Row],
    focus: &Focus,
    ranks: &[f64],
    scores: &HashMap<(usize, usize), f64>,
) -> Vec<(usize, usize)> {
    let wanted = focus.terms();
    let mut order = Vec::new();
    for (file, row) in rows.iter().enumerate() {
        #[expect(clippy::cast_precision_loss, reason = "a file has fewer definitions than 2^52")]
        let least = UNMENTIONED / row.symbols.len().max(1) as f64;
        let mut said = HashSet::new();
        for (at, symbol) in row.symbols.iter().enumerate() {
            // A module says no more than the path does, and a line says nothing the second time.
            let is_module = symbol.kind == SymbolKind::Module;
            if is_module || !said.insert((&symbol.container, &symbol.signature)) {
                continue;
            }
            let own = ranks[file] * if speaks_of(&symbol.name, &wanted) { IN_FOCUS } else { least };
            let mentioned = scores.get(&(file, at)).copied().unwrap_or(0.0);
            order.push((mentioned + own, file, at));
        }
    }
    order.sort_by(|a, b| b.0.total_cmp(&a.0).then((a.1, a.2).cmp(&(b.1, b.2))));
    order.into_iter().map(|(_, file, at)| (file, at)).collect()
}

fn speaks_of(name: &str, wanted: &[String]) -> bool {
    let mut speaks = false;
    each_term(name, &mut |term| speaks |= wanted.iter().any(|word| word == term));
    speaks
}

/// The best definitions that there is room for, file by file: first the file of the best one.
fn render(rows: &[Row], order: &[(usize, usize)], room: usize) -> String {
    let mut shown: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    let (mut files, mut left) = (Vec::new(), room);
    for &(file, at) in order {
        let head = if shown.contains_key(&file) { 0 } else { width(&head(&rows[file])) };
        let needs = head + width(&line(&rows[file], at));
        if needs > left {
            break;
        }
        left -= needs;
        if head > 0 {
            files.push(file);
        }
        shown.entry(file).or_default().push(at);
    }
    let mut map = String::new();
    for file in files {
        map.push_str(&head(&rows[file]));
        let mut places = shown.remove(&file).unwrap_or_default();
        places.sort_unstable();
        places.into_iter().for_each(|at| map.push_str(&line(&rows[file], at)));
    }
    map
}

fn head(row: &Row) -> String {
    format!("{}\n", row.path)
}

fn line(row: &Row, at: usize) -> String {
    let symbol = &row.symbols[at];
    let container =
        if symbol.container.is_empty() { String::new() } else { format!("{}: ", symbol.container) };
    format!("  {}: {container}{}\n", symbol.line, symbol.signature)
}

fn width(text: &str) -> usize {
    text.chars().count()
}

#[cfg(test)]
mod tests;
