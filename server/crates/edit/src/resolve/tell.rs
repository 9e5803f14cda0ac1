//! Words for the model about a block that cannot be applied.

use std::ops::Range;

use crate::complaint::shorten;
use crate::locate::Miss;

/// The longest line shown, in characters.
const MAX_LINE: usize = 120;
/// How many places are named.
const MAX_PLACES: usize = 4;

/// Why block `number` of `path`, with `search`, cannot be applied to `file`.
pub(super) fn missed(
    path: &str,
    number: usize,
    search: &str,
    file: &[&str],
    miss: &Miss,
) -> String {
    let first = search.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let first = shorten(first.trim(), 80);
    let block = format!("SEARCH/REPLACE block {number} of `{path}` (SEARCH begins `{first}`)");
    match miss {
        Miss::NotFound(nearest) if nearest.is_empty() => format!(
            "{block}: no lines like these are in the file, which has {} lines. Copy the lines \
             from the file as it is now.",
            file.len()
        ),
        Miss::NotFound(nearest) => format!(
            "{block}: the file does not have these lines. The nearest are:\n{}\nSend the block \
             again with SEARCH copied from the file.",
            numbered(file, nearest)
        ),
        Miss::Ambiguous(places) => format!(
            "{block}: {} places match equally:\n{}\nSend the block again with more lines around \
             the place you mean, such as the line that begins its function.",
            places.len(),
            places
                .iter()
                .take(MAX_PLACES)
                .map(|line| numbered(file, &(line.saturating_sub(2)..(line + 2).min(file.len()))))
                .collect::<Vec<_>>()
                .join("\n--\n")
        ),
        Miss::Between(lines) => format!(
            "{block}: the file has lines that SEARCH leaves out, so that it is not clear what \
             shall become of them:\n{}\nSend the block again with them.",
            numbered(file, lines)
        ),
        Miss::Elided(line) => format!(
            "{block}: REPLACE has `{}`, which stands for lines left out. Write all lines out, or \
             send a smaller block with only the lines that change.",
            shorten(line, 80)
        ),
    }
}

fn numbered(file: &[&str], lines: &Range<usize>) -> String {
    let shown = file[lines.start..lines.end.min(file.len()).min(lines.start + 12)].iter();
    shown
        .enumerate()
        .map(|(offset, line)| format!("{}| {}", lines.start + offset + 1, shorten(line, MAX_LINE)))
        .collect::<Vec<_>>()
        .join("\n")
}
