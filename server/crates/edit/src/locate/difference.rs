//! Makes the difference between SEARCH and REPLACE at the lines that were found.

use std::ops::Range;

use similar::{Algorithm, DiffOp, capture_diff_slices};

use super::indent::Indentation;
use super::inline::merge_line;
use super::keys::{indent, is_blank, plain};
use super::likeness::{resemblance, tokens};
use super::{Found, Miss, Spot};
use crate::elision::{is_dots, is_elision, is_remark};
use crate::text::Change;

/// For each line of SEARCH, whether it may not be missing in the file: elisions and blank lines may.
pub(super) fn must_match(search: &[&str]) -> Vec<bool> {
    search.iter().map(|line| !is_blank(line) && !is_elision(line)).collect()
}

/// For each line of SEARCH, whether REPLACE changes it or adds lines beside it.
pub(super) fn touched(search: &[&str], replace: &[&str]) -> Vec<bool> {
    let mut touched = vec![false; search.len()];
    for op in ops(search, replace, false) {
        let old = op.old_range();
        if !matches!(op, DiffOp::Equal { .. }) {
            let beside = if old.is_empty() { 1 } else { 0 };
            let near = old.start.saturating_sub(beside)..(old.end + beside).min(search.len());
            touched[near].fill(true);
        }
    }
    touched
}

/// The difference between SEARCH and REPLACE: `exact`, or but for white space at line ends and the
/// wording of elisions.
fn ops(search: &[&str], replace: &[&str], exact: bool) -> Vec<DiffOp> {
    let keys = |lines: &[&str]| -> Vec<String> {
        let key = |line: &&str| match () {
            () if exact => (*line).to_owned(),
            () if is_elision(line) => "...".to_owned(),
            () => line.trim_end().to_owned(),
        };
        lines.iter().map(key).collect()
    };
    capture_diff_slices(Algorithm::Myers, &keys(search), &keys(replace))
}

/// The changes of `file` that turn `search`, as found, into `replace`.
pub(super) fn changes(
    file: &[&str],
    search: &[&str],
    replace: &[&str],
    found: &Found,
) -> Result<Vec<Change>, Miss> {
    let place = Place::new(file, search, replace, found);
    let mut changes = Vec::new();
    for op in ops(search, replace, found.exact) {
        let (old, new) = (op.old_range(), op.new_range());
        if matches!(op, DiffOp::Equal { .. }) {
            continue;
        }
        place.refuse_doubt(&old)?;
        place.refuse_elision(&old, &new)?;
        changes.extend(place.change(old, new)?);
    }
    changes.sort_by_key(|change: &Change| (change.start, change.end));
    Ok(changes)
}

struct Place<'a> {
    file: &'a [&'a str],
    search: &'a [&'a str],
    replace: &'a [&'a str],
    found: &'a Found,
    indentation: Indentation,
    /// Whether the model writes typographic quotes where the file has plain ones.
    plain_typography: bool,
}

