//! How lines are compared: the looser the key, the more lines are equal.

use std::borrow::Cow;

/// `text` with typographic quotes, dashes and spaces as a keyboard writes them.
pub(super) fn plain(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().filter(|c| !is_invisible(*c)).map(plain_char).collect())
}

fn plain_char(c: char) -> char {
    match c {
        '\u{2018}' | '\u{2019}' | '\u{201a}' | '\u{201b}' | '\u{2032}' | '\u{00b4}' => '\'',
        '\u{201c}' | '\u{201d}' | '\u{201e}' | '\u{201f}' | '\u{2033}' => '"',
        '\u{2010}'..='\u{2015}' | '\u{2212}' => '-',
        '\u{00a0}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}' => ' ',
        _ => c,
    }
}

fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{feff}')
}

/// Without white space at the end, typography plain.
pub(super) fn soft(line: &str) -> String {
    plain(line).trim_end().to_owned()
}

/// Without any white space, typography plain.
pub(super) fn free(line: &str) -> String {
    plain(line).chars().filter(|c| !c.is_whitespace()).collect()
}

/// The white space in front of a line.
pub(super) fn indent(line: &str) -> &str {
    &line[..line.len() - line.trim_start().len()]
}

pub(super) fn is_blank(line: &str) -> bool {
    line.trim().is_empty()
}
