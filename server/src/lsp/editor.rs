//! The client as the editor: what is open changes in its buffer, as an edit the user can undo.
//!
//! A file that is not open changes in the editor too where the client saves on our request (VS Code
//! through its extension); everywhere else it is written to disk, because a buffer nobody saves
//! would be neither tested nor committed.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use devika_agent::{CodeError, DiskEditor, Editor, EditorError, ReadError, Snapshot, read_disk};
use devika_edit::{FileEdit, RelPath};
use tower_lsp::ls_types::request::ApplyWorkspaceEdit;
use tower_lsp::ls_types::{ApplyWorkspaceEditParams, MessageType, Uri, WorkspaceEdit};

use super::documents::Document;
use super::language_servers;
use super::saving::{self, Saving};
use super::session::Session;
use super::text_edits::smallest;
use super::workspace_edits;

/// How long a client may take to apply an edit.
const APPLY_TIME: Duration = Duration::from_secs(30);

/// How long a notification may take to be handled that came before an answer.
const OVERTAKEN_TIME: Duration = Duration::from_millis(250);

/// What an edit is called in the editor's list of changes.
const LABEL: &str = "Devika";

/// The client as the editor of one root.
pub(super) struct ClientEditor {
    session: Arc<Session>,
    root: PathBuf,
    disk: DiskEditor,
}

impl ClientEditor {
    pub(super) fn new(session: Arc<Session>, root: PathBuf) -> Self {
        Self { session, disk: DiskEditor::new(root.clone()), root }
    }
}

#[async_trait]
impl Editor for ClientEditor {
    fn snapshot(&self) -> Snapshot {
        self.session.snapshot(&self.root)
    }

    async fn apply(&self, edit: &FileEdit) -> Result<(), EditorError> {
        match edit {
            FileEdit::Create { path, text } => self.create(edit, path, text).await,
            FileEdit::Modify { path, before, after } => {
                self.modify(edit, path, before, after).await
            }
            FileEdit::Delete { path, before } => self.delete(edit, path, before).await,
            FileEdit::Rename { from, to, before, after } => {
                self.rename(edit, from, to, before, after).await
            }
        }?;
        self.session.authorships.applied(&self.root, edit);
        Ok(())
    }

    async fn save(&self, path: &RelPath) -> Result<(), EditorError> {
        let Some(Document { uri, text, .. }) = self.session.document(&self.root, path) else {
            return Ok(());
        };
        let disk = read_disk(&self.root, path);
        if disk.is_ok_and(|disk| saving::same(&disk, &text)) {
            return Ok(());
        }
        self.saving((path, &uri), &text, &text).done().await
    }

    fn has_language_servers(&self) -> bool {
        self.session.negotiated().devika.diagnostics
    }

    async fn errors(&self, paths: &[RelPath]) -> Option<Vec<CodeError>> {
        language_servers::errors(&self.session, &self.root, paths).await
    }

    async fn files_with(&self, symbol: &str) -> Vec<RelPath> {
        if !self.session.negotiated().devika.navigation {
            return Vec::new();
        }
        language_servers::files_with(&self.session, &self.root, symbol).await
    }
}

impl ClientEditor {
    async fn create(&self, edit: &FileEdit, path: &RelPath, text: &str) -> Result<(), EditorError> {
        self.disk.check_free(path)?;
        if let Some(document) = self.session.document(&self.root, path) {
            // A buffer of a file that was never saved: empty, it is the new file's place.
            check_text(path, &document, "")?;
            return self.change_open(path, document, text).await;
        }
        let client = self.session.negotiated();
        // An editor chooses the line ends of a new file by itself.
        let safe = saving::survives_an_editor("", text) && !text.contains('\r');
        if !(client.edits_closed_files() && client.create && safe) {
            return self.disk.apply(edit).await;
        }
        let uri = self.uri(path)?;
        let saving = self.saving((path, &uri), "", text);
        self.send(path, workspace_edits::create(uri.clone(), text)).await?;
        saving.done().await
    }

    async fn modify(
        &self,
        edit: &FileEdit,
        path: &RelPath,
        before: &str,
        after: &str,
    ) -> Result<(), EditorError> {
        if let Some(document) = self.session.document(&self.root, path) {
            check_text(path, &document, before)?;
            return self.change_open(path, document, after).await;
        }
        let client = self.session.negotiated();
        if !client.edits_closed_files() || !saving::survives_an_editor(before, after) {
            return self.disk.apply(edit).await;
        }
        self.check_disk(path, before)?;
        let uri = self.uri(path)?;
        let saving = self.saving((path, &uri), before, after);
        let edits = smallest(before, after, client.encoding);
        self.send(path, workspace_edits::change(uri.clone(), None, edits)).await?;
        saving.done().await
    }

    async fn delete(
        &self,
        edit: &FileEdit,
        path: &RelPath,
        before: &str,
    ) -> Result<(), EditorError> {
        let open = self.session.document(&self.root, path);
        if let Some(document) = &open {
            check_text(path, document, before)?;
        }
        let client = self.session.negotiated();
        if !(client.edits_closed_files() && client.delete) {
            return self.on_disk(edit, path, open.is_some()).await;
        }
        self.check_disk(path, before)?;
        self.send(path, workspace_edits::delete(self.uri(path)?)).await?;
        self.check_gone(path)
    }

