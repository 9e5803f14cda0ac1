//! A checked change of one file.

use crate::RelPath;

/// A checked change of one file, with the text it was checked against, so that whoever applies it
/// can tell whether the file has moved on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileEdit {
    /// The file must not exist yet.
    Create {
        /// The file.
        path: RelPath,
        /// Its text.
        text: String,
    },
    /// The file has other text now.
    Modify {
        /// The file.
        path: RelPath,
        /// Its text before, exactly.
        before: String,
        /// Its text after.
        after: String,
    },
    /// The file is gone.
    Delete {
        /// The file.
        path: RelPath,
        /// Its text before, exactly.
        before: String,
    },
    /// The file has another path, and perhaps another text.
    Rename {
        /// The file.
        from: RelPath,
        /// Its new path, which must not exist yet.
        to: RelPath,
        /// Its text before, exactly.
        before: String,
        /// Its text after.
        after: String,
    },
}

impl FileEdit {
    /// The path after the edit; for a deletion, the path that is gone.
    pub fn path(&self) -> &RelPath {
        match self {
            Self::Create { path, .. } | Self::Modify { path, .. } | Self::Delete { path, .. } => {
                path
            }
            Self::Rename { to, .. } => to,
        }
    }

    /// The text before, where there was a file.
    pub fn before(&self) -> Option<&str> {
        match self {
            Self::Create { .. } => None,
            Self::Modify { before, .. }
            | Self::Delete { before, .. }
            | Self::Rename { before, .. } => Some(before),
        }
    }

    /// The text after, where there is a file.
    pub fn after(&self) -> Option<&str> {
        match self {
            Self::Create { text, .. } => Some(text),
            Self::Modify { after, .. } | Self::Rename { after, .. } => Some(after),
            Self::Delete { .. } => None,
        }
    }
}
