//! A page's Markdown cut into passages: at its headings, and longer parts between paragraphs.

/// A part of a page that can be read by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Piece {
    /// The headings above it, the outermost first, as `A > B`.
    pub(super) headings: String,
    pub(super) text: String,
}

/// Cuts Markdown into pieces of about `most` bytes. A block of code is closed where it is cut, and
/// opened again.
pub(super) fn pieces(markdown: &str, most: usize) -> Vec<Piece> {
    let mut cutter = Cutter { most, ..Cutter::default() };
    for line in markdown.lines() {
        match (heading(line), &cutter.fence) {
            (Some((level, title)), None) => cutter.enter(level, title),
            _ => cutter.line(line),
        }
    }
    cutter.finish();
    cutter.pieces
}

/// The level and the title of a heading.
fn heading(line: &str) -> Option<(usize, &str)> {
    let level = line.bytes().take_while(|byte| *byte == b'#').count();
    let title = line.get(level..)?.strip_prefix(' ')?.trim();
    ((1..=6).contains(&level) && !title.is_empty()).then_some((level, title))
}

#[derive(Default)]
struct Cutter {
    most: usize,
    pieces: Vec<Piece>,
    headings: Vec<(usize, String)>,
    text: String,
    /// The line that opened the block of code that goes on.
    fence: Option<String>,
}

impl Cutter {
    fn enter(&mut self, level: usize, title: &str) {
        self.finish();
        self.headings.retain(|(above, _)| *above < level);
        self.headings.push((level, title.to_owned()));
    }

    fn line(&mut self, line: &str) {
        let is_full = self.text.len() + line.len() > self.most;
        let is_break = line.trim().is_empty() && self.text.len() > self.most / 2;
        if is_full || (is_break && self.fence.is_none()) {
            self.cut();
        }
        // A line that is longer than a piece is no text that anybody reads to its end.
        let end = line.floor_char_boundary(self.most.min(line.len()));
        self.text.push_str(&line[..end]);
        self.text.push('\n');
        let ticks = ticks(line);
        match &self.fence {
            Some(open) if ticks >= self::ticks(open) && line.trim().len() == ticks => {
                self.fence = None;
            }
            None if ticks >= 3 => self.fence = Some(line[..end].to_owned()),
            _ => {}
        }
    }

    /// Ends a piece within a part.
    fn cut(&mut self) {
        let open = self.fence.clone();
        if open.as_deref() == Some(self.text.trim_end_matches('\n')) {
            return;
        }
        if let Some(open) = &open {
            self.text.push_str(&"`".repeat(ticks(open)));
        }
        self.finish();
        if let Some(open) = open {
            self.text = format!("{open}\n");
        }
    }

    fn finish(&mut self) {
        let text = std::mem::take(&mut self.text);
        if text.trim().is_empty() {
            return;
        }
        let headings: Vec<&str> = self.headings.iter().map(|(_, title)| title.as_str()).collect();
        let text = text.trim_matches('\n').trim_end().to_owned();
        self.pieces.push(Piece { headings: headings.join(" > "), text });
    }
}

/// The backticks that a line begins with.
fn ticks(line: &str) -> usize {
    line.trim_start().bytes().take_while(|byte| *byte == b'`').count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(markdown: &str, most: usize) -> Vec<(String, String)> {
        pieces(markdown, most).into_iter().map(|piece| (piece.headings, piece.text)).collect()
    }

    fn piece(headings: &str, text: &str) -> (String, String) {
        (headings.to_owned(), text.to_owned())
    }

    #[test]
    fn a_page_is_cut_at_its_headings_and_what_looks_like_one_in_code_is_none() {
        let page = "# A\nintro\n## B\ntext\n```sh\n# no heading\n```\n# C\nend\n#5 is no heading\n";
        assert_eq!(
            cut(page, 200),
            [
                piece("A", "intro"),
                piece("A > B", "text\n```sh\n# no heading\n```"),
                piece("C", "end\n#5 is no heading"),
            ]
        );
    }

    #[test]
    fn long_parts_are_cut_between_paragraphs_and_code_stays_code() {
        assert_eq!(
            cut("one two three\n\nfour five\n", 20),
            [piece("", "one two three"), piece("", "four five")]
        );
        assert_eq!(
            cut("```py\nfirst = 1\nsecond = 2\n```\n", 20),
            [piece("", "```py\nfirst = 1\n```"), piece("", "```py\nsecond = 2\n```")]
        );
    }

    #[test]
    fn a_line_without_end_is_cut_and_ends_nothing() {
        let long = "x".repeat(1_000);
        assert_eq!(cut(&format!("{long}\nafter\n"), 50).len(), 2);
    }
}
