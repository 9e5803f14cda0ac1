//! What can go wrong, by what the caller will do.

use std::{
    io,
    path::{Path, PathBuf},
};

use rusqlite::ErrorCode;

/// Why the store did not do what it was asked. Nothing of a failed operation is stored.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// No room: stop the task; it goes on once there is.
    #[error("the disk that holds Devika's store is full: make room, then resume the task")]
    Full,
    /// May not be written: say so, and work without.
    #[error("Devika's store cannot be written ({why}): check the file's owner and permissions")]
    ReadOnly {
        /// What was refused.
        why: String,
    },
    /// Written by a newer Devika: refuse to start.
    #[error(
        "Devika's store {path} has format {found}, and this program knows formats up to {known}: \
         install the newer Devika that wrote it"
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// The format found.
        found: u32,
        /// The newest format this program knows.
        known: u32,
    },
    /// Not readable as a store: refuse to start. The file is left where it is.
    #[error(
        "Devika's store {path} is damaged or no store ({why}): it was left as it is{copy}; move it \
         away to begin with an empty one",
        copy = copy.as_ref().map(|copy| format!(", with a copy at {}", copy.display())).unwrap_or_default()
    )]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
        /// The copy that was made of it.
        copy: Option<PathBuf>,
    },
    /// Another process holds it: try again later.
    #[error("another program holds Devika's store: close it, or try again")]
    Busy,
    /// A mistake of the caller, or something unforeseen: report it.
    #[error("Devika's store failed: {0}")]
    Other(String),
}

impl StoreError {
    /// Whether the whole transaction is lost, and not one operation of it alone.
    pub(crate) fn ends_transaction(&self) -> bool {
        !matches!(self, Self::Other(_))
    }

    /// A file operation on `path` that failed.
    pub(crate) fn io(path: &Path, error: &io::Error) -> Self {
        let why = format!("{}: {error}", path.display());
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::Full,
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                Self::ReadOnly { why }
            }
            _ => Self::Other(why),
        }
    }

    /// Names the file in an error that arose while it was opened.
    pub(crate) fn at(self, file: &Path) -> Self {
        match self {
            Self::Corrupt { why, copy, .. } => Self::Corrupt { path: file.into(), why, copy },
            Self::ReadOnly { why } if !why.contains(&*file.to_string_lossy()) => {
                Self::ReadOnly { why: format!("{}: {why}", file.display()) }
            }
            other => other,
        }
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::Full,
            Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied | ErrorCode::CannotOpen) => {
                Self::ReadOnly { why: error.to_string() }
            }
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy,
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
                Self::Corrupt { path: PathBuf::new(), why: error.to_string(), copy: None }
            }
            _ => Self::Other(error.to_string()),
        }
    }
}

impl From<serde_json::Error> for StoreError {
    fn from(error: serde_json::Error) -> Self {
        Self::Other(format!("a stored value cannot be read: {error}"))
    }
}
