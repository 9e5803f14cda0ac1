//! A project as it is at one moment, whole: what is committed, what is staged, what is on disk.

use std::collections::BTreeMap;
use std::path::Path;

use git2::Repository;

/// Texts by path.
pub type Texts = BTreeMap<String, String>;

/// A project at one moment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Picture {
    /// The tree of HEAD.
    pub committed: Texts,
    /// The index.
    pub staged: Texts,
    /// The work tree, ignored files and all.
    pub files: Texts,
}

impl Picture {
    /// The project at `root` now.
    pub fn of(root: &Path) -> Self {
        let mut picture = Self::default();
        read_folder(root, root, &mut picture.files);
        let Ok(repository) = Repository::open(root) else { return picture };
        picture.staged = staged(&repository);
        if let Ok(head) = repository.head() {
            let tree = head.peel_to_tree().unwrap();
            tree.walk(git2::TreeWalkMode::PreOrder, |folder, entry| {
                if entry.kind() == Some(git2::ObjectType::Blob) {
                    let path = format!("{folder}{}", entry.name().unwrap());
                    picture.committed.insert(path, text_of(&repository, entry.id()));
                }
                git2::TreeWalkResult::Ok
            })
            .unwrap();
        }
        picture
    }

    /// Each place where it is not as `wanted`, for a person to read.
    pub fn differences(&self, wanted: &Self) -> Vec<String> {
        let parts = [
            ("committed", &self.committed, &wanted.committed),
            ("staged", &self.staged, &wanted.staged),
            ("on disk", &self.files, &wanted.files),
        ];
        let mut found = Vec::new();
        for (part, here, wanted) in parts {
            let mut paths: Vec<&String> = here.keys().chain(wanted.keys()).collect();
            paths.sort();
            paths.dedup();
            for path in paths {
                let (is, should) = (here.get(path), wanted.get(path));
                if is != should {
                    found.push(format!("{path} {part}: {is:?} instead of {should:?}"));
                }
            }
        }
        found
    }
}

fn staged(repository: &Repository) -> Texts {
    let index = repository.index().unwrap();
    let text = |entry: git2::IndexEntry| {
        (String::from_utf8(entry.path).unwrap(), text_of(repository, entry.id))
    };
    index.iter().map(text).collect()
}

fn text_of(repository: &Repository, blob: git2::Oid) -> String {
    String::from_utf8(repository.find_blob(blob).unwrap().content().to_vec()).unwrap()
}

fn read_folder(root: &Path, folder: &Path, files: &mut Texts) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path == root.join(".git") {
            continue;
        }
        if path.is_dir() {
            read_folder(root, &path, files);
        } else {
            let name = path.strip_prefix(root).unwrap().display().to_string();
            files.insert(name, std::fs::read_to_string(&path).unwrap());
        }
    }
}
