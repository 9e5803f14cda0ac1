//! SEARCH with small slips: a letter wrong, a line of context left out or added.

use std::collections::{HashMap, HashSet};

use super::keys::is_blank;
use super::likeness::{Like, Tokens, likeness};
use super::literal::place_blanks;
use super::{Found, Miss, Spot};

/// The most pairs of lines compared, so that a large file with a large SEARCH takes a bounded time.
const MAX_PAIRS: usize = 8_000_000;

/// How much of SEARCH, by weight, must be in the file.
const ENOUGH: f32 = 0.7;

/// How much better, by weight, the best place must be than any other.
const MARGIN: f32 = 0.25;

/// What a line of the file costs that SEARCH leaves out.
const SKIP_COST: f32 = 0.15;

/// Where `search` is in `file` but for slips; `must` tells which of its lines count.
///
/// # Errors
/// [`Miss::Ambiguous`] where two places are about as like.
pub(super) fn find(file: &[&str], search: &[&str], must: Vec<bool>) -> Result<Option<Found>, Miss> {
    let solid: Vec<usize> = (0..file.len()).filter(|line| !is_blank(file[*line])).collect();
    let wanted: Vec<usize> = (0..search.len()).filter(|line| must[*line]).collect();
    if wanted.is_empty() || solid.is_empty() || solid.len() * wanted.len() > MAX_PAIRS {
        return Ok(None);
    }
    let grid = Grid::new(file, &solid, search, &wanted);
    let Some(best) = grid.best(&HashSet::new()) else { return Ok(None) };
    if !grid.is_good(&best) {
        return Ok(None);
    }
    let taken: HashSet<usize> = best.places.iter().flatten().copied().collect();
    let rival = grid.best(&taken).filter(|rival| rival.score > best.score - MARGIN);
    if let Some(rival) = rival {
        let starts = [&best, &rival].map(|found| solid[found.first()]);
        return Err(Miss::Ambiguous(starts.to_vec()));
    }
    let mut spots = vec![Spot::Nowhere; search.len()];
    for (index, place) in wanted.iter().zip(&best.places) {
        if let Some(place) = place {
            spots[*index] = Spot::Line(solid[*place]);
        }
    }
    place_blanks(file, search, &mut spots);
    let doubtful = (0..wanted.len()).filter(|row| grid.like(&best, *row) < Some(Like::Slip));
    let doubtful = doubtful.map(|row| wanted[row]).collect();
    Ok(Some(Found { spots, exact: false, doubtful }))
}

/// How like each line of SEARCH is to each of the file.
struct Grid {
    likes: Vec<Vec<Like>>,
    weights: Vec<f32>,
    columns: usize,
}

/// One way to lay SEARCH over the file.
struct Layout {
    score: f32,
    /// For each line of SEARCH its line in the file.
    places: Vec<Option<usize>>,
}

impl Layout {
    fn first(&self) -> usize {
        self.places.iter().flatten().next().copied().unwrap_or_default()
    }
}

impl Grid {
    fn new(file: &[&str], solid: &[usize], search: &[&str], wanted: &[usize]) -> Self {
        let real: Vec<Tokens> = solid.iter().map(|line| Tokens::of(file[*line])).collect();
        let vocabulary: HashSet<&str> = real.iter().flat_map(Tokens::words).collect();
        let mut distinct: HashMap<&str, usize> = HashMap::new();
        let kinds: Vec<usize> = solid
            .iter()
            .map(|line| {
                let next = distinct.len();
                *distinct.entry(file[*line].trim()).or_insert(next)
            })
            .collect();
        let mut likes = Vec::with_capacity(wanted.len());
        let mut weights = Vec::with_capacity(wanted.len());
        for line in wanted {
            let tokens = Tokens::of(search[*line]);
            weights.push(tokens.weight());
            let mut known: Vec<Option<Like>> = vec![None; distinct.len()];
            let row = kinds.iter().zip(&real).map(|(kind, real)| {
                *known[*kind].get_or_insert_with(|| likeness(&tokens, real, &vocabulary))
            });
            likes.push(row.collect());
        }
        Self { likes, weights, columns: solid.len() }
    }

    fn gain(&self, row: usize, column: usize) -> f32 {
        let share = match self.likes[row][column] {
            Like::Same => 1.0,
            Like::Slip => 0.9,
            Like::Weak => 0.35,
            Like::Different => return 0.0,
        };
        share * self.weights[row]
    }

    fn like(&self, layout: &Layout, row: usize) -> Option<Like> {
        layout.places[row].map(|place| self.likes[row][place])
    }

    /// The layout with the highest score that uses no line in `barred`.
    fn best(&self, barred: &HashSet<usize>) -> Option<Layout> {
        let rows = self.likes.len();
        let width = self.columns + 1;
        // `score[i][j]`: the best of the first `i` lines of SEARCH that ends with column `j - 1`
        // or skips it; 0 in row 0, for a layout may begin anywhere.
        let mut score = vec![vec![0.0_f32; width]; rows + 1];
        let mut step = vec![vec![Step::Start; width]; rows + 1];
        for i in 1..=rows {
            for j in 0..width {
                let mut best = (score[i - 1][j], Step::LeaveOut);
                if j > 0 {
                    let gain = self.gain(i - 1, j - 1);
                    if gain > 0.0 && !barred.contains(&(j - 1)) {
                        let with = score[i - 1][j - 1] + gain;
                        if with > best.0 {
                            best = (with, Step::Take);
                        }
                    }
                    let skip = score[i][j - 1] - SKIP_COST;
                    if skip > best.0 {
                        best = (skip, Step::Skip);
                    }
                }
                (score[i][j], step[i][j]) = best;
            }
        }
        let end =
            (0..width).max_by(|a, b| score[rows][*a].total_cmp(&score[rows][*b]).then(b.cmp(a)))?;
        let mut places = vec![None; rows];
        let (mut i, mut j) = (rows, end);
        while i > 0 {
            match step[i][j] {
                Step::Take => {
                    (i, j) = (i - 1, j - 1);
                    places[i] = Some(j);
                }
                Step::Skip => j -= 1,
                Step::LeaveOut | Step::Start => i -= 1,
            }
        }
        (score[rows][end] > 0.0).then_some(Layout { score: score[rows][end], places })
    }

    /// Whether `layout` is good enough to change the file there.
    fn is_good(&self, layout: &Layout) -> bool {
        let like = |row: usize| self.like(layout, row);
        let rows = layout.places.len();
        let sure: f32 = (0..rows)
            .filter(|row| like(*row) >= Some(Like::Slip))
            .map(|row| self.weights[row])
            .sum();
        let same = (0..rows).filter(|row| like(*row) == Some(Like::Same)).count();
        let doubtful = (0..rows).filter(|row| like(*row) < Some(Like::Slip)).count();
        let total: f32 = self.weights.iter().sum();
        let columns: Vec<usize> = layout.places.iter().flatten().copied().collect();
        let span = columns.last().zip(columns.first()).map_or(0, |(last, first)| last - first + 1);
        let hidden = span - columns.len();
        let alone = rows == 1 && total >= 1.0 && doubtful == 0;
        sure >= ENOUGH * total
            && (alone || 2 * same + 1 >= rows)
            && (alone || sure >= 1.0)
            && doubtful <= if rows < 3 { 0 } else { 1.max(rows / 5) }
            && hidden <= 2.max(rows / 3)
    }
}

/// How a layout goes on.
#[derive(Debug, Clone, Copy)]
enum Step {
    Start,
    Take,
    Skip,
    LeaveOut,
}
