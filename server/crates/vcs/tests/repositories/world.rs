//! A real repository in a folder of its own, as a user might have it.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use devika_vcs::{CommitFile, CommitRequest, Repository};
use git2::{Status, StatusOptions};
use tempfile::TempDir;

pub(crate) struct World {
    folder: TempDir,
    pub(crate) git: git2::Repository,
}

impl World {
    /// A repository without commits.
    pub(crate) fn empty() -> Self {
        let folder = TempDir::new().unwrap();
        drop(Repository::init(folder.path()).unwrap());
        let git = git2::Repository::open(folder.path()).unwrap();
        let mut config = git.config().unwrap();
        config.set_str("user.name", "Ada").unwrap();
        config.set_str("user.email", "ada@example.org").unwrap();
        Self { folder, git }
    }

    /// A repository with these files committed.
    pub(crate) fn with(files: &[(&str, &str)]) -> Self {
        let world = Self::empty();
        for (path, text) in files {
            world.write(path, text);
            world.add(path);
        }
        world.user_commits("Begin");
        world
    }

    pub(crate) fn root(&self) -> PathBuf {
        self.folder.path().canonicalize().unwrap()
    }

    pub(crate) fn open(&self) -> Repository {
        Repository::open(&self.root()).unwrap().unwrap()
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        let file = self.root().join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }

    pub(crate) fn add(&self, path: &str) {
        let mut index = self.git.index().unwrap();
        index.read(true).unwrap();
        index.add_path(Path::new(path)).unwrap();
        index.write().unwrap();
    }

    /// Commits what is staged.
    pub(crate) fn user_commits(&self, message: &str) -> String {
        let mut index = self.git.index().unwrap();
        index.read(true).unwrap();
        let tree = self.git.find_tree(index.write_tree().unwrap()).unwrap();
        let parent = self.git.head().ok().map(|head| head.peel_to_commit().unwrap());
        let author = self.git.signature().unwrap();
        let parents = Vec::from_iter(&parent);
        self.git
            .commit(Some("HEAD"), &author, &author, message, &tree, &parents)
            .unwrap()
            .to_string()
    }

    /// Devika edits a file on disk: what it asks to commit.
    pub(crate) fn devika_writes(&self, path: &str, text: &str) -> CommitFile {
        let before = fs::read_to_string(self.root().join(path)).ok();
        self.write(path, text);
        CommitFile { path: path.to_owned(), before, after: Some(text.to_owned()) }
    }

    pub(crate) fn devika_deletes(&self, path: &str) -> CommitFile {
        let before = fs::read_to_string(self.root().join(path)).ok();
        fs::remove_file(self.root().join(path)).unwrap();
        CommitFile { path: path.to_owned(), before, after: None }
    }

    /// What HEAD has: path and text of every file.
    pub(crate) fn committed(&self) -> Vec<(String, String)> {
        let tree = self.git.head().unwrap().peel_to_tree().unwrap();
        let mut files = Vec::new();
        tree.walk(git2::TreeWalkMode::PreOrder, |folder, entry| {
            if let Ok(blob) = entry.to_object(&self.git).unwrap().into_blob() {
                let text = String::from_utf8(blob.content().to_vec()).unwrap();
                files.push((format!("{folder}{}", entry.name().unwrap()), text));
            }
            git2::TreeWalkResult::Ok
        })
        .unwrap();
        files
    }

    pub(crate) fn staged(&self, path: &str) -> Option<String> {
        let mut index = self.git.index().unwrap();
        index.read(true).unwrap();
        let entry = index.get_path(Path::new(path), 0)?;
        let blob = self.git.find_blob(entry.id).unwrap();
        Some(String::from_utf8(blob.content().to_vec()).unwrap())
    }

    /// As `git status --porcelain` shows it: staged, unstaged, path.
    pub(crate) fn status(&self) -> Vec<String> {
        let mut options = StatusOptions::new();
        options.include_untracked(true).recurse_untracked_dirs(true);
        let statuses = self.git.statuses(Some(&mut options)).unwrap();
        let line = |entry: git2::StatusEntry<'_>| {
            let (status, path) = (entry.status(), entry.path().unwrap().to_owned());
            let mark = |flags: [(Status, char); 3]| {
                flags.iter().find(|(flag, _)| status.contains(*flag)).map_or(' ', |(_, c)| *c)
            };
            if status.contains(Status::WT_NEW) && !status.contains(Status::INDEX_DELETED) {
                return format!("?? {path}");
            }
            let staged = mark([
                (Status::INDEX_NEW, 'A'),
                (Status::INDEX_MODIFIED, 'M'),
                (Status::INDEX_DELETED, 'D'),
            ]);
            let unstaged = mark([
                (Status::WT_NEW, '?'),
                (Status::WT_MODIFIED, 'M'),
                (Status::WT_DELETED, 'D'),
            ]);
            format!("{staged}{unstaged} {path}")
        };
        statuses.iter().map(line).collect()
    }
}

/// A step's commit.
pub(crate) fn step(files: impl IntoIterator<Item = CommitFile>) -> CommitRequest {
    CommitRequest {
        files: files.into_iter().collect(),
        message: "Do the step".to_owned(),
        trailers: vec![
            ("Devika-Task".to_owned(), "7".to_owned()),
            ("Devika-Step".to_owned(), "1/2".to_owned()),
        ],
    }
}

/// What git itself says, run as the user might; its complaint is part of it.
pub(crate) fn git(folder: &Path, args: &[&str]) -> String {
    let done = Command::new("git")
        .args(args)
        .current_dir(folder)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_AUTHOR_NAME", "Ada")
        .env("GIT_AUTHOR_EMAIL", "ada@example.org")
        .env("GIT_COMMITTER_NAME", "Ada")
        .env("GIT_COMMITTER_EMAIL", "ada@example.org")
        .output()
        .unwrap();
    let (out, complaint) = (String::from_utf8(done.stdout), String::from_utf8(done.stderr));
    let said = format!("{}{}", out.unwrap(), complaint.unwrap()).trim_end().to_owned();
    assert!(done.status.success(), "git {args:?}: {said}");
    said
}
