//! What the pipeline needs from outside: an editor to change text, somebody to ask, and something
//! to run commands in. (The model is [`devika_llm::LanguageModel`].)

use std::path::PathBuf;

use async_trait::async_trait;
use devika_edit::{FileEdit, RelPath};
use devika_protocol::{AskId, AskKind, Event, Refusal, TaskId};

use crate::snapshot::Snapshot;

/// The only thing that changes user text.
#[async_trait]
pub trait Editor: Send + Sync {
    /// An immutable view of the open documents, unsaved text included, over the files on disk.
    fn snapshot(&self) -> Snapshot;

    /// Applies one file's edit, saves it, and checks that the bytes on disk are those meant.
    ///
    /// # Errors
    /// [`EditorError`]; then the file is as the user had it.
    async fn apply(&self, edit: &FileEdit) -> Result<(), EditorError>;

    /// Sees to it that the disk has the text of a file as it is open: an edit may have been applied, and
    /// not saved, by a process that has died since.
    ///
    /// # Errors
    /// [`EditorError::Refused`] where it is not saved.
    async fn save(&self, _path: &RelPath) -> Result<(), EditorError> {
        Ok(())
    }

    /// Whether the editor can tell what its language servers know.
    fn has_language_servers(&self) -> bool {
        false
    }

    /// The errors that the editor's language servers find in the workspace, once they have looked at
    /// `paths` and have nothing more to say. `None` where the editor does not answer: then commands
    /// alone decide.
    async fn errors(&self, _paths: &[RelPath]) -> Option<Vec<CodeError>> {
        None
    }

    /// The files that define or use a symbol of this name, where the editor can tell.
    async fn files_with(&self, _symbol: &str) -> Vec<RelPath> {
        Vec::new()
    }
}

/// An error that one of the editor's language servers reports.
#[derive(Debug, Clone, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub struct CodeError {
    /// The file, relative to the workspace root.
    pub path: String,
    /// The line, counted from 1.
    pub line: u32,
    /// What is wrong.
    pub message: String,
    /// Who says so, e.g. `Pyright`.
    pub source: Option<String>,
}

/// Why an edit is not in the file.
#[derive(Debug, thiserror::Error)]
pub enum EditorError {
    /// The text is not the one the edit was checked against: merge and try again.
    #[error("`{path}` has changed meanwhile")]
    Moved {
        /// The file.
        path: RelPath,
    },
    /// The client, the disk or a rule refused.
    #[error("cannot write `{path}`: {why}")]
    Refused {
        /// The file.
        path: RelPath,
        /// Why, and what to do next.
        why: String,
    },
}

/// Prints pages.
#[async_trait]
pub trait Printer: Send + Sync {
    /// Prints a page of HTML, which loads nothing, to a PDF file.
    ///
    /// # Errors
    /// Why there is no PDF and what to do, as the end of a sentence.
    async fn print(&self, page: &str, pdf: &std::path::Path) -> Result<(), String>;
}

/// Somebody who may be asked. A client may also answer by `devika.task.reply` and
/// `devika.task.approve`; whichever answer comes first counts.
#[async_trait]
pub trait User: Send + Sync {
    /// Puts a question or an approval to the user. May wait for ever where the answer comes by
    /// command; dropping the future withdraws it.
    async fn ask(&self, ask: &Ask) -> UserReply;
}

/// A question or an approval.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ask {
    /// The task that asks.
    pub task: TaskId,
    /// Names it.
    pub id: AskId,
    /// What kind of answer is wanted.
    pub kind: AskKind,
    /// What is asked, in words.
    pub text: String,
    /// Whether it is nothing that the user could foresee, and allow beforehand.
    pub unforeseen: bool,
    /// Of edits: what is proposed.
    pub edits: Vec<ProposedEdit>,
}

/// What is proposed for one file.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct ProposedEdit {
    /// The file, relative to the workspace root.
    pub path: String,
    /// How many hunks its diff has; none where it is only renamed, or is empty.
    pub hunks: u32,
}

/// What [`UserReply::AllowBut`] is called.
const PARTLY: &str = "partly";

/// What the user said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UserReply {
    /// To a question.
    Answer(String),
    /// To an approval: for this task.
    Allow,
    /// To an approval of edits: without these.
    AllowBut(Vec<Refusal>),
    /// To an approval of a command, of a host for it, or of a finding: this one time.
    AllowOnce,
    /// To an approval of a command: in this project from now on, while the command and the scripts it
    /// runs stay as they are; of a host: for all commands in this project from now on; of a
    /// finding: in this project from now on.
    AllowAlways,
    /// To an approval.
    Deny,
    /// Nobody is there: the task pauses; of a host, this denies.
    Absent,
}

impl UserReply {
    /// What the journal and [`devika_protocol::Event::Answered`] say for an approval.
    pub(crate) fn word(&self) -> &str {
        match self {
            Self::Answer(text) => text,
            Self::Allow => "yes",
            Self::AllowBut(_) => PARTLY,
            Self::AllowOnce => "once",
            Self::AllowAlways => "always",
            Self::Deny | Self::Absent => "no",
        }
    }

    /// What the journal keeps of it: the word, and what is refused of edits.
    pub(crate) fn kept(&self) -> String {
        match self {
            Self::AllowBut(refused) => format!("{PARTLY} {}", serde_json::json!(refused)),
            reply => reply.word().to_owned(),
        }
    }

    /// As the clients are told of it.
    pub(crate) fn told(&self, ask: AskId) -> Event {
        let refused = match self {
            Self::AllowBut(refused) => refused.clone(),
            _ => Vec::new(),
        };
        Event::Answered { ask, answer: self.word().to_owned(), refused }
    }

    /// The answer to an approval that was [`Self::kept`] so; anything unknown denies.
    pub(crate) fn of_word(word: &str) -> Self {
        match word {
            "yes" => Self::Allow,
            "once" => Self::AllowOnce,
            "always" => Self::AllowAlways,
            word => word
                .strip_prefix(PARTLY)
                .and_then(|refused| serde_json::from_str(refused).ok())
                .map_or(Self::Deny, Self::AllowBut),
        }
    }
}

/// Where a task works: an editor and its user over one workspace root.
#[derive(Clone)]
pub struct Workspace {
    /// The root, absolute and canonical.
    pub root: PathBuf,
    /// Changes text in it.
    pub editor: std::sync::Arc<dyn Editor>,
    /// Answers for it.
    pub user: std::sync::Arc<dyn User>,
    /// Where the user sits, as others are told who wait for the workspace: `Neovim`, `a terminal`.
    pub place: String,
}
