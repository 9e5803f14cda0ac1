//! From the editor's buffer to the disk.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use devika_agent::{EditorError, read_disk};
use devika_edit::{FileEdit, RelPath};
use devika_protocol::{SAVE_METHOD, SaveArgs, SaveReply};
use tokio::time::Instant;
use tower_lsp::ls_types::request::Request;
use tower_lsp::ls_types::{MessageType, Uri};

use super::editor::refused;
use super::session::Session;
use super::uri;

/// How long a client may take to save on our request.
const SAVE_TIME: Duration = Duration::from_secs(30);

/// How long the user may take to save a buffer that Devika changed; then the task says so and stops.
const USER_SAVE_TIME: Duration = Duration::from_secs(600);

/// How long the bytes may take to be on disk once the client said that they are.
const SETTLE_TIME: Duration = Duration::from_secs(2);

/// How often the disk is looked at while nothing is heard: some editors save without saying so.
const LOOK_EVERY: Duration = Duration::from_millis(200);

const BYTE_ORDER_MARK: char = '\u{feff}';

/// Has the client save documents.
enum SaveRequest {}

impl Request for SaveRequest {
    type Params = SaveArgs;
    type Result = SaveReply;
    const METHOD: &'static str = SAVE_METHOD;
}

/// A document on its way to the disk: made before the edit is sent, so that the moment the
/// document has the text is not missed.
pub(super) struct Saving<'s> {
    session: &'s Arc<Session>,
    root: &'s Path,
    path: &'s RelPath,
    uri: &'s Uri,
    /// The text before the edit.
    before: &'s str,
    /// The text that was meant.
    meant: &'s str,
    file: PathBuf,
}

impl Drop for Saving<'_> {
    fn drop(&mut self) {
        self.session.touch(|documents| documents.forget_text(&self.file));
    }
}

impl<'s> Saving<'s> {
    pub(super) fn begin(
        session: &'s Arc<Session>,
        root: &'s Path,
        (path, uri): (&'s RelPath, &'s Uri),
        before: &'s str,
        meant: &'s str,
    ) -> Self {
        let file = uri::canonical(&path.under(root));
        session.touch(|documents| documents.await_text(file.clone(), meant.to_owned()));
        Self { session, root, path, uri, before, meant, file }
    }

    /// Waits until the client tells that an open document has the text. Some clients say that an
    /// edit was applied when the user's typing had made it void.
    ///
    /// # Errors
    /// [`EditorError::Moved`] where the user typed and the edit is not in the document.
    pub(super) async fn landed(&self) -> Result<(), EditorError> {
        let mut touches = self.session.touches();
        let had = async { while !self.had_text() && touches.changed().await.is_ok() {} };
        if self.before == self.meant || tokio::time::timeout(SETTLE_TIME, had).await.is_ok() {
            return Ok(());
        }
        let now = self.session.document(self.root, self.path);
        if now.is_some_and(|now| now.text != self.before) {
            return Err(EditorError::Moved { path: self.path.clone() });
        }
        tracing::warn!(path = %self.path, "the client did not tell of the change it made");
        Ok(())
    }

    /// Has the document saved by the client, or else by the user, and checks what is on disk.
    pub(super) async fn done(&self) -> Result<(), EditorError> {
        if self.session.negotiated().devika.save && self.client_saved().await {
            let end = Instant::now() + SETTLE_TIME;
            return match self.until_on_disk(end).await {
                Seen::Saved => Ok(()),
                _ => Err(refused(
                    self.path,
                    "the editor said it is saved, and the disk has another text",
                )),
            };
        }
        if self.is_on_disk() {
            return Ok(());
        }
        let path = self.path;
        let hint = format!("Devika changed `{path}` in the editor: save it, and the task goes on.");
        self.session.client.show(MessageType::WARNING, hint).await;
        match self.until_on_disk(Instant::now() + USER_SAVE_TIME).await {
            Seen::Saved => Ok(()),
            Seen::Undone => Err(refused(path, "the edit was undone in the editor")),
            Seen::Closed => Err(refused(path, "it was closed without being saved")),
            Seen::Late => Err(refused(
                path,
                format!(
                    "it is changed in the editor and was not saved within {} minutes; save it, then resume the task",
                    USER_SAVE_TIME.as_secs() / 60
                ),
            )),
        }
    }

    async fn client_saved(&self) -> bool {
        let uri = self.uri.as_str();
        let params = SaveArgs { uris: vec![uri.to_owned()] };
        match self.session.client.request::<SaveRequest>(params, SAVE_TIME).await {
            Ok(reply) if reply.saved.iter().any(|saved| saved == uri) => true,
            Ok(_) => {
                tracing::warn!(uri, "the client did not save the document");
                false
            }
            Err(error) => {
                tracing::warn!(uri, %error, "the client did not save the document");
                false
            }
        }
    }

