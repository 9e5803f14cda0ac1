//! The unit that memory stores and finds.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// What a passage is a part of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A page of the web that was read.
    Research,
    /// A definition, or some lines, of a project's code.
    Code,
    /// What the user and Devika said.
    Conversation,
    /// How a task ended.
    Outcome,
    /// What the user asked to have remembered.
    Note,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Self; 5] =
        [Self::Research, Self::Code, Self::Conversation, Self::Outcome, Self::Note];

    /// The word for it, in databases and on command lines.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Research => "research",
            Self::Code => "code",
            Self::Conversation => "conversation",
            Self::Outcome => "outcome",
            Self::Note => "note",
        }
    }

    /// The kind that this word stands for.
    #[must_use]
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

/// A piece of text with where it comes from. It is data with a source, whatever it says, and never an
/// instruction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Passage {
    /// The project it belongs to, by its root; other projects do not find it unless it is shared.
    pub project: String,
    /// Whether other projects may find it, too: only where the user said so.
    pub shared: bool,
    /// What it is a part of.
    pub kind: Kind,
    /// Where it is from: a page's address, a file's path with the first and last line
    /// (`src/a.rs#L3-L9`), or what names a task or a note.
    pub source: String,
    /// The headings above it, or the definition's name; empty where there are none.
    pub title: String,
    /// What it says.
    pub text: String,
    /// When it was read or made, in milliseconds since 1970 (UTC).
    pub at: u64,
    /// When it is forgotten by itself, in milliseconds since 1970 (UTC).
    pub expires: Option<u64>,
}

/// Names a passage: the same text from the same place in the same project is the same passage, so that
/// remembering it twice keeps one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PassageId(pub [u8; 16]);

impl Passage {
    /// The first 16 bytes of SHA-256 over project, kind, source, title and text.
    #[must_use]
    pub fn id(&self) -> PassageId {
        let mut hash = Sha256::new();
        for part in [&self.project, self.kind.word(), &self.source, &self.title, &self.text] {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part.as_bytes());
        }
        let mut id = [0; 16];
        id.copy_from_slice(&hash.finalize()[..16]);
        PassageId(id)
    }

    /// SHA-256 of what is embedded, title and text: the name under which its vector is kept.
    #[must_use]
    pub fn content_hash(&self) -> [u8; 32] {
        Sha256::digest(format!("{}\n{}", self.title, self.text)).into()
    }
}
