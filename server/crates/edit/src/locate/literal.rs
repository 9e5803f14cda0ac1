//! SEARCH as it stands, white space and typography aside.

use std::ops::Range;

use super::keys::{free, indent, is_blank, soft};
use super::{Found, Miss, Spot, core_of};

/// Where `search` is in `file`: to the character; else but for white space at line ends and
/// typography; else but for all white space; else but for blank lines too.
///
/// # Errors
/// [`Miss::Ambiguous`] where the strictest comparison that finds anything finds several places.
pub(super) fn find(file: &[&str], search: &[&str]) -> Result<Option<Found>, Miss> {
    let exact = windows(file, search);
    if let Some(start) = only(&exact)? {
        let spots = (start..start + search.len()).map(Spot::Line).collect();
        return Ok(Some(Found::literally(spots, true)));
    }
    let core = core_of(search);
    if core.is_empty() {
        return Ok(None);
    }
    for key in [soft, free] {
        let file_keys: Vec<String> = file.iter().map(|line| key(line)).collect();
        let search_keys: Vec<String> = search[core.clone()].iter().map(|line| key(line)).collect();
        let starts = consistent(windows(&file_keys, &search_keys), file, &search[core.clone()]);
        if let Some(start) = only(&starts)? {
            return Ok(Some(found_at(file, search, core, start)));
        }
    }
    without_blanks(file, search)
}

/// Where `needle` begins in `hay`.
pub(super) fn windows<T: PartialEq>(hay: &[T], needle: &[T]) -> Vec<usize> {
    if needle.is_empty() || needle.len() > hay.len() {
        return Vec::new();
    }
    (0..=hay.len() - needle.len())
        .filter(|start| hay[*start..*start + needle.len()] == *needle)
        .collect()
}

fn only(starts: &[usize]) -> Result<Option<usize>, Miss> {
    match starts {
        [] => Ok(None),
        [one] => Ok(Some(*one)),
        several => Err(Miss::Ambiguous(several.to_vec())),
    }
}

/// Of several places, those whose lines are indented to each other as those of `core` are.
fn consistent(starts: Vec<usize>, file: &[&str], core: &[&str]) -> Vec<usize> {
    if starts.len() < 2 {
        return starts;
    }
    let fits = |start: &usize| {
        let pairs: Vec<(&str, &str)> = core
            .iter()
            .zip(&file[*start..])
            .filter(|(line, _)| !is_blank(line))
            .map(|(line, real)| (indent(line), indent(real)))
            .collect();
        pairs.windows(2).all(|two| {
            let (before, after) = (two[0], two[1]);
            before.0.len().cmp(&after.0.len()) == before.1.len().cmp(&after.1.len())
        })
    };
    let fitting: Vec<usize> = starts.iter().copied().filter(fits).collect();
    if fitting.is_empty() { starts } else { fitting }
}

fn found_at(file: &[&str], search: &[&str], core: Range<usize>, start: usize) -> Found {
    let mut spots = vec![Spot::Nowhere; search.len()];
    for (offset, index) in core.enumerate() {
        spots[index] = Spot::Line(start + offset);
    }
    place_blanks(file, search, &mut spots);
    Found::literally(spots, false)
}

/// Finds `search` by its lines that are not blank, which follow each other in the file but for
/// blank lines.
fn without_blanks(file: &[&str], search: &[&str]) -> Result<Option<Found>, Miss> {
    let solid = |lines: &[&str]| -> Vec<usize> {
        (0..lines.len()).filter(|index| !is_blank(lines[*index])).collect()
    };
    let (file_solid, search_solid) = (solid(file), solid(search));
    for key in [soft, free] {
        let keys = |lines: &[&str], solid: &[usize]| -> Vec<String> {
            solid.iter().map(|index| key(lines[*index])).collect()
        };
        let starts = windows(&keys(file, &file_solid), &keys(search, &search_solid));
        let lines: Vec<&str> = file_solid.iter().map(|index| file[*index]).collect();
        let core: Vec<&str> = search_solid.iter().map(|index| search[*index]).collect();
        let starts = consistent(starts, &lines, &core);
        let real: Vec<usize> = starts.iter().map(|start| file_solid[*start]).collect();
        if only(&real)?.is_some() {
            let mut spots = vec![Spot::Nowhere; search.len()];
            for (offset, index) in search_solid.iter().enumerate() {
                spots[*index] = Spot::Line(file_solid[starts[0] + offset]);
            }
            place_blanks(file, search, &mut spots);
            return Ok(Some(Found::literally(spots, false)));
        }
    }
    Ok(None)
}

/// Gives blank lines of SEARCH the blank lines of the file that stand beside the same neighbours.
pub(super) fn place_blanks(file: &[&str], search: &[&str], spots: &mut [Spot]) {
    let is_free = |line: usize, spots: &[Spot]| {
        file.get(line).is_some_and(|text| is_blank(text)) && !spots.contains(&Spot::Line(line))
    };
    for index in 0..search.len() {
        if spots[index] == Spot::Nowhere
            && is_blank(search[index])
            && index > 0
            && let Spot::Line(before) = spots[index - 1]
            && is_free(before + 1, spots)
        {
            spots[index] = Spot::Line(before + 1);
        }
    }
    for index in (0..search.len().saturating_sub(1)).rev() {
        if spots[index] == Spot::Nowhere
            && is_blank(search[index])
            && let Spot::Line(after) = spots[index + 1]
            && after > 0
            && is_free(after - 1, spots)
        {
            spots[index] = Spot::Line(after - 1);
        }
    }
}
