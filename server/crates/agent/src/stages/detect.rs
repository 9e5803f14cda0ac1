//! How a project is checked where the plan does not say: by what its build files promise.

use devika_edit::RelPath;
use devika_protocol::Step;

use crate::snapshot::Snapshot;

/// A check that the project itself has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Check {
    /// The command line, to be run in the project's root.
    pub(crate) line: String,
    /// The file that shows it.
    pub(crate) because: String,
}

/// The check of the folder nearest to the plan's files that has one; the root's otherwise.
pub(crate) fn check_of(snapshot: &Snapshot, steps: &[Step]) -> Option<Check> {
    folders(steps).into_iter().find_map(|folder| check_in(snapshot, &folder))
}

/// The folders of the steps' files and those above them, the deepest first, the root last.
fn folders(steps: &[Step]) -> Vec<String> {
    let mut folders = vec![String::new()];
    for file in steps.iter().flat_map(|step| &step.files) {
        let mut folder = file.as_str();
        while let Some((above, _)) = folder.rsplit_once('/') {
            folder = above;
            if !folders.iter().any(|known| known == folder) {
                folders.push(folder.to_owned());
            }
        }
    }
    folders.sort_by_key(|folder| {
        std::cmp::Reverse(folder.split('/').filter(|part| !part.is_empty()).count())
    });
    folders
}

/// The build files that promise a check, in the order in which they count.
const BUILD_FILES: [&str; 14] = [
    "Cargo.toml",
    "package.json",
    "pytest.ini",
    "tox.ini",
    "setup.cfg",
    "pyproject.toml",
    "requirements.txt",
    "go.mod",
    "build.gradle",
    "build.gradle.kts",
    "pom.xml",
    "CMakeLists.txt",
    "Makefile",
    "makefile",
];

/// The check that a folder's build files promise.
fn check_in(snapshot: &Snapshot, folder: &str) -> Option<Check> {
    let place = Place { snapshot, folder };
    let promise =
        |name: &&str| Some((promised(&place, name, &place.read(name)?)?, (*name).to_owned()));
    let found = BUILD_FILES.iter().find_map(promise);
    let (line, because) = found.or_else(|| place.python_tests())?;
    if folder.is_empty() {
        return Some(Check { line, because });
    }
    let line = format!("cd {} && {line}", quoted(folder));
    Some(Check { line, because: format!("{folder}/{because}") })
}

/// What the build file `name` promises by its `text`.
fn promised(place: &Place<'_>, name: &str, text: &str) -> Option<String> {
    const PYTEST: &str = "python3 -m pytest -q";
    let line = match name {
        "Cargo.toml" => "cargo test",
        "package.json" => return node(text),
        "pytest.ini" => PYTEST,
        "tox.ini" if text.contains("[pytest]") => PYTEST,
        "setup.cfg" if text.contains("[tool:pytest]") => PYTEST,
        "pyproject.toml" | "requirements.txt" => python(place, text),
        "go.mod" => "go test ./...",
        "build.gradle" | "build.gradle.kts" if place.read("gradlew").is_some() => "./gradlew test",
        "build.gradle" | "build.gradle.kts" => "gradle test",
        "pom.xml" => "mvn -q test",
        "CMakeLists.txt" => {
            "cmake -S . -B build && cmake --build build && ctest --test-dir build --output-on-failure"
        }
        "Makefile" | "makefile" => return make(text),
        _ => return None,
    };
    Some(line.to_owned())
}

/// The test script, unless it is the one that `npm init` writes, which only fails.
fn node(text: &str) -> Option<String> {
    let package: serde_json::Value = serde_json::from_str(text).ok()?;
    let script = package["scripts"]["test"].as_str()?;
    (!script.contains("no test specified")).then(|| "npm test".to_owned())
}

fn python(place: &Place<'_>, text: &str) -> &'static str {
    let uses_pytest = text.contains("pytest") || place.read("conftest.py").is_some();
    if uses_pytest { "python3 -m pytest -q" } else { "python3 -m unittest" }
}

/// The target that checks, where the makefile has one.
fn make(text: &str) -> Option<String> {
    let has = |target: &str| {
        let rest = |line: &str| line.strip_prefix(target).map(|rest| rest.trim_start().to_owned());
        text.lines().filter_map(rest).any(|rest| rest.starts_with(':'))
    };
    let target = ["test", "check"].into_iter().find(|target| has(target))?;
    Some(format!("make {target}"))
}

/// A folder as a shell word.
fn quoted(folder: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "._-/".contains(c);
    if folder.chars().all(plain) {
        folder.to_owned()
    } else {
        format!("'{}'", folder.replace('\'', r"'\''"))
    }
}

/// A folder of the project.
pub(super) struct Place<'a> {
    pub(super) snapshot: &'a Snapshot,
    /// Relative to the root; empty for the root itself.
    pub(super) folder: &'a str,
}

