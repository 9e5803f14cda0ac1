//! Finds the lines a SEARCH/REPLACE block means, and makes the block's *difference* there.

mod difference;
mod elided;
mod fuzzy;
mod indent;
mod inline;
mod keys;
mod likeness;
mod literal;
mod nearest;

use std::ops::Range;

use self::keys::is_blank;
use crate::text::Change;

/// Where one line of SEARCH is in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Spot {
    /// It is this line.
    Line(usize),
    /// It is an elision, and stands for these lines.
    Span(Range<usize>),
    /// It is not there.
    Nowhere,
}

/// Why a block cannot be applied. Line numbers count from 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Miss {
    /// Nothing is close; these lines are nearest.
    NotFound(Range<usize>),
    /// Several places begin at these lines and match equally.
    Ambiguous(Vec<usize>),
    /// The file has these lines between lines that SEARCH shows as neighbours.
    Between(Range<usize>),
    /// REPLACE leaves out text that SEARCH has.
    Elided(String),
}

/// The lines of SEARCH found in the file.
pub(crate) struct Found {
    /// A place for each line of SEARCH.
    spots: Vec<Spot>,
    /// Whether every line is the same to the last character.
    exact: bool,
    /// The lines of SEARCH, not blank, that are not in the file or only resemble a line there.
    doubtful: Vec<usize>,
}

impl Found {
    fn literally(spots: Vec<Spot>, exact: bool) -> Self {
        Self { spots, exact, doubtful: Vec::new() }
    }
}

/// The changes that a block with `search` and `replace` means in `file`.
pub(crate) fn locate(file: &[&str], search: &str, replace: &str) -> Result<Vec<Change>, Miss> {
    let search: Vec<&str> = search.lines().collect();
    let replace: Vec<&str> = replace.lines().collect();
    match find(file, &search, &replace) {
        Ok(found) => difference::changes(file, &search, &replace, &found),
        Err(Miss::NotFound(nearest)) => {
            inline::part_of_a_line(file, &search, &replace)?.ok_or(Miss::NotFound(nearest))
        }
        Err(miss) => Err(miss),
    }
}

fn find(file: &[&str], search: &[&str], replace: &[&str]) -> Result<Found, Miss> {
    if let Some(found) = literal::find(file, search)? {
        return Ok(found);
    }
    if search.iter().any(|line| crate::elision::is_elision(line))
        && let Some(found) = elided::find(file, search, &difference::touched(search, replace))?
    {
        return Ok(found);
    }
    if let Some(found) = fuzzy::find(file, search, difference::must_match(search))? {
        return Ok(found);
    }
    Err(Miss::NotFound(nearest::nearest(file, search)))
}

/// `lines` without blank ones at both ends, as a range of indices.
fn core_of(lines: &[&str]) -> Range<usize> {
    let first = lines.iter().position(|line| !is_blank(line)).unwrap_or(lines.len());
    let last = lines.iter().rposition(|line| !is_blank(line)).map_or(first, |last| last + 1);
    first..last
}
