//! Reading a configuration file, and the rule that a file with a key in it is the user's alone.

use std::fs::{File, Metadata};
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};

use crate::error::ConfigError;

/// A file longer than this is no configuration: 1 MiB.
const LONGEST: u64 = 1024 * 1024;

/// A configuration file that was read.
pub(crate) struct ReadFile {
    path: PathBuf,
    /// Of the very file that was read, whatever stands at its path by now.
    metadata: Metadata,
    pub(crate) text: String,
}

impl ReadFile {
    /// Reads a file; `None` where there is none.
    pub(crate) fn open(path: &Path) -> Result<Option<Self>, ConfigError> {
        match read(path) {
            Ok((metadata, text)) => Ok(Some(Self { path: path.to_path_buf(), metadata, text })),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => {
                Err(ConfigError::Unreadable { path: path.to_path_buf(), why: error.to_string() })
            }
        }
    }

    /// How messages name it.
    pub(crate) fn name(&self) -> String {
        self.path.display().to_string()
    }

    /// Refuses a file that others may read, or that git may take into a commit: it holds a key.
    /// `git` says how a repository holds a file; without it, every one inside a repository is
    /// refused.
    pub(crate) fn check_secrecy(
        &self,
        git: Option<fn(&Path) -> GitState>,
    ) -> Result<(), ConfigError> {
        let exposed = |why: &str, fix: String| {
            Err(ConfigError::Exposed { path: self.path.clone(), why: why.to_owned(), fix })
        };
        let name = self.path.display();
        if !belongs_to_the_user(&self.metadata) {
            let fix = format!("Make it yours: chown \"$(id -u)\" '{name}'");
            return exposed("belongs to another user", fix);
        }
        if others_may_read(&self.metadata) {
            let fix = format!("Run: chmod 600 '{name}'");
            return exposed("other users of this machine may read it", fix);
        }
        match self.worst_in_git(git) {
            GitState::Ignored => Ok(()),
            GitState::Untracked => exposed(
                "lies in a git repository that does not ignore it",
                "Move the file out of it, add it to .gitignore, or name an environment variable \
                 with `key_env` instead"
                    .to_owned(),
            ),
            GitState::Tracked => exposed(
                "git tracks it, so that the key is staged or committed",
                format!(
                    "Replace the key at the provider, since the old one stays in the history; then \
                     run: git rm --cached '{name}', and add the file to .gitignore"
                ),
            ),
        }
    }

    /// How git holds the file, and the one that a symbolic link leads to: the worse of both.
    fn worst_in_git(&self, git: Option<fn(&Path) -> GitState>) -> GitState {
        let state = |path: PathBuf| match (lies_in_a_repository(&path), git) {
            (false, _) => GitState::Ignored,
            (true, Some(git)) => git(&path),
            (true, None) => GitState::Untracked,
        };
        let paths = [std::path::absolute(&self.path), self.path.canonicalize()];
        paths.into_iter().flatten().map(state).max().unwrap_or(GitState::Untracked)
    }
}

/// How a git repository holds a file, from harmless to bad.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum GitState {
    /// No commit takes it: it is ignored and not tracked.
    Ignored,
    /// A commit of everything would take it.
    Untracked,
    /// It is staged or committed.
    Tracked,
}

fn lies_in_a_repository(path: &Path) -> bool {
    path.ancestors().skip(1).any(|folder| folder.join(".git").exists())
}

fn read(path: &Path) -> io::Result<(Metadata, String)> {
    // Looked at before it is opened, because opening a pipe waits for somebody to write to it; a
    // workspace's file may be anything.
    if !std::fs::metadata(path)?.is_file() {
        return Err(io::Error::other("it is not a file"));
    }
    let file = File::open(path)?;
    let metadata = file.metadata()?;
    let mut text = String::new();
    file.take(LONGEST + 1).read_to_string(&mut text)?;
    if text.len() as u64 > LONGEST {
        return Err(io::Error::other("it is longer than 1 MiB"));
    }
    Ok((metadata, text))
}

#[cfg(unix)]
fn others_may_read(metadata: &Metadata) -> bool {
    std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o077 != 0
}

#[cfg(unix)]
fn belongs_to_the_user(metadata: &Metadata) -> bool {
    std::os::unix::fs::MetadataExt::uid(metadata) == nix::unistd::geteuid().as_raw()
}

#[cfg(not(unix))]
fn belongs_to_the_user(_metadata: &Metadata) -> bool {
    true
}

/// Elsewhere a file in the user's own folders is the user's, unless they have shared the folder.
#[cfg(not(unix))]
fn others_may_read(_metadata: &Metadata) -> bool {
    false
}
