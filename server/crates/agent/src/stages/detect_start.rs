//! How a project's program is started, by what its build files and its entry points promise.

use crate::snapshot::Snapshot;
use crate::stages::detect::{Check, Place};

/// The files that a program of Python begins in, by custom.
const PYTHON_ENTRIES: [&str; 4] = ["main.py", "app.py", "run.py", "__main__.py"];

/// The files that a program of JavaScript begins in, by custom.
const NODE_ENTRIES: [&str; 4] = ["index.js", "main.js", "app.js", "index.mjs"];

/// The command line that starts the program in the project's root, where there is one.
pub(super) fn start_of(snapshot: &Snapshot) -> Option<Check> {
    let place = Place { snapshot, folder: "" };
    let found = |line: &str, because: &str| {
        Some(Check { line: line.to_owned(), because: because.to_owned() })
    };
    if place.read("Cargo.toml").is_some_and(|_| place.read("src/main.rs").is_some()) {
        return found("cargo run", "src/main.rs");
    }
    if let Some(text) = place.read("package.json")
        && let Some(line) = script(&text)
    {
        return found(line, "package.json");
    }
    if place.read("go.mod").is_some() && place.read("main.go").is_some() {
        return found("go run .", "main.go");
    }
    for (program, entries) in [("python3", PYTHON_ENTRIES), ("node", NODE_ENTRIES)] {
        let entry = entries.into_iter().find(|name| place.read(name).is_some());
        if let Some(name) = entry {
            return found(&format!("{program} {name}"), name);
        }
    }
    let makefile = place.read("Makefile").or_else(|| place.read("makefile"));
    if makefile.is_some_and(|text| text.lines().any(|line| line.starts_with("run:"))) {
        return found("make run", "Makefile");
    }
    only_program(snapshot)
}

/// The script of a `package.json` that starts the program.
fn script(text: &str) -> Option<&'static str> {
    let package: serde_json::Value = serde_json::from_str(text).ok()?;
    let has = |name: &str| package["scripts"][name].is_string();
    if has("start") {
        return Some("npm start");
    }
    has("dev").then_some("npm run dev")
}

/// The one file of Python or JavaScript in the root that is no test, where there is only one.
fn only_program(snapshot: &Snapshot) -> Option<Check> {
    let is_program = |name: &str| {
        let source = name.ends_with(".py") || name.ends_with(".js");
        source && !name.contains('/') && !name.contains("test") && name != "setup.py"
    };
    let paths = crate::context::paths(snapshot);
    let mut programs = paths.iter().map(|path| path.as_str()).filter(|name| is_program(name));
    let (name, None) = (programs.next()?, programs.next()) else { return None };
    let program = if name.ends_with(".py") { "python3" } else { "node" };
    let plain = name.chars().all(|c| c.is_alphanumeric() || "._-".contains(c));
    plain.then(|| Check { line: format!("{program} {name}"), because: name.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn started(files: &[(&str, &str)]) -> String {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let root = folder.path().canonicalize().unwrap();
        let start = start_of(&Snapshot::new(root, [].into()));
        start.map(|start| format!("{}  # {}", start.line, start.because)).unwrap_or_default()
    }

    #[test]
    fn each_kind_of_project_is_started_in_its_own_way() {
        let table = [
            started(&[("Cargo.toml", ""), ("src/main.rs", "")]),
            started(&[("Cargo.toml", ""), ("src/lib.rs", "")]),
            started(&[("package.json", r#"{"scripts": {"start": "node ."}}"#)]),
            started(&[("package.json", r#"{"scripts": {"dev": "vite"}}"#)]),
            started(&[("go.mod", ""), ("main.go", "")]),
            started(&[("main.py", ""), ("greeting.py", "")]),
            started(&[("index.js", "")]),
            started(&[("Makefile", "run: all\n")]),
            started(&[("hello.py", ""), ("test_hello.py", "")]),
            started(&[("hello.py", ""), ("bye.py", "")]),
        ];
        insta::assert_snapshot!(table.join("\n"), @r"
        cargo run  # src/main.rs

        npm start  # package.json
        npm run dev  # package.json
        go run .  # main.go
        python3 main.py  # main.py
        node index.js  # index.js
        make run  # Makefile
        python3 hello.py  # hello.py
        ");
    }
}
