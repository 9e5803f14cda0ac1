//! From an answer to checked edits of a project's files.

use std::collections::BTreeMap;

use devika_edit::{Complaint, FileEdit, Files, RelPath, parse, resolve};

/// A project's files, by path.
#[derive(Default)]
struct Project(BTreeMap<String, String>);

impl Project {
    fn with(mut self, path: &str, text: &str) -> Self {
        self.0.insert(path.to_owned(), text.to_owned());
        self
    }

    fn edits(&self, answer: &str) -> Result<Vec<FileEdit>, Complaint> {
        resolve(&parse(answer)?, self)
    }

    #[track_caller]
    fn becomes(&self, answer: &str) -> String {
        match self.edits(answer) {
            Ok(edits) => edits[0].after().unwrap_or_default().to_owned(),
            Err(complaint) => panic!("{complaint}"),
        }
    }

    #[track_caller]
    fn refusal(&self, answer: &str) -> String {
        match self.edits(answer) {
            Ok(edits) => panic!("applied as {edits:?}"),
            Err(complaint) => complaint.to_string(),
        }
    }
}

impl Files for Project {
    fn read(&self, path: &RelPath) -> Result<Option<String>, String> {
        match path.as_str() {
            "image.png" => Err("it is not a text file".to_owned()),
            path => Ok(self.0.get(path).cloned()),
        }
    }

    fn find_by_name(&self, name: &str) -> Vec<RelPath> {
        let paths = self.0.keys().map(|path| RelPath::new(path).expect("a good path"));
        paths.filter(|path| path.file_name() == name).collect()
    }
}

fn path(text: &str) -> RelPath {
    RelPath::new(text).expect("a good path")
}

fn file(path: &str, text: &str) -> String {
    format!("File: `{path}`\n```\n{text}```\n")
}

fn change(path: &str, search: &str, replace: &str) -> String {
    format!("File: `{path}`\n<<<<<<< SEARCH\n{search}=======\n{replace}>>>>>>> REPLACE\n")
}

#[test]
fn whole_files_are_made_or_replaced_in_the_manner_they_had() {
    let project = Project::default().with("b.py", "\u{feff}1\r\n2");
    let answer = file("a.py", "x\n") + &file("b.py", "1\n3\n");
    assert_eq!(
        project.edits(&answer).unwrap(),
        [
            FileEdit::Create { path: path("a.py"), text: "x\n".into() },
            FileEdit::Modify {
                path: path("b.py"),
                before: "\u{feff}1\r\n2".into(),
                after: "\u{feff}1\r\n3".into(),
            },
        ]
    );
}

#[test]
fn files_are_deleted_renamed_and_changed_under_their_new_name() {
    let project = Project::default().with("a.py", "1\n2\n").with("b.py", "x\n");
    let answer =
        "Delete: `b.py`\nRename: `a.py` -> `c/a.py`\n".to_owned() + &change("c/a.py", "2\n", "3\n");
    let edits = project.edits(&answer).unwrap();
    let before = || "1\n2\n".to_owned();
    let (from, to) = (path("a.py"), path("c/a.py"));
    assert_eq!(
        edits,
        [
            FileEdit::Delete { path: path("b.py"), before: "x\n".into() },
            FileEdit::Rename { from, to, before: before(), after: "1\n3\n".into() },
        ]
    );
}

#[test]
fn a_wrong_path_is_the_one_file_of_that_name_but_never_one_of_two() {
    let one = Project::default().with("src/a.py", "1\n");
    assert_eq!(one.edits(&change("a.py", "1\n", "2\n")).unwrap()[0].path(), &path("src/a.py"));
    let two = one.with("old/a.py", "1\n");
    insta::assert_snapshot!(
        two.refusal(&change("a.py", "1\n", "2\n")),
        @"There is no file `a.py`, but several of that name: `old/a.py`, `src/a.py`. Say which one."
    );
}

#[test]
fn protected_outside_and_unreadable_paths_are_refused_with_the_reason() {
    let project = Project::default();
    for (path, reason) in [
        (".git/hooks/pre-commit", "is protected"),
        ("sub/.GIT/config", "is protected"),
        ("git~1/config", "is protected"),
        (".vscode/settings.json", "is protected"),
        ("devika.toml", "is protected"),
        ("../a.py", "not a path inside"),
        ("/etc/passwd", "not a path inside"),
        ("%2e%2e/a.py", "not a path inside"),
        ("file://host/a.py", "not a path inside"),
        ("image.png", "it is not a text file"),
    ] {
        let refusal = project.refusal(&file(path, "x\n"));
        assert!(refusal.contains(reason), "{path}: {refusal}");
    }
}

