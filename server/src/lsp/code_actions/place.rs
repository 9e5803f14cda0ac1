//! The lines of a document that an action is about.

use devika_agent::fenced;
use devika_edit::RelPath;
use tower_lsp::ls_types::{Range, Uri};

use super::comment::{self, Comment};
use crate::lsp::positions::Encoding;
use crate::lsp::session::State;

/// Lines that a prompt quotes at the most.
const MOST_LINES: usize = 60;

/// Characters of them at the most.
const MOST_CHARS: usize = 4_000;

/// Lines of context on each side of a line.
const AROUND: usize = 4;

/// Characters of a selection that can be an answer.
const MOST_WORDS: usize = 500;

/// Lines of a document.
pub(super) struct Place<'s> {
    /// The document, as the client names it.
    pub(super) uri: &'s str,
    /// Its path in its folder.
    pub(super) path: RelPath,
    text: &'s str,
    range: Range,
    encoding: Encoding,
    /// The first of the lines, counted from 0.
    first: usize,
    /// The last of them.
    last: usize,
}

impl<'s> Place<'s> {
    /// The lines of a range; none in what is no file of an open folder, is not open, or may not be
    /// written.
    pub(super) fn of(state: &'s State, uri: &'s Uri, range: Range) -> Option<Self> {
        let root = state.roots.of(uri)?;
        let document = state.documents.get(uri)?;
        let path = document.below(&root)?;
        let first = range.start.line as usize;
        // A selection of whole lines ends before the first character of the next.
        let ends_before = range.end.character == 0 && range.end.line > range.start.line;
        let last = (range.end.line as usize).saturating_sub(usize::from(ends_before)).max(first);
        let (text, encoding) = (document.text.as_str(), state.negotiated.encoding);
        Some(Self { uri: uri.as_str(), path, text, range, encoding, first, last })
    }

    /// Whether something is selected.
    pub(super) fn is_selection(&self) -> bool {
        self.range.start != self.range.end
    }

    /// The same document, at another range's lines.
    pub(super) fn at(&self, range: Range) -> Self {
        let (first, last) = (range.start.line as usize, range.end.line.max(range.start.line));
        Self { path: self.path.clone(), range, first, last: last as usize, ..*self }
    }

    /// The document and lines in words, the lines counted from 1.
    pub(super) fn name(&self) -> String {
        let (first, last) = (self.first + 1, self.last + 1);
        match first == last {
            true => format!("line {first} of `{}`", self.path),
            false => format!("lines {first} to {last} of `{}`", self.path),
        }
    }

    /// The lines, between fences that they cannot end.
    pub(super) fn quote(&self) -> String {
        quote(self.lines(self.first, self.last - self.first + 1))
    }

    /// The lines with some around them.
    pub(super) fn quote_around(&self) -> String {
        let first = self.first.saturating_sub(AROUND);
        quote(self.lines(first, self.last - first + 1 + AROUND))
    }

    /// Whether the lines say something.
    pub(super) fn is_blank(&self) -> bool {
        self.lines(self.first, self.last - self.first + 1).all(|line| line.trim().is_empty())
    }

    /// The comment to Devika that stands here.
    pub(super) fn comment(&self) -> Option<Comment> {
        let from = self.first.saturating_sub(comment::MOST_LINES);
        let lines: Vec<&str> =
            self.lines(from, self.first - from + 1 + comment::MOST_LINES).collect();
        comment::to_devika(&lines, self.first - from)
    }

    /// Whether the first of the lines notes that something is still to be done.
    pub(super) fn is_left_open(&self) -> bool {
        self.lines(self.first, 1).any(comment::is_left_open)
    }

    /// The words that the user shows: what they have selected, or wrote in a comment.
    pub(super) fn words(&self) -> Option<String> {
        if let Some(comment) = self.comment() {
            return Some(comment.words);
        }
        let selected = self.text.get(self.encoding.bytes(self.text, self.range))?.trim();
        let is_answer = !selected.is_empty() && selected.len() <= MOST_WORDS;
        is_answer.then(|| selected.to_owned())
    }

    fn lines(&self, first: usize, count: usize) -> impl Iterator<Item = &'s str> + use<'s> {
        self.text.lines().skip(first).take(count)
    }
}

fn quote<'l>(lines: impl Iterator<Item = &'l str>) -> String {
    let mut text = String::new();
    for (line, number) in lines.zip(1..) {
        if number > MOST_LINES || text.len() + line.len() > MOST_CHARS {
            text.push_str("…\n");
            break;
        }
        text.push_str(line);
        text.push('\n');
    }
    fenced(&text)
}
