//! The port to forges: where a task's branch is pushed, and asked to be merged.

use std::path::Path;

use async_trait::async_trait;
use devika_vcs::Pushed;
use serde::{Deserialize, Serialize};

/// Publishes branches. Errors are sentences that say what to do.
#[async_trait]
pub trait Publisher: Send + Sync {
    /// The project that a remote of this address is.
    ///
    /// # Errors
    /// Why it is none, as the end of a sentence.
    fn place(&self, remote: &str) -> Result<Place, String>;

    /// Pushes a branch of the repository at `root` under its own name, by no force. The same again does
    /// nothing.
    ///
    /// # Errors
    /// Why it was not pushed.
    async fn push(&self, place: &Place, root: &Path, branch: &str) -> Result<Pushed, String>;

    /// The address of the open request to merge a branch.
    ///
    /// # Errors
    /// Why that is not known.
    async fn find_request(&self, place: &Place, branch: &str) -> Result<Option<String>, String>;

    /// Asks for a branch to be merged; the request's address.
    ///
    /// # Errors
    /// Why nothing was asked, or nobody knows whether it was.
    async fn open_request(&self, place: &Place, request: &MergeRequest) -> Result<String, String>;
}

/// A project at a forge.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// Who it is: `GitHub`.
    pub forge: String,
    /// The project's path: `owner/name`.
    pub project: String,
    /// Where it is pushed to, over https.
    pub address: String,
}

/// A request to merge a branch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MergeRequest {
    /// The branch.
    pub branch: String,
    /// The branch that it is to be merged into.
    pub into: String,
    /// A line.
    pub title: String,
    /// A description, as Markdown.
    pub text: String,
}
