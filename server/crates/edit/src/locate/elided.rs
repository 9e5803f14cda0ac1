//! SEARCH with elisions: parts that are shown, and `...` for what is between them.

use std::ops::Range;

use super::keys::{free, indent, is_blank};
use super::literal::windows;
use super::{Found, Miss, Spot};
use crate::elision::is_elision;

/// Where the parts of `search` are in `file`, in order. Each part must be in one place only, or in
/// one place only of the block of code that the first part begins.
///
/// # Errors
/// [`Miss::Ambiguous`] where a part may be in several places.
pub(super) fn find(
    file: &[&str],
    search: &[&str],
    touched: &[bool],
) -> Result<Option<Found>, Miss> {
    let parts = parts(search);
    match place(file, search, &parts) {
        Err(miss) => {
            // Parts at the ends that nothing happens to need not be found to know the place.
            let needed = needed(&parts, touched);
            let fewer = needed != (0..parts.len()) && !needed.is_empty();
            if fewer { place(file, search, &parts[needed]).map_err(|_| miss) } else { Err(miss) }
        }
        found => found,
    }
}

/// The parts from the first to the last that the change touches.
fn needed(parts: &[Range<usize>], touched: &[bool]) -> Range<usize> {
    let after = |index: usize| parts.get(index + 1).map_or(touched.len(), |next| next.start);
    let before = |index: usize| index.checked_sub(1).map_or(0, |index| parts[index].end);
    let counts = |index: &usize| touched[before(*index)..after(*index)].contains(&true);
    let first = (0..parts.len()).find(counts).unwrap_or(0);
    let last = (0..parts.len()).rfind(counts).map_or(0, |last| last + 1);
    first..last.max(first)
}

fn place(file: &[&str], search: &[&str], parts: &[Range<usize>]) -> Result<Option<Found>, Miss> {
    let Some(first) = parts.first() else { return Ok(None) };
    let keys: Vec<String> = file.iter().map(|line| free(line)).collect();
    let find_part = |part: &Range<usize>| {
        let part: Vec<String> = search[part.clone()].iter().map(|line| free(line)).collect();
        windows(&keys, &part)
    };
    let starts = find_part(first);
    let complete: Vec<Vec<usize>> = starts
        .iter()
        .filter_map(|start| follow(file, search, parts, *start, &find_part).transpose())
        .collect::<Result<_, _>>()?;
    match &complete[..] {
        [] => Ok(None),
        [one] => Ok(Some(Found::literally(spots(file, search, parts, one), false))),
        _ => Err(Miss::Ambiguous(complete.iter().map(|places| places[0]).collect())),
    }
}

/// The ranges of `search` between elisions, without blank lines at their ends.
fn parts(search: &[&str]) -> Vec<Range<usize>> {
    let mut parts = Vec::new();
    let mut start = 0;
    for end in 0..=search.len() {
        if end == search.len() || is_elision(search[end]) {
            let core = super::core_of(&search[start..end]);
            if !core.is_empty() {
                parts.push(start + core.start..start + core.end);
            }
            start = end + 1;
        }
    }
    parts
}

/// The places of all parts where the first is at `start`; `None` where one is missing.
fn follow(
    file: &[&str],
    search: &[&str],
    parts: &[Range<usize>],
    start: usize,
    find_part: &dyn Fn(&Range<usize>) -> Vec<usize>,
) -> Result<Option<Vec<usize>>, Miss> {
    let mut places = vec![start];
    let scope_end = scope_end(file, &parts[0], start);
    for (before, part) in parts.iter().zip(&parts[1..]) {
        let from = places[places.len() - 1] + before.len();
        let later: Vec<usize> =
            find_part(part).into_iter().filter(|place| *place >= from).collect();
        let later = shifted_alike(file, search, (parts[0].start, start), part.start, later);
        let in_scope: Vec<usize> =
            later.iter().copied().filter(|place| place + part.len() <= scope_end).collect();
        match (&in_scope[..], &later[..]) {
            ([one], _) | ([], [one]) => places.push(*one),
            ([], []) => return Ok(None),
            ([], several) | (several, _) => return Err(Miss::Ambiguous(several.to_vec())),
        }
    }
    Ok(Some(places))
}

/// Of several places of the part that begins with line `part` of SEARCH, those that are indented
/// against SEARCH as the first part is: line `first.0` of SEARCH at line `first.1` of the file.
fn shifted_alike(
    file: &[&str],
    search: &[&str],
    first: (usize, usize),
    part: usize,
    places: Vec<usize>,
) -> Vec<usize> {
    let shift = |line: usize, real: usize| {
        indent(file[real]).len() as isize - indent(search[line]).len() as isize
    };
    let same = |real: &&usize| shift(part, **real) == shift(first.0, first.1);
    let alike: Vec<usize> = places.iter().filter(same).copied().collect();
    if alike.is_empty() { places } else { alike }
}

/// Where the block of code that begins at `start` ends: before the next line that is indented no
/// deeper and is not its closing bracket or a continuation of its head.
fn scope_end(file: &[&str], first: &Range<usize>, start: usize) -> usize {
    let head = file[start];
    let depth = indent(head).len();
    let from = start + first.len();
    let closes = |line: &str| {
        line.trim_start().starts_with(['}', ')', ']', '{']) || line.trim_start().starts_with("end")
    };
    (from..file.len())
        .find(|line| !is_blank(file[*line]) && indent(file[*line]).len() <= depth)
        .map_or(file.len(), |line| if closes(file[line]) { line + 1 } else { line })
}

fn spots(file: &[&str], search: &[&str], parts: &[Range<usize>], places: &[usize]) -> Vec<Spot> {
    let mut spots = vec![Spot::Nowhere; search.len()];
    for (part, place) in parts.iter().zip(places) {
        for (offset, index) in part.clone().enumerate() {
            spots[index] = Spot::Line(place + offset);
        }
    }
    for (two, real) in parts.windows(2).zip(places.windows(2)) {
        let gap = real[0] + two[0].len()..real[1];
        if let Some(elision) = (two[0].end..two[1].start).find(|index| is_elision(search[*index])) {
            spots[elision] = Spot::Span(gap);
        }
    }
    super::literal::place_blanks(file, search, &mut spots);
    spots
}