    async fn until_on_disk(&self, end: Instant) -> Seen {
        let mut touches = self.session.touches();
        let mut was_open = false;
        loop {
            if self.is_on_disk() {
                return Seen::Saved;
            }
            let is_open = self.session.document(self.root, self.path).is_some();
            if was_open && !is_open {
                return Seen::Closed;
            }
            if self.is_undone() {
                return Seen::Undone;
            }
            was_open |= is_open;
            if Instant::now() >= end {
                return Seen::Late;
            }
            let look = (Instant::now() + LOOK_EVERY).min(end);
            tokio::select! {
                _ = touches.changed() => {}
                () = tokio::time::sleep_until(look) => {}
            }
        }
    }

    fn had_text(&self) -> bool {
        self.session.state().documents.had_text(&self.file)
    }

    /// Whether the disk has the text that was meant, or that text as the user or their formatter
    /// went on with it.
    fn is_on_disk(&self) -> bool {
        let Ok(disk) = read_disk(self.root, self.path) else { return false };
        if same(&disk, self.meant) {
            return true;
        }
        let document = self.session.document(self.root, self.path);
        self.had_text() && !self.is_undone() && document.is_some_and(|open| same(&disk, &open.text))
    }

    fn is_undone(&self) -> bool {
        let document = self.session.document(self.root, self.path);
        let as_before = document.is_some_and(|open| open.text == self.before);
        as_before && self.before != self.meant && self.had_text()
    }
}

enum Seen {
    Saved,
    Undone,
    Closed,
    Late,
}

/// Whether two texts are the same but for what editors add on their own when they save: a byte-order
/// mark, which the buffer does not show, and a last line end.
pub(super) fn same(disk: &str, text: &str) -> bool {
    let disk = disk.strip_prefix(BYTE_ORDER_MARK).unwrap_or(disk);
    let text = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text);
    match disk.strip_prefix(text) {
        Some(rest) => matches!(rest, "" | "\n" | "\r\n"),
        None => false,
    }
}

/// Whether an editor that loads `before` and saves `after` changes nothing else: it keeps one kind
/// of line end in a file, and shows no byte-order mark.
pub(super) fn survives_an_editor(before: &str, after: &str) -> bool {
    let marked = |text: &str| text.starts_with(BYTE_ORDER_MARK);
    let ends = |text: &str| {
        let all = text.matches('\n').count();
        let crlf = text.matches("\r\n").count();
        (all == crlf || crlf == 0, crlf > 0)
    };
    let ((before_pure, before_crlf), (after_pure, after_crlf)) = (ends(before), ends(after));
    let same_ends = before_crlf == after_crlf || !before.contains('\n') || !after.contains('\n');
    !marked(before) && !marked(after) && before_pure && after_pure && same_ends
}

/// The edit against the exact bytes on disk, where they are [`same`] as its text before.
pub(super) fn against(edit: &FileEdit, disk: &str) -> Option<FileEdit> {
    let text = edit.before()?;
    if !same(disk, text) {
        return None;
    }
    let mark = |after: &String| {
        let marked = disk.starts_with(BYTE_ORDER_MARK) && !text.starts_with(BYTE_ORDER_MARK);
        if marked { format!("{BYTE_ORDER_MARK}{after}") } else { after.clone() }
    };
    let before = disk.to_owned();
    Some(match edit {
        FileEdit::Create { .. } => return None,
        FileEdit::Modify { path, after, .. } => {
            FileEdit::Modify { path: path.clone(), before, after: mark(after) }
        }
        FileEdit::Delete { path, .. } => FileEdit::Delete { path: path.clone(), before },
        FileEdit::Rename { from, to, after, .. } => {
            FileEdit::Rename { from: from.clone(), to: to.clone(), before, after: mark(after) }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_editors_add_on_their_own_makes_no_other_text() {
        assert!(same("a\n", "a\n"));
        assert!(same("\u{feff}a\n", "a\n"));
        assert!(same("a\r\n", "a"));
        assert!(!same("a", "a\n"));
        assert!(!same("a\n\n", "a"));
        assert!(!same("ab", "a"));
    }

    #[test]
    fn files_that_an_editor_would_change_by_itself_are_not_given_to_it() {
        assert!(survives_an_editor("a\r\nb\r\n", "a\r\nc\r\n"));
        assert!(survives_an_editor("", "a\n"));
        assert!(!survives_an_editor("a\r\nb\n", "a\r\nc\n"), "mixed line ends");
        assert!(!survives_an_editor("a\r\n", "a\n"), "other line ends");
        assert!(!survives_an_editor("\u{feff}a\n", "\u{feff}b\n"), "a byte-order mark");
    }

    #[test]
    fn an_edit_of_a_buffer_keeps_the_mark_that_the_buffer_does_not_show() {
        let path = RelPath::new("a.py").unwrap();
        let edit = |before: &str, after: &str| FileEdit::Modify {
            path: path.clone(),
            before: before.into(),
            after: after.into(),
        };
        let found = against(&edit("a\n", "b\n"), "\u{feff}a\n");
        assert_eq!(found, Some(edit("\u{feff}a\n", "\u{feff}b\n")));
        assert_eq!(against(&edit("a\n", "b\n"), "unsaved\n"), None);
    }
}
