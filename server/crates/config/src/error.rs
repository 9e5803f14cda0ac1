//! What can be wrong with a configuration. Each message names the file, the line and the way out.

use std::path::PathBuf;

/// What can be wrong with a configuration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// Keys are unknown or values have the wrong type; all of them are listed.
    #[error("{}", .0.join("\n"))]
    Wrong(Vec<String>),
    /// A file cannot be read.
    #[error("cannot read {}: {why}", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The system's words.
        why: String,
    },
    /// A file holds a key and others may see it.
    #[error("{} holds a key and {why}. {fix}", .path.display())]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Who may see it.
        why: String,
        /// What to do.
        fix: String,
    },
    /// The file to write exists already.
    #[error("{} exists already and was left as it is", .0.display())]
    Exists(PathBuf),
    /// The file cannot be written.
    #[error("cannot write {}: {why}", .path.display())]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// The system's words.
        why: String,
    },
}
