//! SEARCH/REPLACE blocks: finding their markers and taking them apart.

use super::fence::Fence;
use super::path_like::path_alone;

/// Words behind an opening marker. Git's own conflict markers have others.
const SEARCH_WORDS: [&str; 4] = ["SEARCH", "ORIGINAL", "FIND", "BEFORE"];
/// Words behind a closing marker.
const REPLACE_WORDS: [&str; 4] = ["REPLACE", "UPDATED", "REPLACEMENT", "AFTER"];

/// A line that opens a SEARCH/REPLACE block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Opening {
    length: usize,
    indent: usize,
    /// A path that stands behind the word.
    pub(super) path: Option<String>,
}

/// The parts of a SEARCH/REPLACE block and how many lines it takes, without the opening one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Parts {
    pub(super) search: String,
    pub(super) replace: String,
    pub(super) lines: usize,
}

/// Why a SEARCH/REPLACE block cannot be taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Broken {
    /// The closing marker is missing.
    Open,
    /// The dividing line is missing.
    Undivided,
    /// More than one line could be the dividing one.
    DividedTwice,
}

impl Broken {
    /// What to tell the model.
    pub(super) fn complaint(self, line: usize) -> String {
        let what = match self {
            Self::Open => {
                "has no closing `>>>>>>> REPLACE` line: the answer is incomplete, nothing was \
                 applied. Send the whole block again"
            }
            Self::Undivided => {
                "has no `=======` line between SEARCH and REPLACE. Send it again with one"
            }
            Self::DividedTwice => {
                "has more than one `=======` line, so that SEARCH and REPLACE cannot be told \
                 apart. Send it again with longer markers: `<<<<<<<<< SEARCH`, `=========`, \
                 `>>>>>>>>> REPLACE`"
            }
        };
        format!("The SEARCH/REPLACE block that begins in line {line} of your answer {what}.")
    }
}

/// The opening marker in a line, if it is one.
pub(super) fn opening(line: &str) -> Option<Opening> {
    let inner = line.trim_start();
    let length = run(inner, b'<');
    if length < 5 {
        return None;
    }
    let rest = inner[length..].trim();
    let word_length = rest.bytes().take_while(u8::is_ascii_alphabetic).count();
    let (word, after) = rest.split_at(word_length);
    if !SEARCH_WORDS.contains(&word.to_ascii_uppercase().as_str()) {
        return None;
    }
    let path = path_alone(after.trim_start_matches(':'));
    Some(Opening { length, indent: line.len() - inner.len(), path })
}

/// Takes apart the block whose opening marker was `opening`; `lines` are those after it.
pub(super) fn take_apart(opening_line: &Opening, lines: &[&str]) -> Result<Parts, Broken> {
    let end = closing_marker(opening_line, lines).ok_or(Broken::Open)?;
    let body = &lines[..end];
    let divider = divider(opening_line.length, body)?;
    let (search, replace) = (&body[..divider], &body[divider + 1..]);
    let indent = opening_line.indent;
    let (search, replace) = without_fences(search, replace);
    let (search, replace) = unindent(indent, search, replace);
    Ok(Parts { search: join(&search), replace: join(&replace), lines: end + 1 })
}

/// The closing marker: as long as the opening one, or, before the next block, of another length
/// with the right word behind it.
fn closing_marker(opening_line: &Opening, lines: &[&str]) -> Option<usize> {
    let next_block = |line: &&str| opening(line).is_some_and(|o| o.length == opening_line.length);
    let limit = lines.iter().position(next_block).unwrap_or(lines.len());
    let found = |accepts: &dyn Fn(usize, &str) -> bool| {
        lines[..limit].iter().position(|line| {
            let line = line.trim();
            let length = run(line, b'>');
            length >= 5 && accepts(length, line[length..].trim().trim_end_matches('`').trim())
        })
    };
    let is_word = |rest: &str| {
        let word = rest.split_whitespace().next().unwrap_or_default().to_ascii_uppercase();
        REPLACE_WORDS.contains(&word.as_str())
    };
    found(&|length, rest| length == opening_line.length && is_word(rest))
        .or_else(|| {
            found(&|length, rest| length.abs_diff(opening_line.length) <= 2 && is_word(rest))
        })
        .or_else(|| found(&|length, rest| length == opening_line.length && rest.is_empty()))
}

/// The dividing line: as long as the opening marker, or the only one of another length.
fn divider(length: usize, body: &[&str]) -> Result<usize, Broken> {
    let of = |accepts: &dyn Fn(usize) -> bool| -> Vec<usize> {
        let divides = |line: &str| run(line, b'=') == line.len() && accepts(line.len());
        (0..body.len()).filter(|index| divides(body[*index].trim())).collect()
    };
    match *of(&|found| found == length) {
        [one] => return Ok(one),
        [] => {}
        _ => return Err(Broken::DividedTwice),
    }
    match *of(&|found| found >= 5) {
        [one] => Ok(one),
        [] => Err(Broken::Undivided),
        _ => Err(Broken::DividedTwice),
    }
}

fn run(text: &str, mark: u8) -> usize {
    text.bytes().take_while(|byte| *byte == mark).count()
}

/// Both parts without the fences that some models put around each.
fn without_fences<'a, 'b>(
    search: &'a [&'b str],
    replace: &'a [&'b str],
) -> (&'a [&'b str], &'a [&'b str]) {
    match (inside_fence(search), inside_fence(replace)) {
        (Some(search), Some(replace)) => (search, replace),
        (Some(search), None) if replace.is_empty() => (search, replace),
        (None, Some(replace)) if search.is_empty() => (search, replace),
        _ => (search, replace),
    }
}

fn inside_fence<'a, 'b>(lines: &'a [&'b str]) -> Option<&'a [&'b str]> {
    let (first, rest) = lines.split_first()?;
    let (last, inner) = rest.split_last()?;
    let (open, close) = (Fence::of(first)?, Fence::of(last)?);
    let alone = inner.iter().all(|line| Fence::of(line).is_none());
    (open.is_closed_by(&close) && !open.info.is_empty() && alone).then_some(inner)
}

/// Both parts without the indentation of the markers, where every line has it.
fn unindent<'b>(
    indent: usize,
    search: &[&'b str],
    replace: &[&'b str],
) -> (Vec<&'b str>, Vec<&'b str>) {
    let has_it = |line: &&str| {
        line.trim().is_empty()
            || line.bytes().take(indent).filter(|b| matches!(b, b' ' | b'\t')).count() == indent
    };
    if indent == 0 || !search.iter().chain(replace).all(has_it) {
        return (search.to_vec(), replace.to_vec());
    }
    let cut = |line: &&'b str| line.get(indent..).unwrap_or_default();
    (search.iter().map(cut).collect(), replace.iter().map(cut).collect())
}

fn join(lines: &[&str]) -> String {
    let mut text = String::new();
    for line in lines {
        text.push_str(line);
        text.push('\n');
    }
    text
}
