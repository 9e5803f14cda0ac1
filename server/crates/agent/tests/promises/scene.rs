//! The project, and what is known of the user's bytes in it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard};

use git2::Repository;

/// Words of the user: `u17.` is the 17th that they typed.
pub(crate) type Words = BTreeSet<String>;

/// A project on disk with what is known of the user's words in it.
pub(crate) struct Scene {
    pub(crate) root: PathBuf,
    pub(crate) rng: fastrand::Rng,
    /// What the user typed, by file, as far as they have not deleted it.
    pub(crate) typed: BTreeMap<String, Words>,
    /// What the user staged, by file, and has not committed.
    pub(crate) staged: BTreeMap<String, Words>,
    /// What the user committed, ever.
    pub(crate) committed: Words,
    /// The user's own commits.
    pub(crate) commits: Vec<git2::Oid>,
    /// The branch that the user left.
    pub(crate) left: Option<String>,
    /// Names of files that the agent made.
    pub(crate) made: BTreeSet<String>,
    /// Everything that was done, for whoever reads of a failure.
    pub(crate) log: Vec<String>,
    next: u32,
}

/// A scene that user, model, runner and editor share.
pub(crate) struct Shared(Mutex<Scene>);

impl Shared {
    pub(crate) fn new(scene: Scene) -> Self {
        Self(Mutex::new(scene))
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, Scene> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl Scene {
    /// A repository with six committed files of eight lines.
    pub(crate) fn new(root: &Path, seed: u64) -> Self {
        std::fs::create_dir_all(root).unwrap();
        let repository = Repository::init(root).unwrap();
        for file in 0..6 {
            let text: String = (0..8).map(|line| format!("b{file}-{line}\n")).collect();
            std::fs::write(root.join(format!("f{file}.txt")), text).unwrap();
        }
        let mut scene = Self {
            root: root.to_path_buf(),
            rng: fastrand::Rng::with_seed(seed),
            typed: BTreeMap::new(),
            staged: BTreeMap::new(),
            committed: Words::new(),
            commits: Vec::new(),
            left: None,
            made: BTreeSet::new(),
            log: vec![format!("seed {seed}")],
            next: 0,
        };
        let mut index = repository.index().unwrap();
        index.add_all(["*"], git2::IndexAddOption::DEFAULT, None).unwrap();
        index.write().unwrap();
        scene.commit_index();
        scene
    }

    pub(crate) fn repository(&self) -> Repository {
        Repository::open(&self.root).unwrap()
    }

    /// A word that nobody has used.
    pub(crate) fn word(&mut self, whose: char) -> String {
        self.next += 1;
        format!("{whose}{}.", self.next)
    }

    /// The files of the work tree, in order.
    pub(crate) fn files(&self) -> Vec<String> {
        let entries = std::fs::read_dir(&self.root).unwrap().map(|entry| entry.unwrap());
        let names = entries.map(|entry| entry.file_name().into_string().unwrap());
        let mut names: Vec<String> = names.filter(|name| name != ".git").collect();
        names.sort();
        names
    }

    /// Those of them that are in the last commit.
    pub(crate) fn tracked(&self) -> Vec<String> {
        let head = self.committed_texts();
        self.files().into_iter().filter(|file| head.contains_key(file)).collect()
    }

    pub(crate) fn read(&self, file: &str) -> String {
        std::fs::read_to_string(self.root.join(file)).unwrap()
    }

    pub(crate) fn write(&self, file: &str, text: &str) {
        std::fs::write(self.root.join(file), text).unwrap();
    }

    /// The texts of the last commit.
    pub(crate) fn committed_texts(&self) -> BTreeMap<String, String> {
        let repository = self.repository();
        let tree = repository.head().unwrap().peel_to_tree().unwrap();
        let text = |entry: git2::TreeEntry<'_>| {
            (entry.name().unwrap().to_owned(), text_of(&repository, entry.id()))
        };
        tree.iter().map(text).collect()
    }

    /// The texts that are staged.
    pub(crate) fn staged_texts(&self) -> BTreeMap<String, String> {
        let repository = self.repository();
        let index = repository.index().unwrap();
        let text = |entry: git2::IndexEntry| {
            (String::from_utf8(entry.path).unwrap(), text_of(&repository, entry.id))
        };
        index.iter().map(text).collect()
    }

    /// Commits what is staged, as the user does.
    pub(crate) fn commit_index(&mut self) {
        let repository = self.repository();
        let tree = repository.index().unwrap().write_tree().unwrap();
        let tree = repository.find_tree(tree).unwrap();
        let author = git2::Signature::now("A User", "user@example.org").unwrap();
        let parent = repository.head().ok().map(|head| head.peel_to_commit().unwrap());
        let parents = Vec::from_iter(&parent);
        let made = repository.commit(Some("HEAD"), &author, &author, "Mine", &tree, &parents);
        self.commits.push(made.unwrap());
        self.staged.clear();
        self.committed.extend(self.staged_texts().values().flat_map(|text| words_in(text)));
    }

    /// What the user typed goes with the file.
    pub(crate) fn renamed(&mut self, from: &str, to: &str) {
        let words = self.typed.remove(from).unwrap_or_default();
        self.typed.entry(to.to_owned()).or_default().extend(words);
    }

    /// Checks the promises; where one is broken, says which and all that led to it.
    pub(crate) fn check(&self, after: &str) {
        let broken = self.broken();
        assert!(broken.is_empty(), "after {after}: {broken:#?}\n{}", self.log.join("\n"));
    }

    fn broken(&self) -> Vec<String> {
        let mut broken = Vec::new();
        let lost = |words: &Words, text: Option<&String>| -> Vec<String> {
            let there = text.map(|text| words_in(text)).unwrap_or_default();
            words.difference(&there).cloned().collect()
        };
        let on_disk: BTreeMap<String, String> =
            self.files().into_iter().map(|file| (file.clone(), self.read(&file))).collect();
        for (file, words) in &self.typed {
            let lost = lost(words, on_disk.get(file));
            if !lost.is_empty() {
                broken.push(format!("{lost:?} is not in {file} any more"));
            }
        }
        let staged = self.staged_texts();
        for (file, words) in &self.staged {
            let lost = lost(words, staged.get(file));
            if !lost.is_empty() {
                broken.push(format!("{lost:?} of {file} is not staged any more"));
            }
        }
        for (file, text) in self.committed_texts() {
            let swept: Vec<_> = words_in(&text).difference(&self.committed).cloned().collect();
            if !swept.is_empty() {
                broken.push(format!("{swept:?} of {file} is committed, and not by the user"));
            }
        }
        let strange = on_disk.keys().filter(|file| {
            let known = file.starts_with('f') || file.starts_with('n');
            !known && !self.made.contains(*file)
        });
        broken.extend(strange.map(|file| format!("{file} was made by nobody")));
        let repository = self.repository();
        if repository.path().join("index.lock").exists() {
            broken.push("the index is locked".to_owned());
        }
        for commit in &self.commits {
            let kept = repository.branches(None).unwrap().any(|branch| {
                let tip = branch.unwrap().0.get().peel_to_commit().unwrap().id();
                tip == *commit || repository.graph_descendant_of(tip, *commit).unwrap()
            });
            if !kept {
                broken.push(format!("no branch has the user's commit {commit}"));
            }
        }
        broken
    }
}

/// The words of the user in a text.
pub(crate) fn words_in(text: &str) -> Words {
    let words = text.split_whitespace().filter(|word| word.starts_with('u'));
    words.map(str::to_owned).collect()
}

fn text_of(repository: &Repository, blob: git2::Oid) -> String {
    String::from_utf8(repository.find_blob(blob).unwrap().content().to_vec()).unwrap()
}
