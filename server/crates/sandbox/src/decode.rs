//! UTF-8 that arrives in pieces cut anywhere.

/// Turns bytes into text; a character cut by a piece's end waits for the next piece.
#[derive(Debug, Default)]
pub(crate) struct Decoder {
    /// The start of a character: at most 3 bytes.
    cut: Vec<u8>,
}

impl Decoder {
    /// The text of `piece`, with U+FFFD for what is not UTF-8.
    pub(crate) fn push(&mut self, piece: &[u8]) -> String {
        let mut bytes = std::mem::take(&mut self.cut);
        bytes.extend_from_slice(piece);

        let mut text = String::with_capacity(bytes.len());
        let mut chunks = bytes.utf8_chunks().peekable();
        while let Some(chunk) = chunks.next() {
            text.push_str(chunk.valid());
            if chunks.peek().is_none() && is_cut(chunk.invalid()) {
                self.cut = chunk.invalid().to_vec();
            } else if !chunk.invalid().is_empty() {
                text.push(char::REPLACEMENT_CHARACTER);
            }
        }
        text
    }

    /// What is left when no more comes.
    pub(crate) fn finish(self) -> &'static str {
        if self.cut.is_empty() { "" } else { "\u{fffd}" }
    }
}

/// Whether more bytes could make a character of `invalid`, rather than it being wrong already.
fn is_cut(invalid: &[u8]) -> bool {
    str::from_utf8(invalid).is_err_and(|e| e.error_len().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(pieces: &[&[u8]]) -> Vec<String> {
        let mut decoder = Decoder::default();
        let mut texts: Vec<_> = pieces.iter().map(|piece| decoder.push(piece)).collect();
        texts.push(decoder.finish().to_owned());
        texts
    }

    #[test]
    fn a_character_in_four_pieces_comes_whole() {
        assert_eq!(decode(&[b"a\xf0", b"\x9f", b"\xa6", b"\x80b"]), ["a", "", "", "🦀b", ""]);
    }

    #[test]
    fn bytes_that_are_no_text_are_replaced_and_hold_nothing_up() {
        assert_eq!(decode(&[b"a\xffb\xff", b"c"]), ["a\u{fffd}b\u{fffd}", "c", ""]);
    }

    #[test]
    fn a_character_that_never_ends_is_replaced() {
        assert_eq!(decode(&[b"a\xe2\x82"]), ["a", "\u{fffd}"]);
        assert_eq!(decode(&[b"\xe2", b"x"]), ["", "\u{fffd}x", ""]);
    }
}
