//! The engine's events on their way to the client: as they are to clients that declared it, and
//! as progress, log lines and messages to all.

use std::sync::Arc;
use std::time::Duration;

use devika_protocol::{EVENT_METHOD, Event, EventRecord};
use devika_store::EventStream;
use tower_lsp::ls_types::notification::Notification;
use tower_lsp::ls_types::request::ShowDocument;
use tower_lsp::ls_types::{MessageType, ShowDocumentParams, Uri};

use super::narration::{closing_words, log_line};
use super::progress::ProgressBoard;
use super::session::Session;

/// How long a client may take to open a document.
const OPEN_TIME: Duration = Duration::from_secs(20);

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
    if let Event::Made { place, .. } = &record.event {
        open(session, place);
    }
    if let Some((typ, words)) = closing_words(task, &record.event)
        && !session.negotiated().devika.asks
    {
        session.client.show(typ, words).await;
    }
}

/// Opens what was made in the client, or names it where the client cannot. A page for the printer is
/// for other programs.
fn open(session: &Session, place: &str) {
    let client = session.client.clone();
    let uri = Uri::from_file_path(place).filter(|_| session.negotiated().shows);
    let message = format!("Devika made {place}");
    let Some(uri) = uri else { return client.show_later(MessageType::INFO, message) };
    let external = place.ends_with(".pdf").then_some(true);
    let params = ShowDocumentParams { uri, external, take_focus: None, selection: None };
    drop(tokio::spawn(async move {
        let shown = client.request::<ShowDocument>(params, OPEN_TIME).await;
        if !shown.is_ok_and(|shown| shown.success) {
            client.show(MessageType::INFO, message).await;
        }
    }));
}
