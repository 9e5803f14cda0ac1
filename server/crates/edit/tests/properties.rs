//! What holds for any text.

use std::collections::BTreeMap;

use devika_edit::{FileEdit, Files, RelPath, merge3, parse, resolve, unified};
use proptest::prelude::*;

struct Project(BTreeMap<String, String>);

impl Files for Project {
    fn read(&self, path: &RelPath) -> Result<Option<String>, String> {
        Ok(self.0.get(path.as_str()).cloned())
    }

    fn find_by_name(&self, _: &str) -> Vec<RelPath> {
        Vec::new()
    }
}

fn project(text: &str) -> Project {
    Project(BTreeMap::from([("a.py".to_owned(), text.to_owned())]))
}

/// Pieces that answers are made of, in any order.
fn answer_like() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("```python\n"),
        Just("```\n"),
        Just("````md\n"),
        Just("File: `a.py`\n"),
        Just("<<<<<<< SEARCH\n"),
        Just("=======\n"),
        Just(">>>>>>> REPLACE\n"),
        Just("...\n"),
        Just("Delete: `a.py`\n"),
        Just("Rename: `a.py` -> `b.py`\n"),
        Just("x = 1\n"),
        Just("    y = 2\n"),
        Just("\n"),
        Just("é“\u{a0}”\r\n"),
        Just("**a.py**\n"),
    ];
    proptest::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

fn lines() -> impl Strategy<Value = Vec<String>> {
    proptest::collection::vec("[ \t]{0,4}[a-z(){}]{0,6}", 1..30)
}

proptest! {
    #[test]
    fn nothing_panics_whatever_a_model_writes(answer in ".{0,400}", text in "(?s).{0,200}") {
        if let Ok(answer) = parse(&answer) {
            drop(resolve(&answer, &project(&text)));
        }
    }

    #[test]
    fn nothing_panics_on_anything_like_an_answer(answer in answer_like(), text in answer_like()) {
        if let Ok(answer) = parse(&answer) {
            drop(resolve(&answer, &project(&text)));
        }
    }

    #[test]
    fn a_complaint_is_under_2000_characters(answer in answer_like(), text in answer_like()) {
        let refused = parse(&answer).and_then(|answer| resolve(&answer, &project(&text)));
        if let Err(complaint) = refused {
            prop_assert!(complaint.to_string().chars().count() < 2_000);
        }
    }

    #[test]
    fn an_exact_block_in_one_place_makes_exactly_its_change(
        lines in lines(), at in 0_usize..30, length in 1_usize..8, new in "[a-z]{1,9}",
    ) {
        let at = at % lines.len();
        let end = (at + length).min(lines.len());
        let shown = &lines[at..end];
        prop_assume!(shown.iter().any(|line| !line.trim().is_empty()));
        prop_assume!(lines.windows(shown.len()).filter(|window| *window == shown).count() == 1);
        let join = |lines: &[String]| lines.iter().map(|line| format!("{line}\n")).collect::<String>();
        let answer = format!(
            "File: `a.py`\n<<<<<<< SEARCH\n{}=======\n{new}\n>>>>>>> REPLACE\n", join(shown)
        );
        let before = join(&lines);
        let after = format!("{}{new}\n{}", join(&lines[..at]), join(&lines[end..]));
        prop_assume!(before != after);
        let edits = resolve(&parse(&answer).unwrap(), &project(&before)).unwrap();
        let path = RelPath::new("a.py").unwrap();
        prop_assert_eq!(edits, [FileEdit::Modify { path, before, after }]);
    }

    #[test]
    fn a_merge_with_a_side_that_changed_nothing_is_the_other(base in lines(), other in lines()) {
        let (base, other) = (base.join("\n"), other.join("\n"));
        prop_assert_eq!(merge3(&base, &base, &other), Ok(other.clone()));
        prop_assert_eq!(merge3(&base, &other, &base), Ok(other.clone()));
        prop_assert_eq!(merge3(&base, &other, &other), Ok(other));
    }

    #[test]
    fn a_diff_counts_the_lines_that_it_shows(before in lines(), after in lines()) {
        let (before, after) = (before.join("\n") + "\n", after.join("\n") + "\n");
        let diff = unified("a", Some(&before), Some(&after));
        let shown = |sign: char| diff.text.lines().skip(2).filter(|l| l.starts_with(sign)).count();
        prop_assert_eq!((diff.added as usize, diff.removed as usize), (shown('+'), shown('-')));
    }

    #[test]
    fn a_path_that_is_accepted_stays_inside_and_outside_of_git(text in "[./\\\\a-zGIT~: %]{0,24}") {
        if let Ok(path) = RelPath::new(&text) {
            let inside = path.as_str().split('/').all(|part| !matches!(part, "" | "." | ".."));
            prop_assert!(inside, "{}", path);
            prop_assert!(!path.as_str().to_lowercase().split('/').any(|part| part == ".git"));
            prop_assert_eq!(RelPath::new(path.as_str()), Ok(path));
        }
    }
}
