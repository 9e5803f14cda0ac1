//! Cuts a text into chunks: a definition each where there are definitions, else windows of lines.

use crate::outline::Span;

/// Bytes of a chunk at most, about 500 tokens: what small embedding models read of a text.
const LARGE: usize = 2_000;

/// Neighbours that are no larger than this together, in bytes, become one chunk.
const SMALL: usize = 700;

/// What is smaller than this, in bytes, goes with its neighbour: a closing brace finds nothing.
const TINY: usize = 80;

/// Lines of a window at most.
const WINDOW: usize = 60;

/// Bytes of a title at most.
const TITLE: usize = 120;

/// A piece of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Chunk {
    /// Its first line, counted from 1.
    pub(crate) first: usize,
    /// Its last line.
    pub(crate) last: usize,
    /// The qualified names of what it defines; empty where it defines nothing.
    pub(crate) title: String,
    /// Its lines, without blank ones around them.
    pub(crate) text: String,
}

/// Cuts a text. `spans` are its definitions, in the order in which they begin.
pub(crate) fn chunks(text: &str, spans: &[Span]) -> Vec<Chunk> {
    let lines = Lines::of(text);
    let mut cutter = Cutter { lines: &lines, spans, children: children(spans), pieces: Vec::new() };
    cutter.cut(0, lines.count().saturating_sub(1), "", spans.len());
    let joined = join(&lines, cutter.pieces);
    joined.iter().flat_map(|piece| lines.chunks(piece)).collect()
}

/// The spans that stand in each span; those at the top come last.
fn children(spans: &[Span]) -> Vec<Vec<usize>> {
    let mut children = vec![Vec::new(); spans.len() + 1];
    for (at, span) in spans.iter().enumerate() {
        children[span.parent.unwrap_or(spans.len())].push(at);
    }
    children
}

/// Lines that become a chunk, or a part of one.
#[derive(Debug, Clone)]
struct Piece {
    first: usize,
    last: usize,
    titles: Vec<String>,
}

struct Cutter<'t> {
    lines: &'t Lines<'t>,
    spans: &'t [Span],
    children: Vec<Vec<usize>>,
    pieces: Vec<Piece>,
}

impl Cutter<'_> {
    /// Cuts lines `first` to `last`, which are those of span `of`.
    fn cut(&mut self, first: usize, last: usize, title: &str, of: usize) {
        let inner = std::mem::take(&mut self.children[of]);
        let at_top = of == self.spans.len();
        if inner.is_empty() || (!at_top && self.lines.size(first, last) <= LARGE) {
            return self.windows(first, last, title);
        }
        let mut next = first;
        for child in inner {
            let span = &self.spans[child];
            let (start, end) = (span.first.max(next), span.last.min(last));
            if start > end {
                continue;
            }
            if start > next {
                self.windows(next, start - 1, title);
            }
            self.cut(start, end, &span.title, child);
            next = end + 1;
        }
        if next <= last {
            self.windows(next, last, title);
        }
    }

    /// Adds lines as they are, or in windows where they are too many, cut at a blank line where there
    /// is one in the last third of a window.
    fn windows(&mut self, first: usize, last: usize, title: &str) {
        let mut start = first;
        while start <= last {
            let full = self.lines.window(start, last);
            let end = if full == last {
                full
            } else {
                let third = start + (full - start) * 2 / 3;
                (third..=full).rev().find(|line| self.lines.is_blank(*line)).unwrap_or(full)
            };
            let titles = if title.is_empty() { Vec::new() } else { vec![title.to_owned()] };
            self.pieces.push(Piece { first: start, last: end, titles });
            start = end + 1;
        }
    }
}

/// Joins small neighbours.
fn join(lines: &Lines<'_>, pieces: Vec<Piece>) -> Vec<Piece> {
    let mut joined: Vec<Piece> = Vec::new();
    for piece in pieces {
        match joined.last_mut() {
            Some(before) if belong_together(lines, before, &piece) => {
                before.last = piece.last;
                for title in piece.titles {
                    if !before.titles.contains(&title) {
                        before.titles.push(title);
                    }
                }
            }
            _ => joined.push(piece),
        }
    }
    joined
}

fn belong_together(lines: &Lines<'_>, before: &Piece, piece: &Piece) -> bool {
    let sum = lines.size(before.first, piece.last);
    let smaller =
        lines.written(before.first, before.last).min(lines.written(piece.first, piece.last));
    sum <= SMALL || (smaller < TINY && sum <= LARGE)
}

/// A text by its lines.
struct Lines<'t> {
    text: &'t str,
    /// Where each line begins, and where the last one ends.
    starts: Vec<usize>,
}

impl<'t> Lines<'t> {
    fn of(text: &'t str) -> Self {
        let breaks = memchr::memchr_iter(b'\n', text.as_bytes()).map(|at| at + 1);
        let mut starts: Vec<usize> = std::iter::once(0).chain(breaks).collect();
        if starts.last() != Some(&text.len()) {
            starts.push(text.len());
        }
        Self { text, starts }
    }

    fn count(&self) -> usize {
        self.starts.len() - 1
    }

    fn size(&self, first: usize, last: usize) -> usize {
        let end = self.starts.get(last + 1).copied().unwrap_or(self.text.len());
        end.saturating_sub(self.starts.get(first).copied().unwrap_or(end))
    }

