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

    /// Refuses a file that others may read, or that lies in a repository: it holds a key.
    pub(crate) fn check_secrecy(&self) -> Result<(), ConfigError> {
        let exposed = |why: &str, fix: String| {
            Err(ConfigError::Exposed { path: self.path.clone(), why: why.to_owned(), fix })
        };
        if others_may_read(&self.metadata) {
            return exposed(
                "other users of this machine may read it",
                format!("Run: chmod 600 '{}'", self.path.display()),
            );
        }
        if self.lies_in_a_repository() {
            return exposed(
                "lies in a git repository",
                "Move the file out of it, or name an environment variable with `key_env` instead"
                    .to_owned(),
            );
        }
        Ok(())
    }

    /// Whether the file, or the one that a symbolic link leads to, could be committed by accident.
    fn lies_in_a_repository(&self) -> bool {
        [std::path::absolute(&self.path), self.path.canonicalize()]
            .into_iter()
            .flatten()
            .any(|path| path.ancestors().skip(1).any(|folder| folder.join(".git").exists()))
    }
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

/// Elsewhere a file in the user's own folders is the user's, unless they have shared the folder.
#[cfg(not(unix))]
fn others_may_read(_metadata: &Metadata) -> bool {
    false
}
