//! A folder with a user's file and, perhaps, a workspace's.

use std::path::{Path, PathBuf};

use devika_config::{Config, GitState, Loaded, Sources, load};
use serde_json::Value;
use tempfile::TempDir;

pub(crate) struct World {
    root: TempDir,
    sources: Sources,
}

impl World {
    /// A world whose user's file, readable by the user alone, holds `toml`.
    pub(crate) fn new(toml: &str) -> Self {
        let root = tempfile::tempdir().unwrap();
        let file = root.path().join("config.toml");
        write(&file, toml);
        Self { sources: Sources { user_file: Some(file), ..Sources::default() }, root }
    }

    /// The workspace's file holds `toml`.
    pub(crate) fn workspace(mut self, toml: &str) -> Self {
        let file = self.path(".devika.toml");
        write(&file, toml);
        self.sources.workspace_file = Some(file);
        self
    }

    pub(crate) fn workspace_file(mut self, file: PathBuf) -> Self {
        self.sources.workspace_file = Some(file);
        self
    }

    pub(crate) fn user_file(mut self, file: PathBuf) -> Self {
        self.sources.user_file = Some(file);
        self
    }

    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.sources.env.insert(name.to_owned(), value.to_owned());
        self
    }

    pub(crate) fn options(mut self, options: Value) -> Self {
        self.sources.overrides = options;
        self
    }

    pub(crate) fn git(mut self, git: Option<fn(&Path) -> GitState>) -> Self {
        self.sources.git = git;
        self
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    pub(crate) fn sources(&self) -> &Sources {
        &self.sources
    }

    pub(crate) fn load(&self) -> Loaded {
        load(&self.sources).unwrap()
    }

    pub(crate) fn config(&self) -> Config {
        self.load().config
    }

    /// The messages of a refused configuration, without the folder.
    pub(crate) fn refusal(&self) -> String {
        self.without_folder(&load(&self.sources).unwrap_err().to_string())
    }

    pub(crate) fn warnings(&self) -> String {
        self.without_folder(&self.load().warnings.join("\n"))
    }

    pub(crate) fn without_folder(&self, text: &str) -> String {
        text.replace(&format!("{}/", self.root.path().display()), "")
    }
}

pub(crate) fn write(file: &Path, text: &str) {
    std::fs::write(file, text).unwrap();
    permit(file, 0o600);
}

#[cfg(unix)]
pub(crate) fn permit(file: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(file, std::fs::Permissions::from_mode(mode)).unwrap();
}

#[cfg(not(unix))]
pub(crate) fn permit(_file: &Path, _mode: u32) {}
