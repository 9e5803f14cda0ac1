//! The engine's events on their way to the client: as they are to clients that declared it, and
//! as progress, log lines and messages to all.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use devika_agent::Engine;
use devika_edit::RelPath;
use devika_protocol::{
    AskKind, EVENT_METHOD, Event, EventRecord, MadeKind, OPEN_FOLDER_METHOD, OpenFolderArgs,
    OpenFolderReply, TaskId,
};
use devika_store::EventStream;
use tower_lsp::ls_types::MessageType;
use tower_lsp::ls_types::notification::Notification;
use tower_lsp::ls_types::request::{CodeLensRefresh, Request};

use super::narration::{closing_words, log_line};
use super::outgoing::Outgoing;
use super::progress::ProgressBoard;
use super::session::Session;
use super::uri;

/// How long a client may take to say that it asks for its lenses again.
const RENEWAL: Duration = Duration::from_secs(10);

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

async fn tell(session: &Arc<Session>, board: &mut ProgressBoard, record: EventRecord) {
    note(session, &record);
    tell_of(session, &record).await;
    board.show(&record);
    renew_lenses(session, &record.event);
    let task = record.task;
    if let Event::Made { what, place } = &record.event {
        open(session, *what, place);
    }
    if session.negotiated().devika.asks {
        return;
    }
    if matches!(record.event, Event::Asked { kind: AskKind::Plan, .. }) {
        show_plan(session, task);
    }
    match closing_words(task, &record.event) {
        Some((typ, words)) if record.event.is_terminal() => close(session, task, typ, words),
        Some((typ, words)) => session.client.show(typ, words).await,
        None => {}
    }
}

/// Notes what the later questions of the client are about.
fn note(session: &Session, record: &EventRecord) {
    let written = {
        let mut state = session.state();
        state.stories.hear(record);
        match &record.event {
            Event::EditApplied { step, path, .. } => {
                let origin = state.stories.origin(record.task, *step);
                let root = state.stories.root(record.task);
                origin.zip(root).zip(RelPath::new(path).ok())
            }
            _ => None,
        }
    };
    if let Some(((origin, root), path)) = written {
        session.authorships.name(&root, &path, &origin);
    }
}

/// Has the client ask again for its lenses, when what they offer begins to be done or ends.
fn renew_lenses(session: &Session, event: &Event) {
    let begins = matches!(event, Event::Queued { .. } | Event::Started { .. });
    if !(begins || event.is_terminal()) || !session.negotiated().renews_lenses {
        return;
    }
    let client = session.client.clone();
    drop(tokio::spawn(async move {
        if let Err(why) = client.request::<CodeLensRefresh>((), RENEWAL).await {
            tracing::debug!(%why, "the client did not renew its lenses");
        }
    }));
}

/// Shows the plan that is to be approved as a file.
fn show_plan(session: &Arc<Session>, task: TaskId) {
    let session = Arc::clone(session);
    drop(tokio::spawn(async move {
        if let Some(page) = page(&session, task).await {
            let message = format!("Devika: the plan of task {task} is in {}", page.display());
            session.show_file(&page, message);
        }
    }));
}

/// Tells how a task ended, and where the whole of it can be read.
fn close(session: &Arc<Session>, task: TaskId, typ: MessageType, words: String) {
    let session = Arc::clone(session);
    drop(tokio::spawn(async move {
        let words = match page(&session, task).await {
            Some(page) => format!("{words}\nAll of it is told in {}", page.display()),
            None => words,
        };
        session.client.show(typ, words).await;
    }));
}

/// A task's page, written now. Why there is none is for the log: nobody has asked for it.
async fn page(session: &Session, task: TaskId) -> Option<PathBuf> {
    let view = session.connected.get()?.show(task).await.ok()?;
    let written = session.pages().write(&view).await;
    written.inspect_err(|why| tracing::warn!(%why, "a task has no page")).ok()
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
    let message = format!("Devika made {place}");
    let uri = match what {
        MadeKind::Site | MadeKind::Request => place.parse().ok(),
        MadeKind::Branch => None,
        MadeKind::Report | MadeKind::Project => uri::from_path(Path::new(place)),
    };
    if let (MadeKind::Project, true, Some(uri)) = (what, session.negotiated().devika.folders, &uri)
    {
        let folder = OpenFolderArgs { uri: uri.to_string() };
        return offer(session.client.clone(), folder, message);
    }
    let is_external = matches!(what, MadeKind::Site | MadeKind::Request) || place.ends_with(".pdf");
    session.show_document(uri, is_external, message);
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
