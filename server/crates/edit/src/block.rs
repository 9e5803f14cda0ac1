//! What a model's answer consists of.

/// A model's answer, taken apart.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Answer {
    /// What it asks to be done, in the order written.
    pub blocks: Vec<Block>,
    /// The text outside the blocks, trimmed.
    pub prose: String,
}

/// One thing that a model asks to be done to a file. Paths are as the model wrote them, unchecked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Block {
    /// The file's whole text.
    Whole {
        /// The file.
        path: String,
        /// Its text, with `\n` line endings.
        text: String,
    },
    /// A change of some lines.
    Replace {
        /// The file.
        path: String,
        /// The lines that are there now; empty for a new file.
        search: String,
        /// The lines that shall be there.
        replace: String,
    },
    /// The file shall be gone.
    Delete {
        /// The file.
        path: String,
    },
    /// The file shall have another path.
    Rename {
        /// The file.
        from: String,
        /// Its new path.
        to: String,
    },
}

impl Block {
    /// The path of the file as it is before the block, as the model wrote it.
    pub fn path(&self) -> &str {
        match self {
            Self::Whole { path, .. } | Self::Replace { path, .. } | Self::Delete { path } => path,
            Self::Rename { from, .. } => from,
        }
    }
}
