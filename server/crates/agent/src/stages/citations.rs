//! The places in files that an answer names: those that exist become links, the others are marked.

use devika_edit::RelPath;

use crate::context;
use crate::snapshot::Snapshot;

/// Stands behind a place that is not there.
const NOT_THERE: &str = " (no such place)";

/// The answer with each `path:line` that it names outside of code blocks as a link,
/// `[path:line](path#Lline)`; a place that does not exist is marked.
pub(super) fn linked(answer: &str, snapshot: &Snapshot) -> String {
    let paths = context::paths(snapshot);
    let mut text = String::with_capacity(answer.len());
    let mut fence: Option<&str> = None;
    for line in answer.split_inclusive('\n') {
        let bare = line.trim();
        let ticks = &bare[..bare.len() - bare.trim_start_matches('`').len()];
        match fence {
            Some(open) if bare.starts_with(open) => fence = None,
            Some(_) => {}
            None if ticks.len() >= 3 => fence = Some(ticks),
            None => {
                text.push_str(&linked_line(line, snapshot, &paths));
                continue;
            }
        }
        text.push_str(line);
    }
    text
}

/// A place as a model names it.
struct Place<'a> {
    path: &'a str,
    line: usize,
    /// What of the text names it, with the backticks or the link around it.
    whole: &'a str,
}

fn linked_line(line: &str, snapshot: &Snapshot, paths: &[RelPath]) -> String {
    let mut text = String::new();
    let mut rest = line;
    while let Some((before, place)) = next_place(rest) {
        text.push_str(before);
        text.push_str(&link(&place, snapshot, paths));
        rest = &rest[before.len() + place.whole.len()..];
    }
    text.push_str(rest);
    text
}

/// The first place in a text, and what stands before it.
fn next_place(text: &str) -> Option<(&str, Place<'_>)> {
    for (colon, _) in text.match_indices(':') {
        let path = trailing_path(&text[..colon]);
        let digits = text[colon + 1..].bytes().take_while(u8::is_ascii_digit).count();
        if digits == 0 || !path.contains('.') || path.ends_with('.') {
            continue;
        }
        let Ok(line) = text[colon + 1..colon + 1 + digits].parse() else { continue };
        let start = colon - path.len();
        // An address on the web is no place in a file.
        if text[..start].ends_with("//") || text[..start].ends_with(':') {
            continue;
        }
        let (start, end) = with_decoration(text, start, colon + 1 + digits);
        return Some((&text[..start], Place { path, line, whole: &text[start..end] }));
    }
    None
}

/// The characters of a path at the end of a text.
fn trailing_path(text: &str) -> &str {
    let is_part = |c: char| c.is_alphanumeric() || "._-/@+".contains(c);
    let start = text.char_indices().rev().take_while(|(_, c)| is_part(*c)).last();
    start.map_or("", |(start, _)| &text[start..])
}

/// Widens a place to the backticks, or to the link, that it stands in: a range such as `:3-7` too.
fn with_decoration(text: &str, mut start: usize, mut end: usize) -> (usize, usize) {
    let range = text[end..].strip_prefix(['-', '–']);
    if let Some(rest) = range {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        if digits > 0 {
            end = text.len() - rest.len() + digits;
        }
    }
    let in_ticks = text[..start].ends_with('`') && text[end..].starts_with('`');
    if in_ticks {
        (start, end) = (start - 1, end + 1);
    }
    if text[..start].ends_with('[')
        && let Some(target) = text[end..].strip_prefix("](")
        && let Some(close) = target.find(')')
    {
        (start, end) = (start - 1, end + 2 + close + 1);
    }
    (start, end)
}

fn link(place: &Place<'_>, snapshot: &Snapshot, paths: &[RelPath]) -> String {
    let Place { path, line, whole } = place;
    let Some(real) = find(path, snapshot, paths) else { return format!("{whole}{NOT_THERE}") };
    let lines = snapshot.read(&real).map_or(0, |text| text.lines().count());
    if *line == 0 || *line > lines {
        return format!("{whole}{NOT_THERE}");
    }
    // A path may hold what ends a link.
    let target = real.as_str().replace(' ', "%20").replace('(', "%28").replace(')', "%29");
    format!("[{real}:{line}]({target}#L{line})")
}

/// The file that is meant: by its path, or by its name where only one file has it.
fn find(path: &str, snapshot: &Snapshot, paths: &[RelPath]) -> Option<RelPath> {
    let exact = RelPath::new(path.trim_start_matches("./")).ok();
    if let Some(exact) = exact.filter(|path| snapshot.read(path).is_ok()) {
        return Some(exact);
    }
    let mut named = paths.iter().filter(|known| known.file_name() == path);
    let (one, None) = (named.next()?, named.next()) else { return None };
    Some(one.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(answer: &str) -> String {
        let path = |text: &str| RelPath::new(text).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        std::fs::create_dir(root.join("src")).unwrap();
        std::fs::write(root.join("src/main.rs"), "one\ntwo\n").unwrap();
        let open = [(path("a.py"), "x\n".to_owned())].into();
        linked(answer, &Snapshot::new(root, open))
    }

    #[test]
    fn a_place_becomes_a_link_however_it_is_named() {
        let link = "[src/main.rs:2](src/main.rs#L2)";
        for place in [
            "src/main.rs:2",
            "`src/main.rs:2`",
            "`main.rs:2`",
            "./src/main.rs:2",
            "[src/main.rs:2](src/main.rs#L2)",
            "[`src/main.rs:2`](https://example.org/wrong)",
            "`src/main.rs:2-7`",
        ] {
            assert_eq!(said(&format!("See {place}, there.")), format!("See {link}, there."));
        }
    }

    #[test]
    fn a_place_that_does_not_exist_is_marked() {
        assert_eq!(said("In `a.py:9`."), "In `a.py:9` (no such place).");
        assert_eq!(said("In b.py:1."), "In b.py:1 (no such place).");
        assert_eq!(said("In ../../secret.txt:1."), "In ../../secret.txt:1 (no such place).");
    }

    #[test]
    fn what_is_no_place_stays_as_it_is() {
        for text in [
            "At 12:30, version 1.2: fine.",
            "http://localhost.example:8080/x",
            "```\na.py:1\n```\n",
            "Note: `a.py` does it.",
        ] {
            assert_eq!(said(text), text);
        }
    }
}
