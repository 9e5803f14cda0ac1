//! Tests that are there stay: a check that passes because its tests are gone shows nothing. Models that
//! cannot make a test pass like to write another one in its place.

use devika_edit::{FileEdit, RelPath};

use crate::stages::trouble::speaks_of_trouble;
use crate::wording::own_words;

/// Words of a user who wants tests away or other ones.
const REMOVAL: [&str; 8] =
    ["remove", "delete", "drop", "replace", "rewrite", "fix the test", "update the test", "move"];

/// What a line begins with that declares a test, in the languages that have a form for it.
const TESTS: [&str; 13] = [
    "def test",
    "async def test",
    "#[test",
    "#[tokio::test",
    "test(",
    "it(",
    "test.each",
    "it.each",
    "func Test",
    "@Test",
    "[Fact",
    "[Test",
    "TEST(",
];

/// Whether a file holds tests, by its path.
pub(crate) fn is_test(path: &str) -> bool {
    let path = path.to_lowercase();
    path.split(['/', '.', '_', '-']).any(|part| matches!(part, "test" | "tests" | "spec"))
}

/// What to say to the model of the first edit that takes away tests which the user relies on.
///
/// Where they speak of something that fails, no line of a test file that is there may go; anywhere, no
/// test. It is theirs to say otherwise, by naming the file or by such words as "remove". Tests that the
/// step itself has made (`is_made`) may turn out to be wrong.
pub(crate) fn takes_away(
    prompt: &str,
    is_made: impl Fn(&RelPath) -> bool,
    edits: &[FileEdit],
) -> Option<String> {
    let words = own_words(prompt).to_lowercase();
    if REMOVAL.iter().any(|word| words.contains(word)) {
        return None;
    }
    let is_trouble = speaks_of_trouble(&words);
    edits.iter().find_map(|edit| {
        let (path, before, after) = match edit {
            FileEdit::Modify { path, before, after } => (path, before.as_str(), after.as_str()),
            FileEdit::Delete { path, before } => (path, before.as_str(), ""),
            _ => return None,
        };
        if !is_test(path.as_str()) || is_made(path) || words.contains(&path.file_name().to_lowercase()) {
            return None;
        }
        let (was, is) = (count(before), count(after));
        if is < was {
            let lost = was - is;
            return Some(format!("`{path}` would lose {lost} of its {was} tests. The tests that are there stay; leave the file out, or add to it."));
        }
        let keeps_all = lines(before).all(|line| lines(after).any(|new| new == line));
        (is_trouble && was > 0 && !keeps_all).then(|| format!("`{path}` holds the tests of the project, which are right. Leave it as it is, and mend what it tests."))
    })
}

/// How many tests a file declares.
fn count(text: &str) -> usize {
    lines(text).filter(|line| TESTS.iter().any(|form| line.starts_with(form))).count()
}

/// The lines that hold something.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO: &str =
        "def test_one():\n    assert f(1) == 1\n\ndef test_two():\n    assert f(2) == 4\n";

    fn edit(path: &str, after: &str) -> [FileEdit; 1] {
        let path = RelPath::new(path).unwrap();
        [FileEdit::Modify { path, before: TWO.to_owned(), after: after.to_owned() }]
    }

    fn said(prompt: &str, path: &str, after: &str) -> Option<String> {
        takes_away(prompt, |path| path.as_str() == "test_new.py", &edit(path, after))
    }

    #[test]
    fn tests_are_not_lost() {
        let one = "def test_other():\n    assert True\n";
        assert_eq!(
            said("Make f quicker", "test_f.py", one).as_deref(),
            Some(
                "`test_f.py` would lose 1 of its 2 tests. The tests that are there stay; leave the file out, or add to it."
            )
        );
        assert_eq!(said("Remove test_one", "test_f.py", one), None, "the user wants it");
        assert_eq!(said("Shorten test_f.py", "test_f.py", one), None, "the user names it");
        assert_eq!(said("Make f quicker", "f.py", one), None, "no file of tests");
        assert_eq!(said("Make f quicker", "test_new.py", one), None, "the step has made it");
    }

    #[test]
    fn where_something_fails_what_the_tests_say_stays() {
        let other = TWO.replace("== 4", "== 3");
        assert_eq!(
            said("The tests fail", "tests/f.py", &other).as_deref(),
            Some(
                "`tests/f.py` holds the tests of the project, which are right. Leave it as it is, and mend what it tests."
            )
        );
        let more = format!("{TWO}\ndef test_three():\n    assert f(3) == 9\n");
        assert_eq!(said("The tests fail", "tests/f.py", &more), None, "tests may be added");
        assert_eq!(
            said("Have f return the cube", "tests/f.py", &other),
            None,
            "f changes, so do its tests"
        );
    }

    #[test]
    fn tests_are_known_by_their_paths() {
        for path in ["tests/test_a.py", "test_a.py", "src/a.test.js", "spec/a_spec.rb", "a_test.go"]
        {
            assert!(is_test(path), "{path}");
        }
        assert!(!is_test("src/contest.py"));
    }
}
