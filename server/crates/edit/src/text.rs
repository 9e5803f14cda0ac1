//! A file's text as lines, with all that a change must keep: byte-order mark, line endings, final
//! newline.

const BOM: char = '\u{feff}';

/// A file's text as lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Text {
    bom: bool,
    crlf: bool,
    final_newline: bool,
    /// Each line without its ending, and whether that is CRLF.
    lines: Vec<(String, bool)>,
}

/// Lines `start..end` of a text become `lines`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Change {
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) lines: Vec<String>,
}

impl Text {
    pub(crate) fn new(text: &str) -> Self {
        let bom = text.starts_with(BOM);
        let body = text.strip_prefix(BOM).unwrap_or(text);
        let lines: Vec<(String, bool)> = body
            .split_inclusive('\n')
            .map(|line| match line.strip_suffix("\r\n") {
                Some(line) => (line.to_owned(), true),
                None => (line.strip_suffix('\n').unwrap_or(line).to_owned(), false),
            })
            .collect();
        let crlf = lines.iter().filter(|(_, crlf)| *crlf).count() * 2 > body.matches('\n').count();
        Self { bom, crlf, final_newline: body.is_empty() || body.ends_with('\n'), lines }
    }

    pub(crate) fn lines(&self) -> Vec<&str> {
        self.lines.iter().map(|(line, _)| line.as_str()).collect()
    }

    /// The text after `changes`, which are in order and do not overlap.
    pub(crate) fn with(&self, changes: &[Change]) -> String {
        let mut lines: Vec<(&str, bool)> = Vec::with_capacity(self.lines.len());
        let mut next = 0;
        let old = |range: std::ops::Range<usize>| {
            self.lines[range].iter().map(|(line, crlf)| (line.as_str(), *crlf))
        };
        for change in changes {
            lines.extend(old(next..change.start));
            lines.extend(change.lines.iter().map(|line| (line.as_str(), self.crlf)));
            next = change.end;
        }
        lines.extend(old(next..self.lines.len()));
        self.join(&lines)
    }

    /// `whole` as the new text of this file, in this file's manner.
    pub(crate) fn replaced_by(&self, whole: &str) -> String {
        let lines: Vec<(&str, bool)> = whole.lines().map(|line| (line, self.crlf)).collect();
        self.join(&lines)
    }

    fn join(&self, lines: &[(&str, bool)]) -> String {
        let mut text = String::new();
        if self.bom {
            text.push(BOM);
        }
        for (index, (line, crlf)) in lines.iter().enumerate() {
            text.push_str(line);
            if index + 1 < lines.len() || self.final_newline {
                // A line that was the last, without an ending, takes the ending of the others.
                let was_last = !self.final_newline && index + 1 < lines.len();
                let crlf = *crlf || (was_last && self.crlf);
                text.push_str(if crlf { "\r\n" } else { "\n" });
            }
        }
        text
    }
}

/// The text of a new file: `\n` line endings, one at its end.
pub(crate) fn new_file(text: &str) -> String {
    let mut text = text.replace("\r\n", "\n");
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn second_line_changed(text: &str) -> String {
        Text::new(text).with(&[Change { start: 1, end: 2, lines: vec!["new".to_owned()] }])
    }

    #[test]
    fn what_is_not_changed_is_kept_to_the_byte() {
        for text in ["", "a", "a\n", "\u{feff}a\r\nb\n\nc", "\r\n\r\n", "a\rb\n"] {
            assert_eq!(Text::new(text).with(&[]), text);
        }
    }

    #[test]
    fn a_change_takes_the_line_endings_of_the_file() {
        assert_eq!(second_line_changed("a\r\nb\r\nc\r\n"), "a\r\nnew\r\nc\r\n");
        assert_eq!(second_line_changed("\u{feff}a\nb"), "\u{feff}a\nnew");
        assert_eq!(second_line_changed("a\r\nb\r\nc\n"), "a\r\nnew\r\nc\n");
    }

    #[test]
    fn a_whole_text_keeps_the_manner_of_the_file() {
        assert_eq!(Text::new("\u{feff}a\r\nb").replaced_by("x\ny\n"), "\u{feff}x\r\ny");
        assert_eq!(Text::new("").replaced_by("x\ny"), "x\ny\n");
    }
}
