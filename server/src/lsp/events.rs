//! The engine's events on their way to the client: as they are to clients that declared it, and
//! as progress, log lines and messages to all.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use devika_agent::Engine;
use devika_protocol::{
    EVENT_METHOD, Event, EventRecord, MadeKind, OPEN_FOLDER_METHOD, OpenFolderArgs,
    OpenFolderReply, TaskId,
};
use devika_store::EventStream;
use tower_lsp::ls_types::notification::Notification;
use tower_lsp::ls_types::request::{Request, ShowDocument};
use tower_lsp::ls_types::{MessageType, ShowDocumentParams, Uri};

use super::narration::{closing_words, log_line};
use super::outgoing::Outgoing;
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

/// Has the client offer a folder to the user.
enum OpenFolder {}

impl Request for OpenFolder {
    type Params = OpenFolderArgs;
    type Result = OpenFolderReply;
    const METHOD: &'static str = OPEN_FOLDER_METHOD;
}

/// Forwards every event until the session or the engine ends. Every task of this engine was
/// started or resumed by this session, in a folder that was open then. What other processes do in a
/// folder that is open here is told to views and the log, and nothing is opened for it.
pub(super) async fn forward(session: Arc<Session>, engine: Engine, mut events: EventStream) {
    let mut board = ProgressBoard::new(session.client.clone(), session.negotiated().progress);
    let mut elsewhere = Elsewhere { engine, folders: HashMap::new() };
    loop {
        let heard = tokio::select! {
            biased;
            () = session.closing.cancelled() => return,
            heard = events.next_and_whose() => heard,
        };
        match heard {
            Some((record, false)) => tell(&session, &mut board, record).await,
            Some((record, true)) if elsewhere.is_open(&session, record.task).await => {
                tell_of(&session, &record).await;
            }
            Some(_) => {}
            None => return,
        }
    }
}

/// The tasks that other processes work on.
struct Elsewhere {
    engine: Engine,
    /// Where each of them works, as far as it was asked.
    folders: HashMap<TaskId, Option<PathBuf>>,
}

impl Elsewhere {
    /// Whether a task works in a folder that is open here.
    async fn is_open(&mut self, session: &Session, task: TaskId) -> bool {
        if !self.folders.contains_key(&task) {
            let shown = self.engine.show(task).await.ok();
            let folder = shown.map(|task| PathBuf::from(task.summary.project));
            self.folders.insert(task, folder);
        }
        let folder = self.folders.get(&task).and_then(Option::as_ref);
        folder.is_some_and(|folder| session.roots().contains(folder))
    }
}

async fn tell(session: &Session, board: &mut ProgressBoard, record: EventRecord) {
    tell_of(session, &record).await;
    board.show(&record);
    let task = record.task;
    if let Event::Made { what, place } = &record.event {
        open(session, *what, place);
    }
    if let Some((typ, words)) = closing_words(task, &record.event)
        && !session.negotiated().devika.asks
    {
        session.client.show(typ, words).await;
    }
}

/// Tells views and the log.
async fn tell_of(session: &Session, record: &EventRecord) {
    // First of all: a streamed token must not wait for the other views.
    if session.negotiated().devika.events {
        session.client.notify::<EventNotification>(record.clone()).await;
    }
    if session.state().verbose {
        let line = serde_json::to_string(record).unwrap_or_else(|error| error.to_string());
        session.client.log(MessageType::LOG, line).await;
    } else if let Some((typ, line)) = log_line(&record.event) {
        session.client.log(typ, format!("task {}: {line}", record.task)).await;
    }
}

/// Opens what was made in the client, or names it where the client cannot. A page for the printer, and
/// one on the web, are for other programs.
fn open(session: &Session, what: MadeKind, place: &str) {
    let client = session.client.clone();
    let message = format!("Devika made {place}");
    let uri = match what {
        MadeKind::Site => place.parse().ok(),
        MadeKind::Report | MadeKind::Project => Uri::from_file_path(place),
    };
    if let (MadeKind::Project, true, Some(uri)) = (what, session.negotiated().devika.folders, &uri)
    {
        return offer(client, OpenFolderArgs { uri: uri.to_string() }, message);
    }
    let uri = uri.filter(|_| session.negotiated().shows);
    let Some(uri) = uri else { return client.show_later(MessageType::INFO, message) };
    let is_external = what == MadeKind::Site || place.ends_with(".pdf");
    let external = is_external.then_some(true);
    let params = ShowDocumentParams { uri, external, take_focus: None, selection: None };
    drop(tokio::spawn(async move {
        let shown = client.request::<ShowDocument>(params, OPEN_TIME).await;
        if !shown.is_ok_and(|shown| shown.success) {
            client.show(MessageType::INFO, message).await;
        }
    }));
}

/// Has the client offer a folder to the user, for as long as they like.
fn offer(client: Outgoing, folder: OpenFolderArgs, otherwise: String) {
    drop(tokio::spawn(async move {
        if let Err(error) = client.request::<OpenFolder>(folder, Duration::MAX).await {
            tracing::warn!(%error, "a folder could not be offered");
            client.show(MessageType::INFO, otherwise).await;
        }
    }));
}
