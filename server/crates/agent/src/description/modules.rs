//! Which of a project's source files use which, as their imports say.

use std::collections::{BTreeMap, BTreeSet};

use devika_edit::RelPath;

use crate::snapshot::Snapshot;

/// Files of a diagram at the most: more cannot be read.
const MAX_FILES: usize = 24;

/// The source files of a project, and which of them use which.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Modules {
    /// Paths, in order.
    pub(crate) files: Vec<String>,
    /// Who uses whom, by their places in `files`.
    pub(crate) uses: BTreeSet<(usize, usize)>,
    /// Source files that are left out.
    pub(crate) left_out: usize,
}

impl Modules {
    /// Reads the imports of the source files among `paths`.
    pub(crate) fn of(snapshot: &Snapshot, paths: &[RelPath]) -> Self {
        let is_source = |path: &&RelPath| language(path.as_str()).is_some();
        let mut files: Vec<String> =
            paths.iter().filter(is_source).map(RelPath::to_string).collect();
        // Tests use everything and explain nothing.
        files.sort_by_key(|path| (path.to_lowercase().contains("test"), path.matches('/').count()));
        let left_out = files.len().saturating_sub(MAX_FILES);
        files.truncate(MAX_FILES);
        files.sort();
        let by_name: BTreeMap<String, usize> =
            files.iter().enumerate().map(|(index, path)| (module_name(path), index)).collect();
        let mut uses = BTreeSet::new();
        for (index, path) in files.iter().enumerate() {
            let Some(text) = RelPath::new(path).ok().and_then(|path| snapshot.read(&path).ok())
            else {
                continue;
            };
            let used = text.lines().flat_map(|line| imported(path, line));
            let used = used.filter_map(|name| by_name.get(&name).copied());
            uses.extend(used.filter(|used| *used != index).map(|used| (index, used)));
        }
        Self { files, uses, left_out }
    }

    /// The files in the order of how many others use them, most first.
    pub(crate) fn by_importance(&self) -> Vec<&str> {
        let users = |index: usize| self.uses.iter().filter(|(_, used)| *used == index).count();
        let mut order: Vec<usize> = (0..self.files.len()).collect();
        order.sort_by_key(|index| std::cmp::Reverse(users(*index)));
        order.into_iter().map(|index| self.files[index].as_str()).collect()
    }
}

/// The languages whose imports are understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Language {
    Python,
    Script,
    Rust,
}

fn language(path: &str) -> Option<Language> {
    match path.rsplit_once('.')?.1 {
        "py" => Some(Language::Python),
        "js" | "mjs" | "cjs" | "ts" | "tsx" | "jsx" => Some(Language::Script),
        "rs" => Some(Language::Rust),
        _ => None,
    }
}

/// The last part of a module's name, by which imports mostly tell it.
fn module_name(path: &str) -> String {
    let stem = |name: &str| name.split('.').next().unwrap_or(name).to_owned();
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let name = stem(name);
    let is_folder = matches!(name.as_str(), "mod" | "index" | "__init__");
    match folder.rsplit('/').next() {
        Some(folder) if is_folder && !folder.is_empty() => folder.to_owned(),
        _ => name,
    }
}

/// The modules that a line imports, by the last parts of their names.
fn imported(path: &str, line: &str) -> Vec<String> {
    let line = line.trim();
    let last = |name: &str| {
        let name = name.trim().trim_end_matches(';');
        let name = name.split([' ', '{', '(', '*']).next().unwrap_or(name);
        let end = name.trim_end_matches(['.', ':', '/']);
        end.rsplit(['.', ':', '/']).next().unwrap_or(end).to_owned()
    };
    match language(path) {
        Some(Language::Python) => {
            if let Some(rest) = line.strip_prefix("from ") {
                let (module, names) = rest.split_once(" import ").unwrap_or((rest, ""));
                let mut all = vec![last(module)];
                all.extend(names.split(',').map(last));
                return all;
            }
            let names = line.strip_prefix("import ").unwrap_or_default();
            names.split(',').map(last).collect()
        }
        Some(Language::Script) => {
            let is_import = line.starts_with("import ")
                || line.starts_with("export ")
                || line.contains("require(")
                || line.contains("import(");
            let quoted = line.split(['"', '\'']).nth(1).filter(|name| name.starts_with('.'));
            let name = quoted.filter(|_| is_import).map(|name| {
                let name = name.rsplit('/').next().unwrap_or(name);
                name.split('.').next().unwrap_or(name).to_owned()
            });
            name.into_iter().collect()
        }
        Some(Language::Rust) => {
            let bare = line.trim_start_matches("pub(crate) ").trim_start_matches("pub ");
            if let Some(name) = bare.strip_prefix("mod ").and_then(|rest| rest.strip_suffix(';')) {
                return vec![name.to_owned()];
            }
            let rest = bare.strip_prefix("use ").unwrap_or_default();
            let own = ["crate::", "super::", "self::"];
            let rest = own.iter().find_map(|prefix| rest.strip_prefix(prefix)).unwrap_or_default();
            rest.trim_end_matches(';').split("::").map(last).collect()
        }
        None => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uses(files: &[(&str, &str)]) -> Vec<String> {
        let path = |text: &str| RelPath::new(text).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let open = files.iter().map(|(name, text)| (path(name), (*text).to_owned())).collect();
        let snapshot = Snapshot::new(folder.path().to_path_buf(), open);
        let paths: Vec<RelPath> = files.iter().map(|(name, _)| path(name)).collect();
        let modules = Modules::of(&snapshot, &paths);
        let name = |index: usize| modules.files[index].clone();
        modules
            .uses
            .iter()
            .map(|(user, used)| format!("{} -> {}", name(*user), name(*used)))
            .collect()
    }

    #[test]
    fn imports_of_the_projects_own_modules_are_understood() {
        let python = [
            ("main.py", "import os\nfrom shop.cart import Cart\nfrom shop import prices\n"),
            ("shop/cart.py", "from . import prices\n"),
            ("shop/prices.py", ""),
        ];
        assert_eq!(
            uses(&python),
            [
                "main.py -> shop/cart.py",
                "main.py -> shop/prices.py",
                "shop/cart.py -> shop/prices.py"
            ]
        );
        let script = [
            ("index.ts", "import { a } from \"./lib/a\";\nconst b = require('./b.js');\n"),
            ("lib/a.ts", "import fs from \"fs\";\n"),
            ("b.js", ""),
        ];
        assert_eq!(uses(&script), ["index.ts -> b.js", "index.ts -> lib/a.ts"]);
        let rust = [
            ("src/main.rs", "mod cart;\nmod prices;\nuse crate::cart::Cart;\n"),
            ("src/cart.rs", "use super::prices;\nuse std::fs;\n"),
            ("src/prices.rs", ""),
        ];
        assert_eq!(
            uses(&rust),
            [
                "src/cart.rs -> src/prices.rs",
                "src/main.rs -> src/cart.rs",
                "src/main.rs -> src/prices.rs"
            ]
        );
    }
}
