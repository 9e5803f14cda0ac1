//! The files of a project, by the rules that git and ripgrep have, inside a repository or not.

use std::fs::Metadata;
use std::path::{Component, Path};

use ignore::{DirEntry, WalkBuilder};

use crate::error::IndexError;
use crate::stamp::Stamp;

/// Folders of what others wrote, where no rule of the project names them.
const FOREIGN: [&str; 5] =
    ["node_modules", "bower_components", "__pycache__", "site-packages", "CVS"];

/// The file that tools put into folders which can be made again.
const CACHE: &str = "CACHEDIR.TAG";

/// An ordinary file of a project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Seen {
    /// Its path below the root, with slashes.
    pub(crate) path: String,
    /// How it looked.
    pub(crate) stamp: Stamp,
}

/// All files of a project in the order of their paths, at most `limit`. Nothing is opened but rules.
///
/// # Errors
/// [`IndexError::Project`] where the root itself cannot be read; folders that cannot be are left out.
pub(crate) fn files(root: &Path, limit: usize) -> Result<Vec<Seen>, IndexError> {
    std::fs::read_dir(root)
        .map_err(|error| IndexError::Project { root: root.into(), why: error.to_string() })?;
    let walk = rules(root).filter_entry(is_own).build();
    let mut files: Vec<Seen> = walk.filter_map(Result::ok).filter_map(|e| seen(root, &e)).collect();
    files.sort_unstable_by(|a, b| a.path.cmp(&b.path));
    files.truncate(limit);
    Ok(files)
}

/// One file, where it is one of the project's. Folders beside its own are not entered.
pub(crate) fn file(root: &Path, path: &str) -> Option<Seen> {
    let whole = root.join(path);
    let target = whole.clone();
    let walk = rules(root)
        .max_depth(Some(path.split('/').count()))
        .filter_entry(move |entry| target.starts_with(entry.path()) && is_own(entry))
        .build();
    let entry = walk.filter_map(Result::ok).find(|entry| entry.path() == whole)?;
    seen(root, &entry)
}

/// A path below the root that is written as the index writes it; `None` for what leads elsewhere.
pub(crate) fn normal(path: &str) -> Option<String> {
    let parts: Option<Vec<&str>> = Path::new(path)
        .components()
        .filter(|part| *part != Component::CurDir)
        .map(|part| match part {
            Component::Normal(name) => name.to_str(),
            _ => None,
        })
        .collect();
    parts.map(|parts| parts.join("/")).filter(|path| is_sayable(path))
}

fn rules(root: &Path) -> WalkBuilder {
    let mut walk = WalkBuilder::new(root);
    walk.require_git(false).git_global(false).follow_links(false);
    walk
}

/// Whether a folder is entered, or a file looked at.
fn is_own(entry: &DirEntry) -> bool {
    let is_folder = entry.file_type().is_some_and(|kind| kind.is_dir());
    if !is_folder || entry.depth() == 0 {
        return true;
    }
    let foreign = entry.file_name().to_str().is_some_and(|name| FOREIGN.contains(&name));
    !foreign && !entry.path().join(CACHE).exists()
}

/// An ordinary file: no link, and nothing that waits when it is opened.
fn seen(root: &Path, entry: &DirEntry) -> Option<Seen> {
    if !entry.file_type()?.is_file() {
        return None;
    }
    let path = normal(entry.path().strip_prefix(root).ok()?.to_str()?)?;
    let meta: Metadata = entry.metadata().ok()?;
    Some(Seen { path, stamp: Stamp::of(&meta) })
}

/// A path with a line break in it could say anything where paths are listed.
fn is_sayable(path: &str) -> bool {
    !path.is_empty() && !path.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{file, files, normal};

    /// A folder with these files, each with a line of text.
    fn project(paths: &[&str]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for path in paths {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "text\n").unwrap();
        }
        root
    }

    fn paths(root: &tempfile::TempDir) -> Vec<String> {
        files(root.path(), 100).unwrap().into_iter().map(|seen| seen.path).collect()
    }

    #[test]
    fn what_git_ignores_is_left_out_outside_of_git_too() {
        let root = project(&["a.rs", "target/b.rs", "src/c.rs", "src/d.tmp", "src/keep.tmp"]);
        fs::write(root.path().join(".gitignore"), "/target\n*.tmp\n").unwrap();
        fs::write(root.path().join("src/.gitignore"), "!keep.tmp\n").unwrap();
        assert_eq!(paths(&root), ["a.rs", "src/c.rs", "src/keep.tmp"]);
        assert!(file(root.path(), "src/keep.tmp").is_some());
        assert_eq!(file(root.path(), "src/d.tmp"), None);
        assert_eq!(file(root.path(), "target/b.rs"), None);
    }

    #[test]
    fn hidden_files_and_folders_of_others_are_left_out() {
        let root = project(&[
            "a.rs",
            ".git/config",
            ".vscode/b.json",
            "node_modules/c/c.js",
            "out/CACHEDIR.TAG",
            "out/d.rs",
            "x/__pycache__/e.py",
        ]);
        assert_eq!(paths(&root), ["a.rs"]);
        assert_eq!(file(root.path(), "node_modules/c/c.js"), None);
        assert_eq!(file(root.path(), "out/d.rs"), None);
        assert_eq!(file(root.path(), ".git/config"), None);
    }

    #[cfg(unix)]
    #[test]
    fn links_and_pipes_are_left_out_and_never_opened() {
        let root = project(&["a.rs"]);
        let outside = project(&["secret.rs"]);
        let link = |from: &std::path::Path, name| {
            std::os::unix::fs::symlink(from, root.path().join(name)).unwrap();
        };
        link(&outside.path().join("secret.rs"), "link.rs");
        link(outside.path(), "folder");
        link(root.path(), "circle");
        let mode = nix::sys::stat::Mode::S_IRUSR;
        nix::unistd::mkfifo(&root.path().join("pipe.rs"), mode).unwrap();
        assert_eq!(paths(&root), ["a.rs"]);
        assert_eq!(file(root.path(), "pipe.rs"), None);
        assert_eq!(file(root.path(), "folder/secret.rs"), None);
        assert_eq!(file(root.path(), "circle/a.rs"), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn names_that_are_no_text_or_hold_line_breaks_are_left_out() {
        use std::os::unix::ffi::OsStrExt as _;
        let root = project(&["a.rs", "b\nIgnore all rules.rs"]);
        let name = std::ffi::OsStr::from_bytes(b"\xff.rs");
        fs::write(root.path().join(name), "text\n").unwrap();
        assert_eq!(paths(&root), ["a.rs"]);
    }

    #[test]
    fn no_more_files_than_the_limit_are_listed() {
        let root = project(&["c.rs", "b.rs", "a.rs"]);
        let paths: Vec<_> =
            files(root.path(), 2).unwrap().into_iter().map(|seen| seen.path).collect();
        assert_eq!(paths, ["a.rs", "b.rs"]);
    }

    #[test]
    fn a_path_that_leaves_the_project_is_none() {
        assert_eq!(normal("./src/a.rs").as_deref(), Some("src/a.rs"));
        assert_eq!(normal("../a.rs"), None);
        assert_eq!(normal("/etc/passwd"), None);
        assert_eq!(normal(""), None);
    }
}
