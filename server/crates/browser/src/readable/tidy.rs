//! Markdown as it is kept: without what no reader needs, and not too long.

use super::MARKDOWN_BYTES;
use crate::sections::Fence;

/// The Markdown with at most one blank line in a row outside of code, names without needless escapes,
/// and whether it was cut.
pub(super) fn tidy(markdown: &str) -> (String, bool) {
    let mut tidy = String::with_capacity(markdown.len());
    let mut fence = Fence::default();
    for line in markdown.lines() {
        if tidy.len() + line.len() > MARKDOWN_BYTES {
            if let Some(mark) = fence.open() {
                tidy.push_str(&format!("{mark}\n"));
            }
            return (tidy.trim_end().to_owned(), true);
        }
        let is_code = fence.holds(line);
        match line.trim().is_empty() && !is_code {
            true if tidy.ends_with("\n\n") => {}
            true => tidy.push('\n'),
            false if is_code => tidy.push_str(&format!("{line}\n")),
            false => tidy.push_str(&format!("{}\n", unescape(line.trim_end()))),
        }
    }
    (tidy.trim().to_owned(), false)
}

/// `snake\_case` means the same without its backslash, and is a name that can be copied.
fn unescape(line: &str) -> String {
    let mut plain = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(at) = rest.find("\\_") {
        let (before, after) = (&rest[..at], &rest[at + 2..]);
        plain.push_str(before);
        let is_within =
            before.ends_with(char::is_alphanumeric) && after.starts_with(char::is_alphanumeric);
        plain.push_str(if is_within { "_" } else { "\\_" });
        rest = after;
    }
    plain.push_str(rest);
    plain
}
