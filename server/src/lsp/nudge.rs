//! Eglot of Emacs 28 stops reading a packet at the answer that it waits for: a question, or an edit, that
//! came together with it is looked at only when more comes. So a little more comes.

use std::time::Duration;

use tower_lsp::ls_types::notification::Notification;

use super::session::Session;

/// How long after an answer: by then the editor has read it.
const AFTER: Duration = Duration::from_millis(250);

/// Says nothing. Clients are free to ignore what begins with `$/`, and do.
enum Nudge {}

impl Notification for Nudge {
    type Params = serde_json::Value;
    const METHOD: &'static str = "$/devika/nudge";
}

/// Sends a little more after the answer to a command, to a client without an extension of ours.
pub(super) fn after_answer(session: &Session) {
    if session.negotiated().devika.events {
        return;
    }
    let client = session.client.clone();
    drop(tokio::spawn(async move {
        tokio::time::sleep(AFTER).await;
        client.notify::<Nudge>(serde_json::json!({})).await;
    }));
}
