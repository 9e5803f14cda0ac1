//! From bytes to text: what a byte-order mark, the server or the page says about the encoding.

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// Bytes at the beginning of a page in which it has to say its encoding, by the HTML standard.
const PRESCAN: usize = 1024;

/// A body as text. What cannot be read in its encoding becomes U+FFFD.
///
/// `declared` is the server's word for the encoding. A byte-order mark goes before it; without
/// either, a page's own `<meta>` counts, then UTF-8 where the bytes are that, then Windows-1252.
pub(super) fn text(body: &[u8], declared: Option<&str>, is_html: bool) -> String {
    let encoding = declared
        .and_then(|label| Encoding::for_label(label.as_bytes()))
        .or_else(|| is_html.then(|| of_meta(body)).flatten())
        .unwrap_or_else(|| match std::str::from_utf8(body) {
            Ok(_) => UTF_8,
            Err(_) => WINDOWS_1252,
        });
    // Looks for a byte-order mark first, and takes it away.
    encoding.decode(body).0.into_owned()
}

/// What `<meta charset=…>` or `<meta http-equiv=content-type content="…charset=…">` say.
fn of_meta(body: &[u8]) -> Option<&'static Encoding> {
    let head = String::from_utf8_lossy(&body[..body.len().min(PRESCAN)]).to_ascii_lowercase();
    let said = head.split("<meta").skip(1).find_map(|rest| {
        let tag = rest.split('>').next()?;
        let (_, value) = tag.split_once("charset")?;
        let value = value.trim_start().strip_prefix('=')?.trim_start_matches([' ', '"', '\'']);
        value.split(['"', '\'', ';', ' ', '/']).next().map(str::to_owned)
    })?;
    let encoding = Encoding::for_label(said.as_bytes())?;
    // The tag could not have been found in it.
    Some(if encoding == UTF_16BE || encoding == UTF_16LE { UTF_8 } else { encoding })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_server_says_the_encoding() {
        assert_eq!(text(b"Gr\xfc\xdfe", Some("ISO-8859-1"), false), "Grüße");
        assert_eq!(text(b"\x83\x65\x83\x58\x83\x67", Some("Shift_JIS"), true), "テスト");
    }

    #[test]
    fn a_page_says_its_encoding_itself() {
        let page = b"<html><meta charset=\"windows-1251\"><p>\xcf\xf0\xe8\xe2\xe5\xf2";
        assert!(text(page, None, true).ends_with("Привет"));
        let page =
            b"<meta http-equiv=Content-Type content='text/html; charset=gbk'>\xc4\xe3\xba\xc3";
        assert!(text(page, None, true).ends_with("你好"));
    }

    #[test]
    fn a_byte_order_mark_goes_before_all_else_and_is_taken_away() {
        assert_eq!(text(b"\xef\xbb\xbfG\xc3\xbcte", Some("latin1"), false), "Güte");
        assert_eq!(text(b"\xff\xfeH\0i\0", None, false), "Hi");
    }

    #[test]
    fn without_a_word_it_is_utf_8_where_it_can_be() {
        assert_eq!(text("naïve".as_bytes(), None, false), "naïve");
        assert_eq!(text(b"na\xefve", None, false), "naïve");
        assert_eq!(text("naïve".as_bytes(), Some("no-such-thing"), false), "naïve");
    }

    #[test]
    fn broken_bytes_are_marked_and_the_rest_is_kept() {
        assert_eq!(text(b"a\xffb", Some("utf-8"), false), "a\u{fffd}b");
    }

    #[test]
    fn a_meta_tag_in_plain_text_is_text() {
        let page = "<meta charset=windows-1251>é";
        assert_eq!(text(page.as_bytes(), None, false), page);
    }

    #[test]
    fn a_page_that_claims_utf_16_in_ascii_is_not_believed() {
        assert_eq!(text(b"<meta charset=utf-16>x", None, true), "<meta charset=utf-16>x");
    }
}