#[test]
fn a_search_that_is_not_there_shows_the_nearest_lines() {
    let project =
        Project::default().with("a.py", "def add(a, b):\n    return a + b\n\n\nprint(1)\n");
    insta::assert_snapshot!(
        project.refusal(&change("a.py", "def add(a, b, c):\n    return a * b * c\n", "pass\n")),
        @r"
    SEARCH/REPLACE block 1 of `a.py` (SEARCH begins `def add(a, b, c):`): the file does not have these lines. The nearest are:
    1| def add(a, b):
    2|     return a + b
    3| 
    4| 
    Send the block again with SEARCH copied from the file.
    "
    );
}

#[test]
fn equal_places_are_shown_and_none_is_changed() {
    let project = Project::default().with("a.py", "def f():\n    x = 1\ndef g():\n    x = 1\n");
    insta::assert_snapshot!(project.refusal(&change("a.py", "    x = 1\n", "    x = 2\n")), @r"
    SEARCH/REPLACE block 1 of `a.py` (SEARCH begins `x = 1`): 2 places match equally:
    1| def f():
    2|     x = 1
    3| def g():
    --
    2|     x = 1
    3| def g():
    4|     x = 1
    Send the block again with more lines around the place you mean, such as the line that begins its function.
    ");
}

#[test]
fn as_many_equal_blocks_as_equal_places_change_all() {
    let project = Project::default().with("a.py", "x = 1\ny = 0\nx = 1\n");
    let block = change("a.py", "x = 1\n", "x = 2\n");
    assert_eq!(project.becomes(&block.repeat(2)), "x = 2\ny = 0\nx = 2\n");
}

#[test]
fn what_is_right_in_other_files_is_kept_and_said() {
    let project = Project::default().with("a.py", "1\n").with("b.py", "2\n");
    let answer = change("a.py", "1\n", "one\n") + &change("b.py", "no such line\n", "two\n");
    let complaint = project.edits(&answer).unwrap_err();
    assert_eq!(complaint.good_edits().len(), 1);
    assert_eq!(complaint.good_edits()[0].after(), Some("one\n"));
    assert!(complaint.to_string().ends_with("`a.py` are right and kept: do not send them again."));
}

#[test]
fn a_file_with_one_block_that_fails_is_not_changed_at_all() {
    let project = Project::default().with("a.py", "1\n2\n");
    let answer = change("a.py", "1\n", "one\n") + &change("a.py", "no such line\n", "two\n");
    assert!(project.edits(&answer).unwrap_err().good_edits().is_empty());
}

#[test]
fn a_whole_file_that_leaves_text_out_is_refused() {
    let long: String = (0..20).map(|line| format!("line {line}\n")).collect();
    let project = Project::default().with("a.py", &long);
    for elided in
        ["line 0\n# ... rest unchanged\n", "line 0\n...\n", "line 0\n// existing code\n", ""]
    {
        let refusal = project.refusal(&file("a.py", elided));
        assert!(refusal.contains("left out") || refusal.contains("without any text"), "{refusal}");
    }
    assert_eq!(
        Project::default().becomes(&file("b.py", "def f():\n    ...\n")),
        "def f():\n    ...\n"
    );
}

#[test]
fn a_replacement_that_leaves_text_out_is_refused_not_taken_for_a_deletion() {
    let project = Project::default().with("a.py", "def f():\n    a()\n    b()\n    c()\n");
    let refusal = project.refusal(&change(
        "a.py",
        "def f():\n    a()\n    b()\n    c()\n",
        "def f():\n    start()\n    # ... existing code ...\n",
    ));
    assert!(refusal.contains("stands for lines left out"), "{refusal}");
}

#[test]
fn elisions_on_both_sides_keep_what_they_stand_for() {
    let project =
        Project::default().with("a.py", "def f():\n    a()\n    b()\n    return 1\n\nx = 1\n");
    let answer =
        change("a.py", "def f():\n    ...\n    return 1\n", "def f(n):\n    ...\n    return n\n");
    assert_eq!(project.becomes(&answer), "def f(n):\n    a()\n    b()\n    return n\n\nx = 1\n");
}

#[test]
fn dots_are_code_where_the_file_has_them() {
    let stubs = "class P:\n    def f(self):\n        ...\n\n    def g(self):\n        ...\n";
    let project = Project::default().with("a.py", stubs);
    let one = "    def g(self):\n        ...\n";
    let two = "    def g(self):\n        ...\n\n    def h(self):\n        ...\n";
    let after = project.becomes(&change("a.py", one, two));
    assert_eq!(after, format!("{stubs}\n    def h(self):\n        ...\n"));
}

#[test]
fn an_edit_that_changes_nothing_is_dropped() {
    let project = Project::default().with("a.py", "1\n").with("b.py", "2\n");
    let nothing = file("a.py", "1\n");
    let edits = project.edits(&(nothing.clone() + &file("b.py", "3\n"))).unwrap();
    assert_eq!(edits.iter().map(FileEdit::path).collect::<Vec<_>>(), [&path("b.py")]);
    assert_eq!(project.edits(&nothing), Ok(Vec::new()));
}

#[test]
fn an_empty_search_makes_a_file_but_never_adds_to_one() {
    let project = Project::default().with("a.py", "1\n").with("empty.py", "");
    assert_eq!(project.becomes(&change("new.py", "", "x\n")), "x\n");
    assert_eq!(project.becomes(&change("empty.py", "", "x\n")), "x\n");
    assert!(project.refusal(&change("a.py", "", "x\n")).contains("has an empty SEARCH"));
}

#[test]
fn blocks_are_found_in_the_text_as_it_was_and_may_build_on_each_other() {
    let project = Project::default().with("a.py", "def f():\n    pass\n\nx = 1\n");
    let moved = change("a.py", "x = 1\n", "x = 1\n\ndef f():\n    pass\n")
        + &change("a.py", "def f():\n    pass\n\n", "");
    assert_eq!(project.becomes(&moved), "x = 1\n\ndef f():\n    pass\n");
    let built = change("a.py", "x = 1\n", "y = 2\n") + &change("a.py", "y = 2\n", "y = 3\n");
    assert_eq!(project.becomes(&built), "def f():\n    pass\n\ny = 3\n");
}

#[test]
fn two_blocks_that_change_one_line_differently_are_refused() {
    let project = Project::default().with("a.py", "x = 1\n");
    let answer = change("a.py", "x = 1\n", "x = 2\n") + &change("a.py", "x = 1\n", "x = 3\n");
    assert!(project.refusal(&answer).contains("change the same lines differently"));
}

#[test]
fn a_slip_in_search_is_forgiven_and_does_not_reach_the_file() {
    let project = Project::default()
        .with("a.py", "def calculate(total):\n    value = total * 2\n    return value\n");
    let answer = change(
        "a.py",
        "def calculte(total):\n    value = total * 2\n    return value\n",
        "def calculte(total):\n    value = total * 3\n    return value\n",
    );
    assert_eq!(
        project.becomes(&answer),
        "def calculate(total):\n    value = total * 3\n    return value\n"
    );
}

#[test]
fn another_value_or_another_name_is_no_slip() {
    let project = Project::default().with("a.py", "timeout = 60\nget_user(name)\n");
    project.refusal(&change("a.py", "timeout = 30\n", "timeout = 90\n"));
    project.refusal(&change("a.py", "set_user(name)\n", "pass\n"));
    let project = Project::default().with("a.py", "handle_point_b(value)\n");
    project.refusal(&change("a.py", "handle_point_a(value)\n", "pass\n"));
}

#[test]
fn a_part_of_one_line_is_enough_where_it_is_the_only_one() {
    let project =
        Project::default().with("a.py", "client(timeout=30, retries=2)\nother(retries=2)\n");
    let answer = change("a.py", "timeout=30\n", "timeout=60\n");
    assert_eq!(project.becomes(&answer), "client(timeout=60, retries=2)\nother(retries=2)\n");
    project.refusal(&change("a.py", "retries=2\n", "retries=3\n"));
}

#[test]
fn line_numbers_copied_from_a_complaint_are_left_out() {
    let project = Project::default().with("a.py", "def f():\n    return 1\n");
    let answer = change("a.py", "1| def f():\n2|     return 1\n", "1| def f():\n2|     return 2\n");
    assert_eq!(project.becomes(&answer), "def f():\n    return 2\n");
}

#[test]
fn a_complaint_is_bounded_however_much_fails() {
    let long = "long line ".repeat(500);
    let project = Project::default().with("a.py", &format!("{long}\n").repeat(50));
    let answer = change("a.py", &format!("{long}x\n").repeat(20), "y\n").repeat(30);
    let refusal = project.refusal(&answer);
    assert!(refusal.chars().count() < 2_000, "{}", refusal.chars().count());
}