    async fn rename(
        &self,
        edit: &FileEdit,
        from: &RelPath,
        to: &RelPath,
        before: &str,
        after: &str,
    ) -> Result<(), EditorError> {
        self.disk.check_free(to)?;
        let open = self.session.document(&self.root, from);
        if let Some(document) = &open {
            check_text(from, document, before)?;
        }
        let client = self.session.negotiated();
        let safe = before == after || saving::survives_an_editor(before, after);
        if !(client.edits_closed_files() && client.rename && safe) {
            return self.on_disk(edit, from, open.is_some()).await;
        }
        self.check_disk(from, before)?;
        let uri = self.uri(to)?;
        let saving = self.saving((to, &uri), before, after);
        let edits = smallest(before, after, client.encoding);
        self.send(to, workspace_edits::rename(self.uri(from)?, uri.clone(), edits)).await?;
        saving.done().await?;
        self.check_gone(from)
    }

    /// Changes a document in its buffer, and sees to it that it gets to the disk.
    async fn change_open(
        &self,
        path: &RelPath,
        document: Document,
        after: &str,
    ) -> Result<(), EditorError> {
        let client = self.session.negotiated();
        if !client.apply_edit {
            return self.replace_under_editor(path, document, after).await;
        }
        let Document { uri, version, text: before, .. } = document;
        let saving = self.saving((path, &uri), &before, after);
        let edits = smallest(&before, after, client.encoding);
        let edit = if client.document_changes {
            workspace_edits::change(uri.clone(), Some(version), edits)
        } else {
            workspace_edits::unversioned_change(uri.clone(), edits)
        };
        let mut touches = self.session.touches();
        if let Err(error) = self.send(path, edit).await {
            let moved = || {
                let now = self.session.document(&self.root, path);
                now.is_none_or(|now| now.version != version && now.text != after)
            };
            // The refusal is here, and the typing that caused it may still be with its handler,
            // although it came first: answers overtake notifications.
            let told = async { while !moved() && touches.changed().await.is_ok() {} };
            let _told = tokio::time::timeout(OVERTAKEN_TIME, told).await;
            return Err(if moved() { EditorError::Moved { path: path.clone() } } else { error });
        }
        saving.landed().await?;
        saving.done().await
    }

    /// For a client that lets nobody change its buffers: a buffer without unsaved changes is
    /// written to disk under it, and the editor loads it again.
    async fn replace_under_editor(
        &self,
        path: &RelPath,
        document: Document,
        after: &str,
    ) -> Result<(), EditorError> {
        let (path, before) = (path.clone(), document.text);
        let edit = FileEdit::Modify { path: path.clone(), before, after: after.to_owned() };
        self.on_disk(&edit, &path, true).await
    }

    /// Carries an edit out on disk. Where the file is open, its buffer must have no unsaved
    /// changes, or they would be lost on the next save.
    async fn on_disk(
        &self,
        edit: &FileEdit,
        path: &RelPath,
        open: bool,
    ) -> Result<(), EditorError> {
        if !open {
            return self.disk.apply(edit).await;
        }
        let disk = self.read(path)?;
        let Some(edit) = saving::against(edit, &disk) else {
            return Err(refused(
                path,
                "it has unsaved changes in the editor; save it, then resume the task",
            ));
        };
        self.disk.apply(&edit).await?;
        let hint = format!("Devika changed `{path}` on disk; load it again in the editor.");
        self.session.client.show(MessageType::INFO, hint).await;
        Ok(())
    }

    async fn send(&self, path: &RelPath, edit: WorkspaceEdit) -> Result<(), EditorError> {
        let params = ApplyWorkspaceEditParams { label: Some(LABEL.to_owned()), edit };
        match self.session.client.request::<ApplyWorkspaceEdit>(params, APPLY_TIME).await {
            Ok(answer) if answer.applied => Ok(()),
            Ok(answer) => {
                let why = answer.failure_reason.unwrap_or_else(|| "it gave no reason".to_owned());
                Err(refused(path, format!("the editor did not apply the edit: {why}")))
            }
            Err(error) => Err(refused(path, error.to_string())),
        }
    }

    fn saving<'s>(
        &'s self,
        target: (&'s RelPath, &'s Uri),
        before: &'s str,
        meant: &'s str,
    ) -> Saving<'s> {
        Saving::begin(&self.session, &self.root, target, before, meant)
    }

    fn check_disk(&self, path: &RelPath, meant: &str) -> Result<(), EditorError> {
        if saving::same(&self.read(path)?, meant) {
            return Ok(());
        }
        let why = "it has unsaved changes in the editor, or was changed on disk; save it, then resume the task";
        match self.session.document(&self.root, path) {
            Some(_) => Err(refused(path, why)),
            None => Err(EditorError::Moved { path: path.clone() }),
        }
    }

    fn check_gone(&self, path: &RelPath) -> Result<(), EditorError> {
        if path.under(&self.root).symlink_metadata().is_ok() {
            return Err(refused(path, "the editor said it is gone, and it is still on disk"));
        }
        Ok(())
    }

    fn read(&self, path: &RelPath) -> Result<String, EditorError> {
        read_disk(&self.root, path).map_err(|error| match error {
            ReadError::Missing(_) => EditorError::Moved { path: path.clone() },
            error => refused(path, error.to_string()),
        })
    }

    fn uri(&self, path: &RelPath) -> Result<Uri, EditorError> {
        self.session
            .uri(&self.root, path)
            .ok_or_else(|| refused(path, "its path cannot be written as a URI"))
    }
}

fn check_text(path: &RelPath, document: &Document, meant: &str) -> Result<(), EditorError> {
    if document.text == meant {
        return Ok(());
    }
    Err(EditorError::Moved { path: path.clone() })
}

pub(super) fn refused(path: &RelPath, why: impl Into<String>) -> EditorError {
    EditorError::Refused { path: path.clone(), why: why.into() }
}
