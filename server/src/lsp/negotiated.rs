//! What this client can do.

use devika_protocol::Capabilities;
use serde::Deserialize;
use tower_lsp::ls_types::{ClientCapabilities, ResourceOperationKind};

use super::positions::Encoding;

/// What this client can do; at first nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Negotiated {
    pub(super) encoding: Encoding,
    /// What it declares under `experimental.devika`.
    pub(super) devika: Capabilities,
    /// Takes `workspace/applyEdit`.
    pub(super) apply_edit: bool,
    /// Takes versioned edits.
    pub(super) document_changes: bool,
    /// Takes file operations within an edit.
    pub(super) create: bool,
    pub(super) rename: bool,
    pub(super) delete: bool,
    /// Shows progress that the server begins.
    pub(super) progress: bool,
    /// Puts choices to the user.
    pub(super) choices: bool,
    /// Opens files that it is shown.
    pub(super) shows: bool,
    /// Takes code actions with a kind, and not bare commands alone.
    pub(super) action_kinds: bool,
    /// Asks for lenses again when it is told to.
    pub(super) renews_lenses: bool,
}

impl Negotiated {
    pub(super) fn with(client: &ClientCapabilities) -> Self {
        let workspace = client.workspace.as_ref();
        let window = client.window.as_ref();
        let edit = workspace.and_then(|workspace| workspace.workspace_edit.as_ref());
        let document_changes = edit.and_then(|edit| edit.document_changes) == Some(true);
        let operations = edit.and_then(|edit| edit.resource_operations.as_deref());
        let takes = |kind| document_changes && operations.is_some_and(|all| all.contains(&kind));
        Self {
            encoding: Encoding::negotiate(client.general.as_ref()),
            devika: declared(client),
            apply_edit: workspace.and_then(|workspace| workspace.apply_edit) == Some(true),
            document_changes,
            create: takes(ResourceOperationKind::Create),
            rename: takes(ResourceOperationKind::Rename),
            delete: takes(ResourceOperationKind::Delete),
            progress: window.and_then(|window| window.work_done_progress) == Some(true),
            choices: window.is_some_and(|window| window.show_message.is_some()),
            shows: window
                .and_then(|window| window.show_document.as_ref())
                .is_some_and(|shows| shows.support),
            action_kinds: client
                .text_document
                .as_ref()
                .and_then(|document| document.code_action.as_ref())
                .is_some_and(|action| action.code_action_literal_support.is_some()),
            renews_lenses: workspace
                .and_then(|workspace| workspace.code_lens.as_ref())
                .and_then(|lenses| lenses.refresh_support)
                == Some(true),
        }
    }

    /// Whether files that are not open are changed in the editor too, because it saves them when
    /// it is told to.
    pub(super) fn edits_closed_files(&self) -> bool {
        self.devika.save && self.apply_edit && self.document_changes
    }
}

fn declared(client: &ClientCapabilities) -> Capabilities {
    let Some(own) = client.experimental.as_ref().and_then(|all| all.get("devika")) else {
        return Capabilities::default();
    };
    Capabilities::deserialize(own).unwrap_or_else(|error| {
        tracing::warn!(%error, "the client's experimental.devika cannot be read and counts as absent");
        Capabilities::default()
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn with(client: serde_json::Value) -> Negotiated {
        Negotiated::with(&serde_json::from_value(client).unwrap())
    }

    #[test]
    fn a_client_that_declares_nothing_is_asked_for_nothing() {
        assert_eq!(with(json!({})), Negotiated::default());
        assert_eq!(with(json!({"experimental": {"devika": 5}})), Negotiated::default());
    }

    #[test]
    fn file_operations_need_document_changes() {
        let operations = json!({"resourceOperations": ["create", "rename"]});
        let client = with(json!({"workspace": {"workspaceEdit": operations}}));
        assert!(!client.create);
        let edit = json!({"documentChanges": true, "resourceOperations": ["create", "rename"]});
        let client = with(json!({"workspace": {"workspaceEdit": edit}}));
        assert_eq!((client.create, client.rename, client.delete), (true, true, false));
    }

    #[test]
    fn devikas_own_capabilities_are_read_one_by_one() {
        let client = with(json!({"experimental": {"devika": {"events": true, "new": 1}}}));
        assert_eq!(client.devika, Capabilities { events: true, ..Capabilities::default() });
    }
}
