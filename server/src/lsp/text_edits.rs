//! The smallest edits that turn one text into another, so that cursors, folds and marks elsewhere
//! in the document stay where they are.

use std::time::{Duration, Instant};

use similar::{Algorithm, DiffOp, capture_diff_slices_deadline};
use tower_lsp::ls_types::{Range, TextEdit};

use super::positions::{Encoding, Walk};

/// How long the smallest difference is looked for; then a larger one has to do.
const DIFF_TIME: Duration = Duration::from_millis(500);

/// The edits, whole lines each, in order and against `before`.
pub(super) fn smallest(before: &str, after: &str, encoding: Encoding) -> Vec<TextEdit> {
    let old: Vec<&str> = before.split_inclusive('\n').collect();
    let new: Vec<&str> = after.split_inclusive('\n').collect();
    let old_starts = starts(&old);
    let mut walk = Walk::over(before, encoding);
    let deadline = Some(Instant::now() + DIFF_TIME);
    let operations = capture_diff_slices_deadline(Algorithm::Myers, &old, &new, deadline);
    let changes = operations.iter().filter(|operation| !matches!(operation, DiffOp::Equal { .. }));
    let last_end = line_end(before);
    let edits = changes.map(|operation| {
        let lines = operation.old_range();
        let mut text = new[operation.new_range()].concat();
        let mut start = old_starts[lines.start];
        let mut end = old_starts[lines.end];
        if lines.end == old.len() && !last_end.is_empty() {
            // Neovim makes an empty line of what is inserted after the last line's end, so it is put
            // before that. The line itself is equal, or this were no insertion.
            if lines.is_empty() {
                start -= last_end.len();
                text.insert_str(0, last_end);
            }
            // Kakoune adds a line end where the last one is replaced, so it stays where it can.
            if line_end(&text) == last_end {
                end -= last_end.len();
                text.truncate(text.len() - last_end.len());
            }
        }
        TextEdit::new(Range::new(walk.to(start), walk.to(end)), text)
    });
    edits.collect()
}

/// The characters that end the last line.
fn line_end(text: &str) -> &str {
    ["\r\n", "\n"].into_iter().find(|end| text.ends_with(end)).unwrap_or("")
}

/// Where each line begins, and where the last one ends.
fn starts(lines: &[&str]) -> Vec<usize> {
    let mut starts = vec![0];
    starts.extend(lines.iter().scan(0, |end, line| {
        *end += line.len();
        Some(*end)
    }));
    starts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn apply(text: &str, edits: &[TextEdit], encoding: Encoding) -> String {
        let mut text = text.to_owned();
        for edit in edits.iter().rev() {
            text.replace_range(encoding.bytes(&text, edit.range), &edit.new_text);
        }
        text
    }

    fn shown(before: &str, after: &str) -> Vec<String> {
        let edits = smallest(before, after, Encoding::Utf16);
        let shown = edits.iter().map(|edit| {
            let (start, end) = (edit.range.start, edit.range.end);
            format!(
                "{}:{}-{}:{} {:?}",
                start.line, start.character, end.line, end.character, edit.new_text
            )
        });
        shown.collect()
    }

    #[test]
    fn only_the_lines_that_differ_are_replaced() {
        let shown = shown("one\ntwo\nthree\n", "one\n2\nthree\nfour\n");
        assert_eq!(shown, ["1:0-2:0 \"2\\n\"", "2:5-2:5 \"\\nfour\""]);
    }

    #[test]
    fn the_end_of_the_last_line_stays_where_it_can() {
        assert_eq!(shown("one\ntwo\n", "one\n2\n"), ["1:0-1:3 \"2\""]);
        assert_eq!(shown("one\r\n", "1\r\n"), ["0:0-0:3 \"1\""]);
        assert_eq!(shown("one\ntwo\n", "one\n2"), ["1:0-2:0 \"2\""]);
        assert_eq!(shown("one\ntwo\n", "one\n"), ["1:0-2:0 \"\""]);
    }

    #[test]
    fn the_edits_give_exactly_the_text_that_was_meant() {
        let texts = [
            "",
            "one line without an end",
            "one\r\ntwo\r\n",
            "one\r\n2 😀\r\nthree",
            "\u{feff}one\ntwo\n",
            "one\rstill one\ntwo\n",
            "two\nöne\n\n\n",
        ];
        for before in texts {
            for after in texts {
                for encoding in [Encoding::Utf8, Encoding::Utf16, Encoding::Utf32] {
                    let edits = smallest(before, after, encoding);
                    assert_eq!(apply(before, &edits, encoding), after, "{before:?} {after:?}");
                }
            }
        }
    }
}
