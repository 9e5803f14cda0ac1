//! From what a program writes to a terminal to what a person reads there.

use crate::excerpt::Excerpt;

/// A line longer than this is handed on before its end, and no longer folded: 64 KiB.
const LONGEST_HELD_LINE: usize = 64 * 1024;

/// Strips escape sequences and control characters, and keeps the last state of each line that was
/// redrawn by carriage returns or backspaces.
#[derive(Debug)]
pub(crate) struct Reader {
    state: State,
    line: String,
    /// The cursor is at the line's start, because of a carriage return: text replaces the line.
    returned: bool,
    read: Excerpt,
}

/// Where in an escape sequence (ECMA-48) the text is.
#[derive(Debug, Clone, Copy)]
enum State {
    Text,
    /// After ESC, and perhaps intermediate bytes.
    Escape,
    /// `ESC [ …` until a final byte: colours, cursor movement.
    Control,
    /// `ESC ] …` and the like, until BEL or `ESC \`: titles, links.
    Str,
}

impl Reader {
    /// Keeps at most `limit` bytes.
    pub(crate) fn new(limit: usize) -> Self {
        Self { state: State::Text, line: String::new(), returned: false, read: Excerpt::new(limit) }
    }

    /// Reads on.
    pub(crate) fn push(&mut self, text: &str) {
        for c in text.chars() {
            self.state = self.next(c);
        }
    }

    /// All that was read.
    pub(crate) fn finish(mut self) -> String {
        self.read.push(&self.line);
        self.read.finish()
    }

    fn next(&mut self, c: char) -> State {
        match (self.state, c) {
            (State::Text | State::Control | State::Escape | State::Str, '\x1b') => State::Escape,
            (State::Escape, '[') | (State::Text, '\u{9b}') => State::Control,
            (State::Escape, ']' | 'P' | 'X' | '^' | '_') => State::Str,
            (State::Escape, ' '..='/') | (State::Control, ' '..='?') => self.state,
            (State::Escape, '0'..='~') | (State::Control, '@'..='~') => State::Text,
            (State::Str, '\x07' | '\u{9c}') => State::Text,
            // A string that is never ended must not swallow all that follows.
            (State::Str, c) if c != '\n' => State::Str,
            (_, c) => {
                self.show(c);
                State::Text
            }
        }
    }

    fn show(&mut self, c: char) {
        match c {
            '\n' => {
                self.line.push(c);
                self.hand_on();
            }
            '\r' => self.returned = true,
            '\x08' => {
                self.line.pop();
            }
            c if c.is_control() && c != '\t' => {}
            c => {
                if std::mem::take(&mut self.returned) {
                    self.line.clear();
                }
                self.line.push(c);
                if self.line.len() >= LONGEST_HELD_LINE {
                    self.hand_on();
                }
            }
        }
    }

    fn hand_on(&mut self) {
        self.read.push(&self.line);
        self.line.clear();
        self.returned = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> String {
        let mut reader = Reader::new(1 << 20);
        reader.push(text);
        reader.finish()
    }

    #[test]
    fn plain_text_stays_as_it_is() {
        assert_eq!(read("a\tb\n\nüñ🦀\nlast"), "a\tb\n\nüñ🦀\nlast");
    }

    #[test]
    fn colours_titles_links_and_other_sequences_are_gone() {
        assert_eq!(read("\x1b[1;31mred\x1b[0m \x1b[38:2::1:2:3mx\x1b[m"), "red x");
        assert_eq!(
            read("\x1b]0;title\x07a \x1b]8;;https://a.example\x1b\\link\x1b]8;;\x1b\\"),
            "a link"
        );
        assert_eq!(read("\x1b(Ba\x1b=b\x1b7c\x1bPq#0\x1b\\d"), "abcd");
        assert_eq!(read("a\x00\x07b"), "ab");
    }

    #[test]
    fn a_sequence_may_be_cut_anywhere() {
        let mut reader = Reader::new(100);
        for piece in ["a\x1b", "[3", "1mb\x1b]0;t", "\x1b", "\\c"] {
            reader.push(piece);
        }
        assert_eq!(reader.finish(), "abc");
    }

    #[test]
    fn a_title_that_is_never_ended_swallows_no_more_than_its_line() {
        assert_eq!(read("\x1b]0;oops\nnext\n"), "\nnext\n");
    }

    #[test]
    fn a_progress_line_is_read_in_its_last_state() {
        assert_eq!(read("1%\r\x1b[K50%\r\x1b[K100%\ndone\n"), "100%\ndone\n");
        assert_eq!(read("|\x08/\x08-\x08ok\n"), "ok\n");
        assert_eq!(read("1%\r50%\r"), "50%");
    }

    #[test]
    fn line_ends_of_windows_are_line_ends() {
        assert_eq!(read("a\r\nb\r\r\n"), "a\nb\n");
    }
}
