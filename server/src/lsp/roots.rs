//! The workspace folders that are open.

use std::path::{Path, PathBuf};

use devika_edit::RelPath;
use tower_lsp::ls_types::Uri;

use super::uri;

/// The workspace folders that are open.
#[derive(Debug, Default)]
pub(super) struct Roots(Vec<Root>);

#[derive(Debug)]
struct Root {
    /// As the client names it; links of its own in it are the user's choice.
    given: PathBuf,
    canonical: PathBuf,
}

impl Roots {
    /// Adds a folder. What is no folder of this machine is left out.
    pub(super) fn add(&mut self, folder: &Uri) {
        let given = uri::to_path(folder);
        let canonical = given.as_ref().and_then(|path| path.canonicalize().ok());
        match (given, canonical) {
            (Some(given), Some(canonical)) if canonical.is_dir() => {
                self.0.retain(|root| root.canonical != canonical);
                self.0.push(Root { given, canonical });
            }
            _ => tracing::warn!(uri = folder.as_str(), "this workspace folder is no local folder"),
        }
    }

    pub(super) fn remove(&mut self, folder: &Uri) {
        let path = uri::to_path(folder);
        self.0.retain(|root| Some(&root.given) != path.as_ref());
    }

    /// All of them, canonical.
    pub(super) fn all(&self) -> Vec<PathBuf> {
        self.0.iter().map(|root| root.canonical.clone()).collect()
    }

    /// The innermost folder that `file` is in, or is.
    pub(super) fn of(&self, file: &Uri) -> Option<PathBuf> {
        let given = uri::to_path(file)?;
        let canonical = given.canonicalize().unwrap_or_else(|_| uri::canonical(&given));
        let holds =
            |root: &&Root| canonical.starts_with(&root.canonical) || given.starts_with(&root.given);
        let innermost =
            self.0.iter().filter(holds).max_by_key(|root| root.canonical.as_os_str().len());
        innermost.map(|root| root.canonical.clone())
    }

    /// The folder that a task works in: the one named, or the only one.
    ///
    /// # Errors
    /// A text that says how to name one.
    pub(super) fn choose(&self, named: Option<&str>) -> Result<PathBuf, String> {
        match (named, self.0.as_slice()) {
            (_, []) => {
                Err("no folder is open: open the project's folder in the editor, then start \
                            the task again"
                    .to_owned())
            }
            (None, [root]) => Ok(root.canonical.clone()),
            (None, _) => Err(format!(
                "several folders are open: name one as `root`, one of {}",
                self.listed()
            )),
            (Some(named), _) => {
                let uri = named.parse::<Uri>().ok();
                uri.and_then(|uri| self.of(&uri)).ok_or_else(|| {
                    format!(
                        "`root` is `{named}`, which is in no open folder; the folders are {}",
                        self.listed()
                    )
                })
            }
        }
    }

    /// The URI of a file under a canonical root, as the client would name it.
    pub(super) fn uri(&self, root: &Path, path: &RelPath) -> Option<Uri> {
        let given =
            self.0.iter().find(|open| open.canonical == root).map(|open| open.given.as_path());
        uri::from_path(&path.under(given.unwrap_or(root)))
    }

    fn listed(&self) -> String {
        let uris = self.0.iter().filter_map(|root| uri::from_path(&root.given));
        uris.map(|uri| format!("`{}`", uri.as_str())).collect::<Vec<_>>().join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(folders: &[&Path]) -> Roots {
        let mut roots = Roots::default();
        for folder in folders {
            roots.add(&uri::from_path(folder).unwrap());
        }
        roots
    }

    #[test]
    fn a_task_without_a_root_needs_exactly_one_folder() {
        let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let none = open(&[Path::new("/does/not/exist")]).choose(None).unwrap_err();
        assert!(none.starts_with("no folder is open"), "{none}");
        let only = open(&[one.path()]).choose(None).unwrap();
        assert_eq!(only, one.path().canonicalize().unwrap());
        let several = open(&[one.path(), two.path()]).choose(None).unwrap_err();
        let uri = uri::from_path(two.path()).unwrap();
        assert!(several.contains(uri.as_str()), "{several}");
    }

    #[test]
    fn a_root_may_be_named_by_any_file_in_it_and_the_innermost_counts() {
        let outer = tempfile::tempdir().unwrap();
        let inner = outer.path().join("inner");
        std::fs::create_dir(&inner).unwrap();
        let roots = open(&[outer.path(), &inner]);
        let file = uri::from_path(&inner.join("new/a.py")).unwrap();
        assert_eq!(roots.choose(Some(file.as_str())).unwrap(), inner.canonicalize().unwrap());
        let error = roots.choose(Some("file:///elsewhere")).unwrap_err();
        assert!(
            error.starts_with("`root` is `file:///elsewhere`, which is in no open folder"),
            "{error}"
        );
    }

    #[test]
    #[cfg(unix)]
    fn files_are_named_as_the_client_names_their_folder() {
        let folder = tempfile::tempdir().unwrap();
        let (real, link) = (folder.path().join("real"), folder.path().join("link"));
        std::fs::create_dir(&real).unwrap();
        std::os::unix::fs::symlink(&real, &link).unwrap();
        let mut roots = open(&[&link]);
        let root = roots.choose(None).unwrap();
        assert_eq!(root, real.canonicalize().unwrap());
        let uri = roots.uri(&root, &RelPath::new("a.py").unwrap()).unwrap();
        assert_eq!(uri::to_path(&uri).unwrap(), link.join("a.py"));
        roots.remove(&uri::from_path(&link).unwrap());
        assert_eq!(roots.all(), Vec::<PathBuf>::new());
    }
}
