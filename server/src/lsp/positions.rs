//! Positions as LSP counts them, and offsets into text as bytes.

use tower_lsp::ls_types::{GeneralClientCapabilities, Position, PositionEncodingKind, Range};

/// The unit that positions within a line are counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Encoding {
    Utf8,
    /// What LSP assumes where nothing is agreed.
    #[default]
    Utf16,
    Utf32,
}

impl Encoding {
    /// The best unit of those the client offers: bytes need no counting.
    pub(super) fn negotiate(general: Option<&GeneralClientCapabilities>) -> Self {
        let offered = general.and_then(|general| general.position_encodings.as_deref());
        let offers = |kind| offered.is_some_and(|offered| offered.contains(&kind));
        if offers(PositionEncodingKind::UTF8) {
            Self::Utf8
        } else if offers(PositionEncodingKind::UTF16) || !offers(PositionEncodingKind::UTF32) {
            Self::Utf16
        } else {
            Self::Utf32
        }
    }

    /// As the protocol names it.
    pub(super) fn kind(self) -> PositionEncodingKind {
        match self {
            Self::Utf8 => PositionEncodingKind::UTF8,
            Self::Utf16 => PositionEncodingKind::UTF16,
            Self::Utf32 => PositionEncodingKind::UTF32,
        }
    }

    fn units(self, c: char) -> usize {
        match self {
            Self::Utf8 => c.len_utf8(),
            Self::Utf16 => c.len_utf16(),
            Self::Utf32 => 1,
        }
    }

    /// The bytes of `range` in `text`. A character behind the end of its line is the end of the
    /// line, a line behind the end of the text is the end of the text, a position within a
    /// character is before it, and an end before the start is the start.
    pub(super) fn bytes(self, text: &str, range: Range) -> std::ops::Range<usize> {
        let start = self.offset(text, range.start);
        start..self.offset(text, range.end).max(start)
    }

    fn offset(self, text: &str, position: Position) -> usize {
        let Some(start) = line_start(text, position.line) else { return text.len() };
        let line = &text[start..];
        let wanted = position.character as usize;
        let mut units = 0;
        for (at, c) in line.char_indices() {
            units += self.units(c);
            if matches!(c, '\n' | '\r') || units > wanted {
                return start + at;
            }
        }
        text.len()
    }
}

/// Where a line begins. Lines end with LF, CRLF or CR alone.
fn line_start(text: &str, line: u32) -> Option<usize> {
    if line == 0 {
        return Some(0);
    }
    line_ends(text.as_bytes()).nth(line as usize - 1)
}

/// Where each line ends, its line end included.
fn line_ends(bytes: &[u8]) -> impl Iterator<Item = usize> {
    bytes.iter().enumerate().filter_map(|(at, byte)| match byte {
        b'\n' => Some(at + 1),
        b'\r' if bytes.get(at + 1) != Some(&b'\n') => Some(at + 1),
        _ => None,
    })
}

/// Turns growing offsets into positions, in one walk over the text.
pub(super) struct Walk<'t> {
    text: &'t str,
    encoding: Encoding,
    offset: usize,
    position: Position,
}

impl<'t> Walk<'t> {
    pub(super) fn over(text: &'t str, encoding: Encoding) -> Self {
        Self { text, encoding, offset: 0, position: Position::new(0, 0) }
    }

    /// The position of an offset, which is on a character's boundary and not before the last one.
    pub(super) fn to(&mut self, offset: usize) -> Position {
        let passed = &self.text[self.offset..offset];
        let mut line = 0;
        for end in line_ends(passed.as_bytes()) {
            self.position.line += 1;
            self.position.character = 0;
            line = end;
        }
        let units: usize = passed[line..].chars().map(|c| self.encoding.units(c)).sum();
        self.position.character += u32::try_from(units).unwrap_or(u32::MAX);
        self.offset = offset;
        self.position
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offset(encoding: Encoding, text: &str, line: u32, character: u32) -> usize {
        encoding.offset(text, Position::new(line, character))
    }

    #[test]
    fn a_position_counts_the_units_that_were_agreed() {
        let text = "a\n😀é!\n";
        assert_eq!(offset(Encoding::Utf8, text, 1, 6), text.find('!').unwrap());
        assert_eq!(offset(Encoding::Utf16, text, 1, 3), text.find('!').unwrap());
        assert_eq!(offset(Encoding::Utf32, text, 1, 2), text.find('!').unwrap());
    }

    #[test]
    fn a_position_out_of_range_is_clamped() {
        let text = "ab\r\ncd\re\nlast";
        assert_eq!(offset(Encoding::Utf16, text, 0, 99), 2, "the end of the line");
        assert_eq!(offset(Encoding::Utf16, text, 1, 99), 6, "a CR alone ends a line");
        assert_eq!(offset(Encoding::Utf16, text, 2, 99), 8);
        assert_eq!(offset(Encoding::Utf16, text, 3, 99), text.len());
        assert_eq!(offset(Encoding::Utf16, text, 99, 0), text.len(), "the end of the text");
        assert_eq!(offset(Encoding::Utf16, "😀", 0, 1), 0, "before the character it is within");
        let backwards = Range::new(Position::new(3, 2), Position::new(0, 0));
        assert_eq!(Encoding::Utf8.bytes(text, backwards), 11..11);
    }

    #[test]
    fn a_walk_finds_the_position_of_each_offset() {
        let text = "a😀\r\nb\rc\n\nd";
        for encoding in [Encoding::Utf8, Encoding::Utf16, Encoding::Utf32] {
            let mut walk = Walk::over(text, encoding);
            for at in (0..=text.len()).filter(|at| text.is_char_boundary(*at) && *at != 6) {
                assert_eq!(encoding.offset(text, walk.to(at)), at, "{encoding:?} {at}");
            }
        }
    }

    #[test]
    fn bytes_are_agreed_where_the_client_offers_them() {
        let offers = |kinds: &[PositionEncodingKind]| {
            Encoding::negotiate(Some(&GeneralClientCapabilities {
                position_encodings: Some(kinds.to_vec()),
                ..Default::default()
            }))
        };
        use PositionEncodingKind as Kind;
        assert_eq!(offers(&[Kind::UTF16, Kind::UTF8]), Encoding::Utf8);
        assert_eq!(offers(&[Kind::UTF32, Kind::UTF16]), Encoding::Utf16);
        assert_eq!(offers(&[Kind::UTF32]), Encoding::Utf32);
        assert_eq!(Encoding::negotiate(None), Encoding::Utf16);
    }
}
