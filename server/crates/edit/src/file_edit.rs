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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edit_tells_its_path_and_the_text_on_both_sides() {
        let path = |text| RelPath::new(text).unwrap();
        let create = FileEdit::Create { path: path("a"), text: "1".into() };
        assert_eq!(
            (create.path().as_str(), create.before(), create.after()),
            ("a", None, Some("1"))
        );
        let delete = FileEdit::Delete { path: path("a"), before: "1".into() };
        assert_eq!(
            (delete.path().as_str(), delete.before(), delete.after()),
            ("a", Some("1"), None)
        );
        let (from, to) = (path("a"), path("b"));
        let rename = FileEdit::Rename { from, to, before: "1".into(), after: "2".into() };
        assert_eq!(
            (rename.path().as_str(), rename.before(), rename.after()),
            ("b", Some("1"), Some("2"))
        );
    }
}
