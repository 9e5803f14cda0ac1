//! The beginning and the end of a long text.

/// Keeps the first and the last half of `limit` bytes of what it is given, cut at line ends where
/// there are some near, and counts what is left out between.
#[derive(Debug)]
pub(crate) struct Excerpt {
    half: usize,
    head: String,
    /// Set once the head is full: from then on all goes to the tail.
    head_is_full: bool,
    /// At most two halves long, so that dropping its start costs little per byte.
    tail: String,
    left_out: LeftOut,
}

#[derive(Debug, Default)]
struct LeftOut {
    bytes: usize,
    lines: usize,
}

impl LeftOut {
    fn count(&mut self, text: &str) {
        self.bytes += text.len();
        self.lines += text.bytes().filter(|byte| *byte == b'\n').count();
    }
}

impl Excerpt {
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            half: limit / 2,
            head: String::new(),
            head_is_full: false,
            tail: String::new(),
            left_out: LeftOut::default(),
        }
    }

    pub(crate) fn push(&mut self, mut text: &str) {
        if !self.head_is_full {
            let fits = text.floor_char_boundary(self.half - self.head.len());
            let (first, rest) = text.split_at(fits);
            self.head.push_str(first);
            self.head_is_full = !rest.is_empty();
            text = rest;
        }
        self.tail.push_str(text);
        if self.tail.len() > 2 * self.half {
            self.shorten_tail();
        }
    }

    /// The text; if it was too long, with a line that says how much is missing.
    pub(crate) fn finish(mut self) -> String {
        if self.tail.len() > self.half {
            self.shorten_tail();
        }
        if self.left_out.bytes == 0 {
            return self.head + &self.tail;
        }
        self.cut_at_line_ends();
        let LeftOut { bytes, lines } = self.left_out;
        let end = if self.head.is_empty() || self.head.ends_with('\n') { "" } else { "\n" };
        format!("{}{end}[… {lines} lines, {bytes} bytes left out …]\n{}", self.head, self.tail)
    }

    fn shorten_tail(&mut self) {
        let from = self.tail.ceil_char_boundary(self.tail.len() - self.half);
        self.left_out.count(&self.tail[..from]);
        self.tail.drain(..from);
    }

    /// Gives up half lines next to the gap, unless that is more than a quarter of what is kept.
    fn cut_at_line_ends(&mut self) {
        let most = self.half / 4;
        let head_end = self.head.rfind('\n').map_or(0, |at| at + 1);
        if self.head.len() - head_end <= most {
            self.left_out.count(&self.head.split_off(head_end));
        }
        let tail_start = self.tail.find('\n').map_or(self.tail.len(), |at| at + 1);
        if tail_start <= most {
            self.left_out.count(&self.tail[..tail_start]);
            self.tail.drain(..tail_start);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn excerpt(limit: usize, pieces: impl IntoIterator<Item = impl AsRef<str>>) -> String {
        let mut excerpt = Excerpt::new(limit);
        pieces.into_iter().for_each(|piece| excerpt.push(piece.as_ref()));
        excerpt.finish()
    }

    #[test]
    fn a_text_within_the_limit_is_kept_whole() {
        assert_eq!(excerpt(10, ["12345", "67890"]), "1234567890");
    }

    #[test]
    fn a_long_text_loses_whole_lines_in_the_middle() {
        let lines = (1..=1000).map(|n| format!("line {n}\n"));
        insta::assert_snapshot!(excerpt(80, lines), @r"
        line 1
        line 2
        line 3
        line 4
        line 5
        [… 991 lines, 8821 bytes left out …]
        line 997
        line 998
        line 999
        line 1000
        ");
    }

    #[test]
    fn one_long_line_is_cut_between_characters() {
        assert_eq!(excerpt(10, ["ä".repeat(50)]), "ää\n[… 0 lines, 92 bytes left out …]\nää");
    }

    #[test]
    fn a_limit_of_nothing_still_says_how_much_there_was() {
        assert_eq!(excerpt(0, ["a\n"]), "[… 1 lines, 2 bytes left out …]\n");
    }

    #[test]
    fn what_is_kept_and_what_is_left_out_add_up() {
        for limit in 0..60 {
            let text: String = (0..20).map(|n| format!("é{n}\n")).collect();
            let shown = excerpt(limit, text.split_inclusive('\n'));
            let Some((head, rest)) = shown.split_once("[… ") else { continue };
            let (note, tail) = rest.split_once("]\n").unwrap();
            let left_out: usize = note.split(' ').nth(2).unwrap().parse().unwrap();
            // The note starts a line of its own, for which a cut line is ended.
            let kept = text.len() - left_out - tail.len();
            assert!([head.len(), head.trim_end().len()].contains(&kept), "limit {limit}: {shown}");
        }
    }
}
