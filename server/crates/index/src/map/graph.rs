//! Who refers to whom: files by the names that they mention, ranked as pages are by their links.

use std::collections::{BTreeMap, HashMap};

use petgraph::graph::{DiGraph, NodeIndex};

use crate::language::Language;
use crate::state::Row;

/// A name that more files than these define says nothing about which of them is meant.
const COMMON: usize = 12;

/// How much a name counts more that people do not come to think of twice: of some length, with parts.
const SPECIFIC: f64 = 3.0;
const LENGTH: usize = 8;

/// The weight of staying where one is, against that of the references that lead away: about that of one
/// mention. Else all of a file's rank would go where its only mention leads, however little that tells.
const STAYS: f64 = 4.0;

/// What counts least counts so much.
const LEAST: f64 = 0.1;

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
    /// The weight of all that each file refers to, and [`STAYS`].
    sums: Vec<f64>,
}

impl Graph {
    pub(super) fn of(rows: &[Row]) -> Self {
        let links = links(rows);
        let mut sums = vec![STAYS; rows.len()];
        let mut files = DiGraph::with_capacity(rows.len(), links.len());
        for _ in rows {
            files.add_node(());
        }
        for of_one in links.chunk_by(|a, b| a.from == b.from) {
            let mut edges: BTreeMap<usize, f64> = BTreeMap::new();
            for link in of_one {
                sums[link.from] += link.weight;
                *edges.entry(link.to).or_default() += link.weight;
            }
            for (to, weight) in edges {
                files.add_edge(NodeIndex::new(of_one[0].from), NodeIndex::new(to), weight);
            }
        }
        Self { files, links, sums }
    }

    /// How often a reader comes to each file who begins at files by their `shares`, and follows
    /// references with a chance of `follow`, rather than begin anew. The sum is 1.
    pub(super) fn rank(&self, shares: &[f64], follow: f64) -> Vec<f64> {
        let mut ranks = shares.to_vec();
        for _ in 0..ROUNDS {
            let stuck: f64 =
                ranks.iter().zip(&self.sums).map(|(rank, sum)| rank * STAYS / sum).sum();
            let mut next: Vec<f64> =
                shares.iter().map(|share| (1.0 - follow + follow * stuck) * share).collect();
            for edge in self.files.raw_edges() {
                let from = edge.source().index();
                next[edge.target().index()] += follow * ranks[from] * edge.weight / self.sums[from];
            }
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
    let names = names(rows);
    let mut links = Vec::new();
    for (from, row) in rows.iter().enumerate() {
        let Some(family) = row.language.map(family) else { continue };
        for (mention, count) in mentions(&row.mentions) {
            let Some(name) = names.get(&(family, mention)) else { continue };
            // What a file defines itself, it means.
            if name.places.len() > COMMON || name.places.iter().any(|(file, _)| *file == from) {
                continue;
            }
            #[expect(clippy::cast_precision_loss, reason = "no more than COMMON")]
            let share = 1.0 / name.places.len() as f64;
            let weight =
                count.sqrt() * specificity(mention) * rarity(rows.len(), name.mentioned_in) * share;
            links.extend(name.places.iter().map(|&(to, symbol)| {
                let nearness = nearness(&row.path, &rows[to].path);
                Link { from, to, symbol, weight: weight * nearness }
            }));
        }
    }
    links
}

/// What is known of a name.
#[derive(Default)]
struct Name {
    /// The files that define it, and where in them first.
    places: Vec<(usize, usize)>,
    /// How many files mention it.
    mentioned_in: usize,
}

/// All names that some file defines, by the family of its language.
fn names(rows: &[Row]) -> HashMap<(u8, &str), Name> {
    let mut names: HashMap<(u8, &str), Name> = HashMap::new();
    for (file, row) in rows.iter().enumerate() {
        let Some(family) = row.language.map(family) else { continue };
        for (at, symbol) in row.symbols.iter().enumerate() {
            let places = &mut names.entry((family, symbol.name.as_str())).or_default().places;
            if places.last().is_none_or(|(last, _)| *last != file) {
                places.push((file, at));
            }
        }
    }
    for row in rows {
        let Some(family) = row.language.map(family) else { continue };
        for (mention, _) in mentions(&row.mentions) {
            if let Some(name) = names.get_mut(&(family, mention)) {
                name.mentioned_in += 1;
            }
        }
    }
    names
}

/// How much a mention tells of a name that `found` of `all` files mention: what everybody does, as
/// `Option` and `len`, belongs to the language, whoever defines it once more.
#[expect(clippy::cast_precision_loss, reason = "a project has fewer files than 2^52")]
fn rarity(all: usize, found: usize) -> f64 {
    ((all as f64 + 1.0) / (found as f64 + 0.5)).ln().max(LEAST).powi(2)
}

/// How likely one file means what another defines: folders that they share speak for it, and nobody
/// but tests means what tests define.
fn nearness(from: &str, to: &str) -> f64 {
    let folders = |path: &str| path.matches('/').count();
    let shared = from.split('/').zip(to.split('/')).take_while(|(a, b)| a == b).count();
    #[expect(clippy::cast_precision_loss, reason = "paths are short")]
    let near = (1 + shared.min(folders(from))) as f64 / (1 + folders(from)) as f64;
    if is_test(to) && !is_test(from) { near * LEAST } else { near }
}

/// Whether a path names tests, or what they are made of.
fn is_test(path: &str) -> bool {
    path.split(['/', '.', '_', '-']).any(|part| {
        matches!(
            part,
            "test" | "tests" | "spec" | "specs" | "fixtures" | "testdata" | "benches" | "examples"
        )
    })
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
