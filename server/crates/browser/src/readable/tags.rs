//! Tags that are no tags for people: their attributes alone would keep a parser busy, which compares
//! each with all before it.

/// Bytes of one tag. Pictures that are part of a page are longer, and are not looked at.
const TAG_BYTES: usize = 8 * 1024;

/// Elements whose text is no markup, and is not read.
const RAW: [&[u8]; 2] = [b"script", b"style"];

/// The page without tags that are too long, and without scripts and styles.
pub(super) fn without_huge(html: &str) -> String {
    let bytes = html.as_bytes();
    let mut kept = String::with_capacity(html.len());
    let mut from = 0;
    let mut at = 0;
    while let Some(next) = memchr(b'<', bytes, at) {
        let end = match bytes.get(next + 1) {
            Some(b'!') if bytes[next..].starts_with(b"<!--") => {
                find(bytes, next + 2, b"-->").map_or(bytes.len(), |at| at + 3)
            }
            Some(b'/' | b'a'..=b'z' | b'A'..=b'Z') => end_of_tag(bytes, next),
            _ => {
                at = next + 1;
                continue;
            }
        };
        let raw = RAW.into_iter().find(|name| is_start_of(bytes, next, name));
        let end = match raw {
            Some(name) => end_of_raw(bytes, end, name),
            None => end,
        };
        if raw.is_some() || end - next > TAG_BYTES {
            kept.push_str(&html[from..next]);
            from = end;
        }
        at = end;
    }
    kept.push_str(&html[from..]);
    kept
}

/// Behind a tag's `>`, which does not end it within quotes; these begin behind a `=`.
fn end_of_tag(bytes: &[u8], start: usize) -> usize {
    let mut quote = None;
    let mut last = b' ';
    for (at, byte) in bytes.iter().enumerate().skip(start) {
        match quote {
            Some(open) if *byte == open => quote = None,
            Some(_) => {}
            None if *byte == b'>' => return at + 1,
            None if matches!(byte, b'"' | b'\'') && last == b'=' => quote = Some(*byte),
            None => {}
        }
        if !byte.is_ascii_whitespace() {
            last = *byte;
        }
    }
    bytes.len()
}

fn is_start_of(bytes: &[u8], at: usize, name: &[u8]) -> bool {
    let (start, end) = (at + 1, at + 1 + name.len());
    bytes.get(start..end).is_some_and(|it| it.eq_ignore_ascii_case(name))
        && bytes.get(end).is_none_or(|after| !after.is_ascii_alphanumeric() && *after != b'-')
}

/// Behind the end tag of an element whose text is no markup.
fn end_of_raw(bytes: &[u8], from: usize, name: &[u8]) -> usize {
    let mut at = from;
    while let Some(next) = memchr(b'<', bytes, at) {
        if bytes.get(next + 1) == Some(&b'/') && is_start_of(bytes, next + 1, name) {
            return end_of_tag(bytes, next);
        }
        at = next + 1;
    }
    bytes.len()
}

fn memchr(byte: u8, bytes: &[u8], from: usize) -> Option<usize> {
    bytes.get(from..)?.iter().position(|it| *it == byte).map(|at| at + from)
}

fn find(bytes: &[u8], from: usize, needle: &[u8]) -> Option<usize> {
    bytes.get(from..)?.windows(needle.len()).position(|it| it == needle).map(|at| at + from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_and_huge_tags_go_and_all_else_stays() {
        let picture = format!("<img alt='a>b' src=\"data:{}\">", "x>".repeat(TAG_BYTES));
        let page = format!(
            "a < b<SCRIPT>if (a<b) '</p>'</Script ><p it's=1>c{picture}<!-- <script> -->d<style-x>e"
        );
        assert_eq!(without_huge(&page), "a < b<p it's=1>c<!-- <script> -->d<style-x>e");
        assert_eq!(without_huge("<p>ü<script>ü"), "<p>ü");
    }
}
