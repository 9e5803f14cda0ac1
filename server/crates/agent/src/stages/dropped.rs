//! What was there stays: an answer that writes a file anew must not lose the functions, types and headings
//! that nobody spoke of, nor an import of what it uses. Small models forget them, larger ones tidy them away.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use devika_edit::{FileEdit, RelPath};
use regex::Regex;

use crate::wording::own_words;

/// What a user says who may want something away, elsewhere, or by another name.
const CHANGE_OF_SHAPE: [&str; 18] = [
    "remove",
    "delete",
    "drop",
    "replace",
    "rewrite",
    "rename",
    "refactor",
    "restructure",
    "simplif",
    "split",
    "merge",
    "move",
    "extract",
    "inline",
    "clean",
    "unused",
    "instead",
    "convert",
];

/// A line that declares a function, a type or a module, in the languages that have a word for it.
static DECLARED: LazyLock<Regex> = LazyLock::new(|| {
    #[expect(clippy::unwrap_used, reason = "a constant, compiled by every test")]
    Regex::new(
        r"^\s*(?:(?:export|default|pub(?:\([a-z]+\))?|async|static|abstract|final|public|private|protected|unsafe|const)\s+)*(?:def|class|fn|struct|enum|trait|mod|function|func|interface)\s+(\w+)",
    )
    .unwrap()
});

/// What to say to the model of the first file that an answer writes anew (`is_anew`) without something that
/// the user did not speak of. Whoever replaces a passage has named it, and means it.
pub(crate) fn complaint(
    prompt: &str,
    is_anew: impl Fn(&RelPath) -> bool,
    edits: &[FileEdit],
) -> Option<String> {
    let words = own_words(prompt).to_lowercase();
    if CHANGE_OF_SHAPE.iter().any(|word| words.contains(word)) {
        return None;
    }
    let there: BTreeSet<&str> = edits.iter().flat_map(held_after).collect();
    edits.iter().find_map(|edit| {
        let FileEdit::Modify { path, before, after } = edit else { return None };
        if !is_anew(path) {
            return None;
        }
        let is_lost = |name: &&str| !there.contains(name) && !words.contains(&name.to_lowercase());
        let lost: BTreeSet<&str> = names(path, before).filter(is_lost).collect();
        let lost = lost.into_iter().chain(lost_imports(before, after));
        let list: Vec<String> = lost.map(|name| format!("`{name}`")).collect();
        (!list.is_empty()).then(|| {
            format!(
                "Your `{path}` has lost {}, which must stay: the task does not speak of it. Give the whole file again, with that and with your change.",
                list.join(", ")
            )
        })
    })
}

/// The lines that import what a text still uses and no longer imports, in Python and JavaScript.
fn lost_imports<'a>(before: &'a str, after: &'a str) -> impl Iterator<Item = &'a str> {
    let is_import = |line: &&str| line.starts_with("import ") || line.starts_with("from ");
    let names = |text: &'a str| text.split(|c: char| !c.is_alphanumeric() && c != '_');
    let imported: BTreeSet<&str> = after.lines().filter(is_import).flat_map(names).collect();
    let used: BTreeSet<&str> =
        after.lines().filter(move |line| !is_import(line)).flat_map(names).collect();
    before.lines().filter(is_import).filter(move |line| {
        let bound = names(bound_by(line)).filter(|name| !name.is_empty() && *name != "as");
        bound.into_iter().any(|name| used.contains(name) && !imported.contains(name))
    })
}

/// The part of an import that names what it imports: `b` of `from a import b` and of `import b from "a"`.
fn bound_by(line: &str) -> &str {
    match (line.strip_prefix("import "), line.split_once(" import ")) {
        (Some(rest), _) => rest.split(" from ").next().unwrap_or(rest),
        (None, Some((_, names))) => names,
        (None, None) => "",
    }
}

/// The names of what an edit's file holds afterwards.
fn held_after(edit: &FileEdit) -> Vec<&str> {
    match edit {
        FileEdit::Create { path, text } => names(path, text).collect(),
        FileEdit::Modify { path, after, .. } => names(path, after).collect(),
        _ => Vec::new(),
    }
}

/// The names of what a text declares; in Markdown, its headings.
fn names<'a>(path: &RelPath, text: &'a str) -> impl Iterator<Item = &'a str> {
    let is_markdown = path.as_str().ends_with(".md");
    text.lines().filter_map(move |line| match is_markdown {
        true => line.starts_with('#').then(|| line.trim_matches(['#', ' '])),
        false => DECLARED.captures(line).and_then(|found| found.get(1)).map(|name| name.as_str()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn modify(path: &str, before: &str, after: &str) -> FileEdit {
        let path = RelPath::new(path).unwrap();
        FileEdit::Modify { path, before: before.to_owned(), after: after.to_owned() }
    }

    fn said(prompt: &str, edits: &[FileEdit]) -> Option<String> {
        complaint(prompt, |path| path.as_str() != "replaced.py", edits)
    }

    #[test]
    fn a_function_that_nobody_spoke_of_stays() {
        let before =
            "def area(r):\n    return 3 * r\n\n\nclass Box:\n    def side(self):\n        pass\n";
        let after = "def area(r):\n    return 3.14 * r * r\n";
        assert_eq!(
            said("Make the area exact", &[modify("shapes.py", before, after)]).as_deref(),
            Some(
                "Your `shapes.py` has lost `Box`, `side`, which must stay: the task does not speak of it. Give the whole file again, with that and with your change."
            )
        );
        assert_eq!(said("Remove what is not used", &[modify("shapes.py", before, after)]), None);
        assert_eq!(said("No side, no box", &[modify("shapes.py", before, after)]), None, "named");
        assert_eq!(said("Make it exact", &[modify("replaced.py", before, after)]), None);
        let elsewhere = modify("boxes.py", "", &before[before.find("class").unwrap()..]);
        assert_eq!(said("Make it exact", &[modify("shapes.py", before, after), elsewhere]), None);
    }

    #[test]
    fn what_is_used_is_still_imported() {
        let before = "import io\nimport os\nfrom a import b as c, d\n\nprint(io, c)\n";
        let lost = |after: &str| said("Print more", &[modify("a.py", before, after)]);
        assert_eq!(
            lost("import os\nfrom a import b as c\n\nprint(io.x, c)\n").as_deref(),
            Some(
                "Your `a.py` has lost `import io`, which must stay: the task does not speak of it. Give the whole file again, with that and with your change."
            )
        );
        assert_eq!(lost("import os, io\nfrom a import c\n\nprint(io, c)\n"), None);
        assert_eq!(lost("print(ios)\n"), None, "what is not used may go");
    }

    #[test]
    fn a_heading_stays_in_a_document_and_a_module_in_rust() {
        let lost = |path, before, after| {
            let said = said("Add the usage", &[modify(path, before, after)])?;
            Some(said.split_once(", which").unwrap().0.to_owned())
        };
        assert_eq!(
            lost("README.md", "# greet\n\n## License\n\nMIT\n", "# greet\n\n## Usage\n").as_deref(),
            Some("Your `README.md` has lost `License`")
        );
        assert_eq!(
            lost("src/lib.rs", "pub mod digits;\n\npub async fn go() {}\n", "async fn go() {}\n")
                .as_deref(),
            Some("Your `src/lib.rs` has lost `digits`")
        );
        assert_eq!(lost("a.sh", "# first\ntrue\n", "true\n"), None, "a comment");
    }
}