    /// Bytes without the blanks around them.
    fn written(&self, first: usize, last: usize) -> usize {
        self.of_range(first, last).trim().len()
    }

    fn of_range(&self, first: usize, last: usize) -> &'t str {
        let at = |line: usize| self.starts.get(line).copied().unwrap_or(self.text.len());
        &self.text[at(first)..at(last + 1)]
    }

    fn is_blank(&self, line: usize) -> bool {
        self.of_range(line, line).trim().is_empty()
    }

    /// The last line of a window that begins at `start`.
    fn window(&self, start: usize, last: usize) -> usize {
        let longest = last.min(start + WINDOW - 1);
        (start..=longest).take_while(|end| self.size(start, *end) <= LARGE).last().unwrap_or(start)
    }

    /// The chunks of a piece: one, none where it is blank, several where a single line is too large.
    fn chunks(&self, piece: &Piece) -> Vec<Chunk> {
        let blank = |line: &usize| self.is_blank(*line);
        let Some(first) = (piece.first..=piece.last).find(|line| !blank(line)) else {
            return Vec::new();
        };
        let last = (first..=piece.last).rev().find(|line| !blank(line)).unwrap_or(first);
        let text = self.of_range(first, last).trim_end().replace("\r\n", "\n");
        let title = title(&piece.titles);
        let mut chunks: Vec<Chunk> = Vec::new();
        for part in cut_line(&text) {
            // A line that says the same again is no other passage.
            if chunks.iter().all(|chunk| chunk.text != part) {
                let (title, text) = (title.clone(), part.to_owned());
                chunks.push(Chunk { first: first + 1, last: last + 1, title, text });
            }
        }
        chunks
    }
}

fn title(titles: &[String]) -> String {
    let mut all = String::new();
    for title in titles {
        if !all.is_empty() {
            if all.len() + title.len() > TITLE {
                break;
            }
            all.push_str(", ");
        }
        all.push_str(title);
    }
    all.truncate(all.floor_char_boundary(TITLE));
    all
}

/// A text in parts of at most [`LARGE`] bytes: only a text of one line is larger.
fn cut_line(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let (part, more) = rest.split_at(rest.floor_char_boundary(LARGE));
        rest = more;
        (!part.is_empty()).then_some(part)
    })
}

#[cfg(test)]
mod tests {
    use super::{Chunk, LARGE, chunks};
    use crate::outline::Span;

    fn span(first: usize, last: usize, title: &str, parent: Option<usize>) -> Span {
        Span { first, last, title: title.to_owned(), parent }
    }

    /// A text of lines that are `width` bytes long, their breaks included.
    fn text(lines: usize, width: usize) -> String {
        (1..=lines).map(|line| format!("{line:<w$}\n", w = width - 1)).collect()
    }

    fn places(chunks: &[Chunk]) -> Vec<(usize, usize, &str)> {
        chunks.iter().map(|chunk| (chunk.first, chunk.last, chunk.title.as_str())).collect()
    }

    #[test]
    fn each_definition_of_some_size_is_a_chunk_of_its_own() {
        let spans = [span(2, 11, "a", None), span(14, 23, "b", None)];
        assert_eq!(places(&chunks(&text(24, 60), &spans)), [(1, 14, "a"), (15, 24, "b")]);
    }

    #[test]
    fn small_neighbours_are_joined_and_keep_both_names() {
        let spans = [span(0, 1, "a", None), span(2, 3, "b", None)];
        assert_eq!(places(&chunks(&text(4, 20), &spans)), [(1, 4, "a, b")]);
    }

    #[test]
    fn a_large_definition_is_cut_where_its_parts_begin() {
        let spans =
            [span(0, 60, "C", None), span(3, 30, "C.a", Some(0)), span(31, 59, "C.b", Some(0))];
        let chunks = chunks(&text(61, 60), &spans);
        assert_eq!(places(&chunks), [(1, 3, "C"), (4, 31, "C.a"), (32, 61, "C.b, C")]);
    }

    #[test]
    fn a_text_without_definitions_is_cut_into_windows_that_end_at_blank_lines() {
        let text = format!("{}\n{}", text(50, 10), text(50, 10));
        assert_eq!(places(&chunks(&text, &[])), [(1, 50, ""), (52, 101, "")]);
    }

    #[test]
    fn a_line_without_an_end_is_cut_into_parts() {
        let text: String = ('a'..='z').map(|sign| sign.to_string().repeat(LARGE / 13)).collect();
        let chunks = chunks(&text, &[]);
        assert_eq!(places(&chunks), [(1, 1, ""), (1, 1, "")]);
        assert_eq!(chunks.iter().map(|chunk| chunk.text.as_str()).collect::<String>(), text);
    }

    #[test]
    fn definitions_on_one_line_are_in_a_chunk_once() {
        let spans = [span(0, 0, "a", None), span(0, 0, "b", None)];
        assert_eq!(places(&chunks("a; b;\n", &spans)), [(1, 1, "a")]);
    }

    #[test]
    fn a_blank_text_has_no_chunks() {
        assert_eq!(chunks("\n \n\n", &[]), []);
        assert_eq!(chunks("", &[]), []);
    }
}
