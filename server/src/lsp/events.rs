//! The engine's events on their way to the client: as they are to clients that declared it, and
//! as progress, log lines and messages to all.

use std::sync::Arc;

use devika_protocol::{EVENT_METHOD, EventRecord};
use devika_store::EventStream;
use tower_lsp::ls_types::MessageType;
use tower_lsp::ls_types::notification::Notification;

use super::narration::{closing_words, log_line};
use super::progress::ProgressBoard;
use super::session::Session;

/// Carries one event.
enum EventNotification {}

impl Notification for EventNotification {
    type Params = EventRecord;
    const METHOD: &'static str = EVENT_METHOD;
}

/// Forwards every event until the session or the engine ends. Every task of this engine was
/// started or resumed by this session, in a folder that was open then.
pub(super) async fn forward(session: Arc<Session>, mut events: EventStream) {
    let mut board = ProgressBoard::new(session.client.clone(), session.negotiated().progress);
    loop {
        let record = tokio::select! {
            biased;
            () = session.closing.cancelled() => return,
            record = events.next() => record,
        };
        let Some(record) = record else { return };
        tell(&session, &mut board, record).await;
    }
}

async fn tell(session: &Session, board: &mut ProgressBoard, record: EventRecord) {
    // First of all: a streamed token must not wait for the other views.
    if session.negotiated().devika.events {
        session.client.notify::<EventNotification>(record.clone()).await;
    }
    board.show(&record);
    let task = record.task;
    if session.state().verbose {
        let line = serde_json::to_string(&record).unwrap_or_else(|error| error.to_string());
        session.client.log(MessageType::LOG, line).await;
    } else if let Some((typ, line)) = log_line(&record.event) {
        session.client.log(typ, format!("task {task}: {line}")).await;
    }
    if let Some((typ, words)) = closing_words(task, &record.event)
        && !session.negotiated().devika.asks
    {
        session.client.show(typ, words).await;
    }
}
