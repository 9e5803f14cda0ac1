//! Changes inside one line.

use std::ops::Range;

use similar::{Algorithm, DiffOp, capture_diff_slices};

use super::Miss;
use super::keys::plain;
use crate::text::Change;

/// The file's line `real` with the difference between `old` (the model's version of it) and `new`;
/// `new` itself where that difference falls on what the model had wrong. What does not change keeps
/// the white space and typography of the file.
pub(super) fn merge_line(old: &str, real: &str, new: &str) -> String {
    let (old_words, real_words, new_words) = (pieces(old), pieces(real), pieces(new));
    if old == real || same_words(&old_words, &new_words) {
        return if old == new { real } else { new }.to_owned();
    }
    let slips = difference(&old_words, &real_words, |word| plain(word).into_owned());
    if are_corrected(&slips, &old_words, &new_words) {
        return new.to_owned();
    }
    let wanted = difference(&old_words, &new_words, str::to_owned);
    let mut merged = String::new();
    let mut push = |words: &[Piece<'_>]| {
        for word in words {
            merged.push_str(word.space);
            merged.push_str(word.word);
        }
    };
    for op in wanted {
        if matches!(op, DiffOp::Equal { .. }) {
            match counterpart(&slips, op.old_range()) {
                Some(range) => push(&real_words[range]),
                None => return new.to_owned(),
            }
        } else if splits_slip(&slips, &op.old_range()) {
            return new.to_owned();
        } else {
            push(&new_words[op.new_range()]);
        }
    }
    merged
}

/// Whether all that the model had wrong are words, and `new` has none of them: then it is right as
/// it stands.
fn are_corrected(slips: &[DiffOp], old: &[Piece<'_>], new: &[Piece<'_>]) -> bool {
    let is_gone = |word: &Piece<'_>| !new.iter().any(|piece| piece.word == word.word);
    let mut wrong = slips.iter().filter(|op| !matches!(op, DiffOp::Equal { .. })).peekable();
    wrong.peek().is_some()
        && wrong.all(|op| {
            matches!(op, DiffOp::Replace { .. }) && old[op.old_range()].iter().all(is_gone)
        })
}

fn same_words(one: &[Piece<'_>], other: &[Piece<'_>]) -> bool {
    one.iter().map(|piece| piece.word).eq(other.iter().map(|piece| piece.word))
}

fn difference(one: &[Piece<'_>], other: &[Piece<'_>], key: impl Fn(&str) -> String) -> Vec<DiffOp> {
    let keys = |words: &[Piece<'_>]| -> Vec<String> {
        words.iter().map(|piece| key(piece.word)).collect()
    };
    capture_diff_slices(Algorithm::Myers, &keys(one), &keys(other))
}

/// What range `old` of the model's line is in the file's line. Insertions at its borders belong to
/// the part before them.
fn counterpart(slips: &[DiffOp], old: Range<usize>) -> Option<Range<usize>> {
    let mut real: Option<Range<usize>> = None;
    for op in slips {
        let (from, to) = (op.old_range(), op.new_range());
        let inside = from.start.max(old.start)..from.end.min(old.end);
        let piece = if from.is_empty() {
            if !(from.start > old.start && from.start <= old.end) {
                continue;
            }
            to
        } else if inside.is_empty() {
            continue;
        } else if matches!(op, DiffOp::Equal { .. }) {
            to.start + (inside.start - from.start)..to.start + (inside.end - from.start)
        } else if inside == from {
            to
        } else {
            return None;
        };
        real = Some(match real {
            None => piece,
            Some(before) => before.start..piece.end,
        });
    }
    real
}

/// Whether the change of range `old` takes only a part of what the model had wrong.
fn splits_slip(slips: &[DiffOp], old: &Range<usize>) -> bool {
    slips.iter().any(|op| {
        let from = op.old_range();
        let touches = from.start < old.end && old.start < from.end;
        let covers = old.start <= from.start && from.end <= old.end;
        !matches!(op, DiffOp::Equal { .. }) && touches && !covers
    })
}

/// A word or sign of a line, with the white space before it.
struct Piece<'a> {
    space: &'a str,
    word: &'a str,
}

fn pieces(line: &str) -> Vec<Piece<'_>> {
    let mut found = Vec::new();
    let mut rest = line;
    while !rest.trim_start().is_empty() {
        let (space, after) = rest.split_at(rest.len() - rest.trim_start().len());
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        let word_end = after.find(|c| !is_word(c)).unwrap_or(after.len());
        let sign_end = after.chars().next().map_or(0, char::len_utf8);
        let (word, after) = after.split_at(word_end.max(sign_end));
        found.push(Piece { space, word });
        rest = after;
    }
    found
}

/// The change where SEARCH is a part of one line, and REPLACE of one line too.
///
/// # Errors
/// [`Miss::Ambiguous`] where several lines, or one line several times, have that part.
pub(super) fn part_of_a_line(
    file: &[&str],
    search: &[&str],
    replace: &[&str],
) -> Result<Option<Vec<Change>>, Miss> {
    let ([search], [replace]) = (search, replace) else { return Ok(None) };
    let (search, replace) = (search.trim(), replace.trim());
    if search.chars().filter(|c| c.is_alphanumeric()).count() < 4 {
        return Ok(None);
    }
    let found: Vec<(usize, usize)> = file
        .iter()
        .enumerate()
        .flat_map(|(index, line)| line.match_indices(search).map(move |(at, _)| (index, at)))
        .filter(|(index, at)| at_word_borders(file[*index], *at..*at + search.len()))
        .collect();
    match found[..] {
        [] => Ok(None),
        [(index, at)] => {
            let line = file[index];
            let line = format!("{}{replace}{}", &line[..at], &line[at + search.len()..]);
            Ok(Some(vec![Change { start: index, end: index + 1, lines: vec![line] }]))
        }
        _ => Err(Miss::Ambiguous(found.iter().map(|(index, _)| *index).collect())),
    }
}

fn at_word_borders(line: &str, range: Range<usize>) -> bool {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let splits = |before: Option<char>, after: Option<char>| {
        before.is_some_and(is_word) && after.is_some_and(is_word)
    };
    let part = &line[range.clone()];
    !splits(line[..range.start].chars().next_back(), part.chars().next())
        && !splits(part.chars().next_back(), line[range.end..].chars().next())
}
