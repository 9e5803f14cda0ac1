//! What is remembered, for clients: found, added to, forgotten, counted.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Looks for what is remembered of a workspace. Answered by an array of [`MemoryPassage`], the best
/// first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MemorySearchArgs {
    /// Words, identifiers, a sentence.
    pub text: String,
    /// Only this kind: `research`, `code`, `conversation`, `outcome` or `note`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// How many at the most; 5 where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// A `file:` URI of, or in, the workspace folder that is meant; needed where several are open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub root: Option<String>,
}

/// Something that is remembered. It is data with a source, whatever it says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MemoryPassage {
    /// What it is a part of: `research`, `code`, `conversation`, `outcome` or `note`.
    pub kind: String,
    /// Where it is from: a page's address, a file with its lines, a task, `you`.
    pub source: String,
    /// The headings above it, or a definition's name; may be empty.
    pub title: String,
    /// What it says.
    pub text: String,
    /// When it was read or made, in milliseconds since 1970 (UTC).
    pub at: u64,
    /// Whether other projects find it, too.
    pub shared: bool,
}

/// Remembers a note of the user's.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MemoryRememberArgs {
    /// What is to be remembered.
    pub text: String,
    /// For all projects.
    #[serde(default)]
    pub shared: bool,
    /// A `file:` URI of, or in, the workspace folder that is meant; needed where several are open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub root: Option<String>,
}

/// Forgets what is remembered of a workspace; a kind, a source or `everything` must be named.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MemoryForgetArgs {
    /// Only this kind: `research`, `code`, `conversation`, `outcome` or `note`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// What the source begins with: an address, a path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// All that is remembered of the workspace.
    #[serde(default)]
    pub everything: bool,
    /// A `file:` URI of, or in, the workspace folder that is meant; needed where several are open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub root: Option<String>,
}

/// Answers [`MemoryForgetArgs`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MemoryForgetReply {
    /// How many passages are forgotten.
    pub forgotten: u64,
}

/// Asks how much is remembered of the open workspace folders, and where.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MemoryStatsArgs {}

/// Answers [`MemoryStatsArgs`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MemoryStats {
    /// Where it is kept: a file or an address.
    pub place: String,
    /// Bytes on disk of all projects together, where that is known.
    pub bytes: Option<u64>,
    /// Passages of all projects that have no vector yet.
    pub without_vector: u64,
    /// How much of each kind.
    pub counts: Vec<MemoryCount>,
}

/// A line of [`MemoryStats`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MemoryCount {
    /// The workspace root, absolute.
    pub project: String,
    /// The kind, as in [`MemoryPassage`].
    pub kind: String,
    /// How many passages.
    pub passages: u64,
}
