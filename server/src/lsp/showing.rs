//! Showing files to the user: opened by the client, or named in a message where it opens none.

use std::path::Path;
use std::time::Duration;

use tower_lsp::ls_types::request::ShowDocument;
use tower_lsp::ls_types::{MessageType, ShowDocumentParams, Uri};

use super::session::Session;
use super::uri;

/// How long a client may take to open a document.
const OPEN_TIME: Duration = Duration::from_secs(20);

impl Session {
    /// Shows a file; `message` names it for those to whom it cannot be shown.
    pub(super) fn show_file(&self, file: &Path, message: String) {
        self.show_document(uri::from_path(file), false, message);
    }

    /// Shows a document, or says `message` where that cannot be. An external one is for another
    /// program, such as the browser.
    pub(super) fn show_document(&self, uri: Option<Uri>, is_external: bool, message: String) {
        let client = self.client.clone();
        let uri = uri.filter(|_| self.negotiated().shows);
        let Some(uri) = uri else { return client.show_later(MessageType::INFO, message) };
        let external = is_external.then_some(true);
        let params = ShowDocumentParams { uri, external, take_focus: None, selection: None };
        drop(tokio::spawn(async move {
            let shown = client.request::<ShowDocument>(params, OPEN_TIME).await;
            if !shown.is_ok_and(|shown| shown.success) {
                client.show(MessageType::INFO, message).await;
            }
        }));
    }
}