impl Place<'_> {
    fn path(&self, name: &str) -> String {
        if self.folder.is_empty() { name.to_owned() } else { format!("{}/{name}", self.folder) }
    }

    /// The text of a file in the folder.
    pub(super) fn read(&self, name: &str) -> Option<String> {
        self.snapshot.read(&RelPath::new(&self.path(name)).ok()?).ok()
    }

    /// Python's own runner, where there are tests for it and no build file says more.
    fn python_tests(&self) -> Option<(String, String)> {
        let below =
            if self.folder.is_empty() { String::new() } else { format!("{}/", self.folder) };
        let is_test = |path: &&RelPath| {
            let name = path.file_name();
            path.as_str().starts_with(&below) && name.starts_with("test_") && name.ends_with(".py")
        };
        let paths = crate::context::paths(self.snapshot);
        let test = paths.iter().find(is_test)?;
        let uses_pytest =
            |text: String| text.contains("import pytest") || !text.contains("unittest");
        let line = match self.snapshot.read(test) {
            Ok(text) if uses_pytest(text.clone()) => "python3 -m pytest -q",
            _ if test.as_str()[below.len()..].starts_with("tests/") => {
                "python3 -m unittest discover -s tests -t ."
            }
            _ => "python3 -m unittest",
        };
        Some((line.to_owned(), test.as_str()[below.len()..].to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    /// What is detected in a project of these files, for a plan that touches `touched`.
    fn detected(files: &[(&str, &str)], touched: &[&str]) -> Option<String> {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let root = folder.path().canonicalize().unwrap();
        let files = touched.iter().map(|path| (*path).to_owned()).collect();
        let step = Step { text: "Do it".to_owned(), files };
        let check = check_of(&Snapshot::new(root, BTreeMap::new()), &[step])?;
        Some(format!("{}  # {}", check.line, check.because))
    }

    #[test]
    fn each_kind_of_project_is_checked_in_its_own_way() {
        let table: Vec<String> = [
            &[("Cargo.toml", "[package]")][..],
            &[("package.json", r#"{"scripts": {"test": "node --test"}}"#)],
            &[("pyproject.toml", "[tool.pytest.ini_options]")],
            &[("pyproject.toml", "[project]")],
            &[("requirements.txt", "requests\n"), ("conftest.py", "")],
            &[("test_a.py", "import unittest\n")],
            &[("tests/test_a.py", "import unittest\n")],
            &[("tests/test_a.py", "def test_a(): pass\n")],
            &[("go.mod", "module a")],
            &[("Makefile", "all:\n\ttrue\ntest: all\n\ttrue\n")],
            &[("CMakeLists.txt", "")],
            &[("build.gradle.kts", ""), ("gradlew", "")],
            &[("pom.xml", "")],
        ]
        .iter()
        .map(|files| detected(files, &["a"]).unwrap_or_default())
        .collect();
        insta::assert_snapshot!(table.join("\n"), @r#"
        cargo test  # Cargo.toml
        npm test  # package.json
        python3 -m pytest -q  # pyproject.toml
        python3 -m unittest  # pyproject.toml
        python3 -m pytest -q  # requirements.txt
        python3 -m unittest  # test_a.py
        python3 -m unittest discover -s tests -t .  # tests/test_a.py
        python3 -m pytest -q  # tests/test_a.py
        go test ./...  # go.mod
        make test  # Makefile
        cmake -S . -B build && cmake --build build && ctest --test-dir build --output-on-failure  # CMakeLists.txt
        ./gradlew test  # build.gradle.kts
        mvn -q test  # pom.xml
        "#);
    }

    #[test]
    fn the_build_file_nearest_to_the_work_counts() {
        let files = [
            ("Cargo.toml", "[workspace]"),
            ("web app/package.json", r#"{"scripts": {"test": "x"}}"#),
        ];
        assert_eq!(
            detected(&files, &["web app/src/a.js"]).unwrap(),
            "cd 'web app' && npm test  # web app/package.json"
        );
        assert_eq!(detected(&files, &["src/a.rs"]).unwrap(), "cargo test  # Cargo.toml");
    }

    #[test]
    fn where_nothing_promises_a_check_there_is_none() {
        assert_eq!(detected(&[("a.txt", "x")], &["a.txt"]), None);
        let placeholder = r#"{"scripts": {"test": "echo \"Error: no test specified\" && exit 1"}}"#;
        assert_eq!(detected(&[("package.json", placeholder)], &["a.js"]), None);
        assert_eq!(detected(&[("Makefile", "all:\n\ttrue\n")], &["a.c"]), None);
    }
}
