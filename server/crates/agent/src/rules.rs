//! The user's conventions for a project: the `AGENTS.md` files from the root to the folders that a
//! step touches. They are quoted to the planner and the coder; they change how code is written, and
//! nothing of what Devika may do.

use devika_edit::RelPath;

use crate::snapshot::Snapshot;

/// The name of the files.
const NAME: &str = "AGENTS.md";

/// Characters of all rules together at the most, for a small model and for a large one.
const LIMIT: (usize, usize) = (1_500, 12_000);

/// The rules for a request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Rules {
    /// Quoted, the nearest folder's first; empty where there are none.
    pub(crate) text: String,
    /// What the user should know: rules that are cut, or that hide characters.
    pub(crate) warnings: Vec<String>,
}

/// The rules of the project as a whole, which every request begins with.
pub(crate) fn of_project(snapshot: &Snapshot, small: bool) -> Rules {
    quote(snapshot, vec![String::new()], small)
}

/// The rules of the folders below the root that hold these files, the nearest first.
pub(crate) fn of_folders(snapshot: &Snapshot, files: &[RelPath], small: bool) -> Rules {
    let mut folders: Vec<String> = Vec::new();
    for file in files {
        let mut folder = file.as_str();
        while let Some((above, _)) = folder.rsplit_once('/') {
            folder = above;
            if !folders.iter().any(|known| known == folder) {
                folders.push(folder.to_owned());
            }
        }
    }
    folders.sort_by_key(|folder| std::cmp::Reverse(folder.matches('/').count()));
    quote(snapshot, folders, small)
}

fn quote(snapshot: &Snapshot, folders: Vec<String>, small: bool) -> Rules {
    let mut left = if small { LIMIT.0 } else { LIMIT.1 };
    let mut rules = Rules::default();
    for folder in folders {
        let path = if folder.is_empty() { NAME.to_owned() } else { format!("{folder}/{NAME}") };
        let Some(text) = RelPath::new(&path).ok().and_then(|path| snapshot.read(&path).ok()) else {
            continue;
        };
        let (mut visible, hidden) = without_hidden(&text);
        if hidden > 0 {
            rules.warnings.push(format!(
                "`{path}` holds {hidden} characters that cannot be seen; they are left out of what the model reads."
            ));
        }
        if visible.chars().count() > left {
            visible = visible.chars().take(left).collect();
            rules.warnings.push(format!("`{path}` is long; the model reads its beginning."));
        }
        left -= visible.chars().count();
        if visible.trim().is_empty() {
            continue;
        }
        // A quote by `>` cannot be ended from within.
        let quoted: String = visible.trim().lines().map(|line| format!("> {line}\n")).collect();
        rules.text.push_str(&format!("From `{path}`:\n{quoted}"));
    }
    rules.text.truncate(rules.text.trim_end().len());
    rules
}

/// The text without the characters that a person does not see and a model reads: zero-width ones,
/// those that turn the direction of writing, and tags; and how many there were.
pub(crate) fn without_hidden(text: &str) -> (String, usize) {
    let is_hidden = |c: char| {
        matches!(
            c,
            '\u{200b}'..='\u{200f}'
                | '\u{202a}'..='\u{202e}'
                | '\u{2060}'..='\u{2069}'
                | '\u{feff}'
                | '\u{e0000}'..='\u{e007f}'
        )
    };
    // A byte-order mark at the beginning hides nothing.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let visible: String = text.chars().filter(|c| !is_hidden(*c)).collect();
    let hidden = text.chars().count() - visible.chars().count();
    (visible, hidden)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn path(text: &str) -> RelPath {
        RelPath::new(text).unwrap()
    }

    fn project(files: &[(&str, &str)]) -> (tempfile::TempDir, Snapshot) {
        let folder = tempfile::tempdir().unwrap();
        let open = files.iter().map(|(name, text)| (path(name), (*text).to_owned())).collect();
        let snapshot = Snapshot::new(folder.path().to_path_buf(), open);
        (folder, snapshot)
    }

    #[test]
    fn the_nearest_rules_come_first_and_are_quoted() {
        let (_folder, snapshot) = project(&[
            ("AGENTS.md", "Use tabs.\n"),
            ("a/AGENTS.md", "Use four spaces.\n```\nnot a fence\n"),
            ("a/b/AGENTS.md", "Use two spaces.\n"),
        ]);
        let rules = of_folders(&snapshot, &[path("a/b/c.py"), path("d.py")], false);
        insta::assert_snapshot!(rules.text, @r#"
        From `a/b/AGENTS.md`:
        > Use two spaces.
        From `a/AGENTS.md`:
        > Use four spaces.
        > ```
        > not a fence
        "#);
        assert_eq!(of_project(&snapshot, false).text, "From `AGENTS.md`:\n> Use tabs.");
    }

    #[test]
    fn characters_that_nobody_sees_are_left_out_and_told_of() {
        let (_folder, snapshot) = project(&[("AGENTS.md", "Use\u{200b} tabs.\u{e0041}\u{202e}")]);
        let rules = of_project(&snapshot, false);
        assert_eq!(rules.text, "From `AGENTS.md`:\n> Use tabs.");
        assert_eq!(
            rules.warnings,
            [
                "`AGENTS.md` holds 3 characters that cannot be seen; they are left out of what the model reads."
            ]
        );
    }

    #[test]
    fn a_long_file_is_cut_and_told_of() {
        let (_folder, snapshot) = project(&[("AGENTS.md", &"x".repeat(2_000))]);
        let rules = of_project(&snapshot, true);
        assert_eq!(rules.text.len(), 1_500 + "From `AGENTS.md`:\n> ".len());
        assert_eq!(rules.warnings, ["`AGENTS.md` is long; the model reads its beginning."]);
    }

    #[test]
    fn a_project_without_rules_has_none() {
        let open = BTreeMap::new();
        let folder = tempfile::tempdir().unwrap();
        let snapshot = Snapshot::new(folder.path().to_path_buf(), open);
        assert_eq!(of_project(&snapshot, false), Rules::default());
    }
}
