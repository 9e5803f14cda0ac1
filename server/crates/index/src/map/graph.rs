//! Who refers to whom: files by the names that they mention, ranked as pages are by their links.

use std::collections::{BTreeMap, HashMap};

use petgraph::Direction;
use petgraph::graph::{DiGraph, NodeIndex};
use petgraph::visit::EdgeRef as _;

use crate::language::Language;
use crate::state::Row;

/// A name that more files than these define says nothing about which of them is meant.
const COMMON: usize = 12;

/// How much a name counts more that people do not come to think of twice: of some length, with parts.
const SPECIFIC: f64 = 3.0;
const LENGTH: usize = 8;

/// The chance that a reader follows a reference, rather than begin anew; as in the first page rank.
const DAMPING: f64 = 0.85;

/// Rounds at most, and the change that is too small for another one.
const ROUNDS: usize = 60;
const SMALL: f64 = 1e-7;

/// A mention of a definition in another file.
#[derive(Debug, Clone, Copy)]
struct Link {
    from: usize,
    to: usize,
    /// The definition, by its place in its file.
    symbol: usize,
    weight: f64,
}

/// The files of a project and who refers to whom.
pub(super) struct Graph {
    files: DiGraph<(), f64>,
    links: Vec<Link>,
    /// The weight of all that each file refers to.
    sums: Vec<f64>,
}

impl Graph {
    pub(super) fn of(rows: &[Row]) -> Self {
        let links = links(rows);
        let mut sums = vec![0.0; rows.len()];
        let mut edges: BTreeMap<(usize, usize), f64> = BTreeMap::new();
        for link in &links {
            sums[link.from] += link.weight;
            *edges.entry((link.from, link.to)).or_default() += link.weight;
        }
        let mut files = DiGraph::with_capacity(rows.len(), edges.len());
        for _ in rows {
            files.add_node(());
        }
        for ((from, to), weight) in edges {
            files.add_edge(NodeIndex::new(from), NodeIndex::new(to), weight);
        }
        Self { files, links, sums }
    }

    /// How often a reader comes to each file who begins at files by their `shares`, and follows
    /// references. The sum is 1.
    pub(super) fn rank(&self, shares: &[f64]) -> Vec<f64> {
        let mut ranks = shares.to_vec();
        for _ in 0..ROUNDS {
            let stuck: f64 = self
                .sums
                .iter()
                .zip(&ranks)
                .filter(|(sum, _)| **sum == 0.0)
                .map(|(_, rank)| rank)
                .sum();
            let next: Vec<f64> = self
                .files
                .node_indices()
                .map(|file| {
                    let share = shares[file.index()];
                    let came: f64 = self
                        .files
                        .edges_directed(file, Direction::Incoming)
                        .map(|edge| {
                            let from = edge.source().index();
                            ranks[from] * edge.weight() / self.sums[from]
                        })
                        .sum();
                    (1.0 - DAMPING) * share + DAMPING * (came + stuck * share)
                })
                .collect();
            let change: f64 = next.iter().zip(&ranks).map(|(new, old)| (new - old).abs()).sum();
            ranks = next;
            if change < SMALL {
                break;
            }
        }
        ranks
    }

    /// How much of the files' ranks each definition has, by file and place in it.
    pub(super) fn definitions(&self, ranks: &[f64]) -> HashMap<(usize, usize), f64> {
        let mut scores = HashMap::new();
        for link in &self.links {
            let came = ranks[link.from] * link.weight / self.sums[link.from];
            *scores.entry((link.to, link.symbol)).or_default() += came;
        }
        scores
    }
}

/// All mentions that lead to another file of the same language, in the order of the files.
fn links(rows: &[Row]) -> Vec<Link> {
    let definitions = definitions(rows);
    let mut links = Vec::new();
    for (from, row) in rows.iter().enumerate() {
        let Some(family) = row.language.map(family) else { continue };
        for (name, count) in mentions(&row.mentions) {
            let Some(places) = definitions.get(&(family, name)) else { continue };
            // What a file defines itself, it means.
            if places.len() > COMMON || places.iter().any(|(file, _)| *file == from) {
                continue;
            }
            #[expect(clippy::cast_precision_loss, reason = "no more than COMMON")]
            let weight = count.sqrt() * specificity(name) / places.len() as f64;
            links.extend(places.iter().map(|&(to, symbol)| Link { from, to, symbol, weight }));
        }
    }
    links
}

/// The files that define each name, and where in them first.
fn definitions(rows: &[Row]) -> HashMap<(u8, &str), Vec<(usize, usize)>> {
    let mut definitions: HashMap<(u8, &str), Vec<(usize, usize)>> = HashMap::new();
    for (file, row) in rows.iter().enumerate() {
        let Some(family) = row.language.map(family) else { continue };
        for (at, symbol) in row.symbols.iter().enumerate() {
            let places = definitions.entry((family, symbol.name.as_str())).or_default();
            if places.last().is_none_or(|(last, _)| *last != file) {
                places.push((file, at));
            }
        }
    }
    definitions
}

/// The names of a row with how often they are mentioned.
fn mentions(lines: &str) -> impl Iterator<Item = (&str, f64)> {
    lines.lines().filter_map(|line| {
        let (name, count) = line.split_once('\t')?;
        Some((name, count.parse().ok()?))
    })
}

/// Languages whose files refer to each other.
fn family(language: Language) -> u8 {
    match language {
        Language::JavaScript | Language::TypeScript | Language::Tsx => Language::JavaScript as u8,
        Language::C | Language::Cpp => Language::C as u8,
        other => other as u8,
    }
}

fn specificity(name: &str) -> f64 {
    let has_parts = name.contains('_') || name.chars().skip(1).any(char::is_uppercase);
    if name.len() < 3 {
        0.1
    } else if has_parts && name.len() >= LENGTH {
        SPECIFIC
    } else {
        1.0
    }
}
