//! What a change looks like to a person.

use similar::{ChangeTag, TextDiff};

/// A change as a unified diff, with its size.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Diff {
    /// In the unified format with three lines of context; empty where nothing changed.
    pub text: String,
    /// Lines that are new.
    pub added: u32,
    /// Lines that are gone.
    pub removed: u32,
}

/// The change of the file at `path` from `before` to `after`; `None` is a file that is not there.
pub fn unified(path: &str, before: Option<&str>, after: Option<&str>) -> Diff {
    let diff = TextDiff::from_lines(before.unwrap_or_default(), after.unwrap_or_default());
    let count = |tag| {
        let changed = diff.iter_all_changes().filter(|change| change.tag() == tag).count();
        u32::try_from(changed).unwrap_or(u32::MAX)
    };
    let name = |side: char, text: Option<&str>| match text {
        Some(_) => format!("{side}/{path}"),
        None => "/dev/null".to_owned(),
    };
    let text = diff.unified_diff().header(&name('a', before), &name('b', after)).to_string();
    Diff { text, added: count(ChangeTag::Insert), removed: count(ChangeTag::Delete) }
}

/// Lines that a change adds, one after the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Added {
    /// Where they stand after it, counted from 1.
    pub line: usize,
    /// The lines, with their endings.
    pub text: String,
}

/// What a change adds to a text.
pub fn added(before: &str, after: &str) -> Vec<Added> {
    let diff = TextDiff::from_lines(before, after);
    let mut all: Vec<Added> = Vec::new();
    let mut next = 0;
    for change in diff.iter_all_changes().filter(|change| change.tag() == ChangeTag::Insert) {
        let line = change.new_index().map_or(0, |index| index + 1);
        match all.last_mut().filter(|_| line == next) {
            Some(last) => last.text.push_str(change.value()),
            None => all.push(Added { line, text: change.value().to_owned() }),
        }
        next = line + 1;
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_change_adds_stands_where_it_is_afterwards() {
        let added = added("one\ntwo\n", "zero\none\n2\ntwo\nthree\nfour");
        let at = |line, text: &str| Added { line, text: text.to_owned() };
        assert_eq!(added, [at(1, "zero\n"), at(3, "2\n"), at(5, "three\nfour")]);
    }

    #[test]
    fn a_change_shows_its_lines_and_counts_them() {
        let diff = unified("a.py", Some("one\ntwo\nthree\n"), Some("one\n2\nthree\nfour\n"));
        assert_eq!((diff.added, diff.removed), (2, 1));
        insta::assert_snapshot!(diff.text, @r"
        --- a/a.py
        +++ b/a.py
        @@ -1,3 +1,4 @@
         one
        -two
        +2
         three
        +four
        ");
    }

    #[test]
    fn a_new_file_comes_from_nowhere() {
        let diff = unified("a.py", None, Some("one\n"));
        assert_eq!((diff.added, diff.removed), (1, 0));
        assert!(diff.text.starts_with("--- /dev/null\n+++ b/a.py\n"), "{}", diff.text);
    }

    #[test]
    fn nothing_changed_is_an_empty_diff() {
        assert_eq!(unified("a.py", Some("one\n"), Some("one\n")), Diff::default());
    }
}