impl<'a> Place<'a> {
    fn new(
        file: &'a [&'a str],
        search: &'a [&'a str],
        replace: &'a [&'a str],
        found: &'a Found,
    ) -> Self {
        let pairs: Vec<(usize, &str, &str)> = (found.spots.iter().enumerate())
            .filter_map(|(index, spot)| match spot {
                Spot::Line(line) => Some((index, search[index], file[*line])),
                _ => None,
            })
            .collect();
        let typographic = |text: &str| plain(text) != text;
        let plain_typography =
            pairs.iter().any(|(_, model, real)| typographic(model) && !typographic(real));
        let model: Vec<&str> = search.iter().chain(replace).copied().collect();
        let indentation = Indentation::learn(&pairs, &model, file);
        Self { file, search, replace, found, indentation, plain_typography }
    }

    /// An elision that REPLACE alone has is never taken for the deletion of what it stands for.
    fn refuse_elision(&self, old: &Range<usize>, new: &Range<usize>) -> Result<(), Miss> {
        let removes_code = self.search[old.clone()].iter().any(|line| !is_blank(line));
        // Where the file itself has such lines, dots are code.
        let dots_are_code = || self.file.iter().any(|line| is_dots(line));
        let elides = |line: &&&str| {
            (is_remark(line) && !is_dots(line))
                || (is_dots(line) && removes_code && !dots_are_code())
        };
        let already = |line: &&&str| self.search[old.clone()].contains(*line);
        match self.replace[new.clone()].iter().filter(|line| !already(line)).find(elides) {
            Some(line) => Err(Miss::Elided((*line).trim().to_owned())),
            None => Ok(()),
        }
    }

    /// Lines that are to change must be in the file, and the place of new lines be sure.
    fn refuse_doubt(&self, old: &Range<usize>) -> Result<(), Miss> {
        let is_doubtful = |index: usize| self.found.doubtful.contains(&index);
        let unsure = || Miss::NotFound(self.around(old));
        if let Some(left) = old.clone().find(|index| {
            is_elision(self.search[*index]) && self.found.spots[*index] == Spot::Nowhere
        }) {
            return Err(Miss::Elided(self.search[left].trim().to_owned()));
        }
        if old.clone().any(is_doubtful) {
            return Err(unsure());
        }
        let solid = |index: &usize| !is_blank(self.search[*index]);
        let before = (0..old.start).rev().find(solid);
        let after = (old.end..self.search.len()).find(solid);
        let mut neighbours = before.into_iter().chain(after);
        if old.is_empty() && neighbours.any(is_doubtful) {
            return Err(unsure());
        }
        Ok(())
    }

    /// The lines of the file from the one found before `old` to the one found after.
    fn around(&self, old: &Range<usize>) -> Range<usize> {
        let before = (0..old.start).rev().find_map(|index| self.real(index).map(|r| r.start));
        let after = (old.end..self.search.len()).find_map(|index| self.real(index).map(|r| r.end));
        let start = before.or(after.map(|end| end.saturating_sub(4))).unwrap_or(0);
        start..after.unwrap_or(start + 4).clamp(start, self.file.len())
    }

    fn change(&self, old: Range<usize>, new: Range<usize>) -> Result<Vec<Change>, Miss> {
        let real: Vec<Range<usize>> = old.clone().filter_map(|index| self.real(index)).collect();
        let Some((first, last)) = real.first().zip(real.last()) else {
            return match self.replace[new.clone()] {
                [] => Ok(Vec::new()),
                _ => self.insertion(old, new).map(|change| vec![change]),
            };
        };
        let whole = first.start..last.end;
        let hidden = real.windows(2).map(|pair| pair[0].end..pair[1].start);
        match hidden.clone().find(|gap| !self.all_blank(gap)) {
            None => {
                let lines = self.lines(&old, new);
                Ok(vec![Change { start: whole.start, end: whole.end, lines }])
            }
            Some(gap) => self.one_by_one(old, new).ok_or(Miss::Between(gap)),
        }
    }

    /// Each line changed by itself, where SEARCH and REPLACE have as many, like each other in turn.
    fn one_by_one(&self, old: Range<usize>, new: Range<usize>) -> Option<Vec<Change>> {
        if old.len() != new.len() {
            return None;
        }
        let line = |(index, by): (usize, usize)| {
            let Spot::Line(line) = self.found.spots[index] else { return None };
            let alike = resemblance(&tokens(self.search[index]), &tokens(self.replace[by])) >= 0.5;
            let lines = vec![self.line(Some(index), index, by)];
            alike.then_some(Change { start: line, end: line + 1, lines })
        };
        old.zip(new).map(line).collect()
    }

    fn real(&self, index: usize) -> Option<Range<usize>> {
        match &self.found.spots[index] {
            Spot::Line(line) => Some(*line..*line + 1),
            Spot::Span(range) => Some(range.clone()),
            Spot::Nowhere => None,
        }
    }

    fn all_blank(&self, range: &Range<usize>) -> bool {
        self.file[range.clone()].iter().all(|line| is_blank(line))
    }

    fn insertion(&self, old: Range<usize>, new: Range<usize>) -> Result<Change, Miss> {
        let before = (0..old.start).rev().find_map(|index| self.real(index).map(|r| r.end));
        let after =
            (old.end..self.search.len()).find_map(|index| self.real(index).map(|r| r.start));
        let at = match (before, after) {
            (Some(before), Some(after)) if before < after => {
                self.in_gap(before..after, &new).ok_or(Miss::Between(before..after))?
            }
            (Some(before), _) => before,
            (None, Some(after)) => after,
            (None, None) => return Err(Miss::NotFound(0..0)),
        };
        Ok(Change { start: at, end: at, lines: self.lines(&old, new) })
    }

    /// Where to insert when the file has lines that SEARCH does not show at the place: beside the
    /// neighbour that the new lines belong to. Only blank lines may be there.
    fn in_gap(&self, gap: Range<usize>, new: &Range<usize>) -> Option<usize> {
        if !self.all_blank(&gap) {
            return None;
        }
        let added = &self.replace[new.clone()];
        let (first, last) = added.first().zip(added.last())?;
        match (is_blank(first), is_blank(last)) {
            (true, false) => return Some(gap.start),
            (false, true) => return Some(gap.end),
            _ => {}
        }
        let depth = |line: &str| indent(line).len();
        let above = gap.start.checked_sub(1).map(|line| depth(self.file[line]))?;
        let below = self.file.get(gap.end).map(|line| depth(line))?;
        let lines = self.lines(&(0..0), new.clone());
        let own = lines.iter().find(|line| !is_blank(line)).map(|line| depth(line))?;
        match (own == above, own == below) {
            (true, false) => Some(gap.start),
            (false, true) => Some(gap.end),
            _ => None,
        }
    }

    fn lines(&self, old: &Range<usize>, new: Range<usize>) -> Vec<String> {
        let mut next = old.start;
        new.map(|by| {
            let twin = self.twin(next..old.end, by);
            next = twin.map_or(next, |index| index + 1);
            self.line(twin, next.min(self.search.len().saturating_sub(1)), by)
        })
        .collect()
    }

    /// The line of SEARCH that line `by` of REPLACE is another version of.
    fn twin(&self, old: Range<usize>, by: usize) -> Option<usize> {
        if self.found.exact {
            return None;
        }
        let words = tokens(self.replace[by]);
        let like = |index: &usize| resemblance(&tokens(self.search[*index]), &words);
        let best = old.max_by(|a, b| like(a).total_cmp(&like(b)).then(b.cmp(a)))?;
        (like(&best) >= 0.5).then_some(best)
    }

    /// Line `by` of REPLACE in the file's manner; `twin` is the line of SEARCH that it changes.
    fn line(&self, twin: Option<usize>, near: usize, by: usize) -> String {
        let new = self.replace[by];
        if self.found.exact {
            return new.to_owned();
        }
        if is_blank(new) {
            return String::new();
        }
        let real = twin.and_then(|index| match self.found.spots[index] {
            Spot::Line(line) => Some((self.search[index], self.file[line])),
            _ => None,
        });
        let content = match real {
            Some((old, real)) => merge_line(old.trim(), real.trim(), new.trim()),
            None => new.trim().to_owned(),
        };
        let content = if self.plain_typography { plain(&content).into_owned() } else { content };
        let indent = match real {
            Some((old, real)) if indent(old) == indent(new) => indent(real).to_owned(),
            _ => self.indentation.of(indent(new), near),
        };
        format!("{indent}{content}")
    }
}
