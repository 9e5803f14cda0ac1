//! One client connection: what is known of it. All of it is touched synchronously, so that what a
//! notification says is known before the next message is read.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use devika_agent::{Engine, Snapshot, Workspace};
use devika_edit::RelPath;
use devika_protocol::TaskSummary;
use serde_json::Value;
use tokio::sync::{OnceCell, watch};
use tokio_util::sync::CancellationToken;
use tower_lsp::Client;
use tower_lsp::ls_types::{MessageType, Uri};

use super::authorship::Authorships;
use super::connect::Connect;
use super::documents::{Document, Documents};
use super::editor::ClientEditor;
use super::language_models::ClientModels;
use super::negotiated::Negotiated;
use super::outgoing::Outgoing;
use super::roots::Roots;
use super::stories::Stories;
use super::user::ClientUser;
use crate::memory::ConfiguredMemory;

/// One client connection.
pub(super) struct Session {
    /// Speaks to the client.
    pub(super) client: Outgoing,
    /// Connects the engine, when it is first needed.
    pub(super) connect: Connect,
    /// The engine, once it is connected.
    pub(super) connected: OnceCell<Engine>,
    /// The memory, once a command asked for it.
    pub(super) memory: OnceLock<Arc<ConfiguredMemory>>,
    /// The editor's own language models.
    pub(super) language_models: Arc<ClientModels>,
    /// Which lines the tasks of this session wrote.
    pub(super) authorships: Authorships,
    /// Ends when the session does.
    pub(super) closing: CancellationToken,
    state: Mutex<State>,
    /// Counts the messages that concern open documents, for those who wait for one.
    touched: watch::Sender<u64>,
}

/// What the client told.
#[derive(Default)]
pub(super) struct State {
    pub(super) negotiated: Negotiated,
    /// What the client calls itself.
    pub(super) place: Option<String>,
    /// `initializationOptions.config`, or what `didChangeConfiguration` made of it.
    pub(super) config: Value,
    /// Whether the client vouches for the workspace.
    pub(super) trusted: bool,
    pub(super) roots: Roots,
    pub(super) documents: Documents,
    /// The tasks whose process died, which the user may take up again.
    pub(super) interrupted: Vec<TaskSummary>,
    /// What the tasks of this session have told.
    pub(super) stories: Stories,
    /// The requests for what other language servers know that the client was too late with: it is
    /// not asked again, or each step of each task would wait as long.
    pub(super) too_late: BTreeSet<&'static str>,
    /// Why the engine could not be connected the last time, as the user was told.
    pub(super) told: Option<String>,
    /// Whether the log shows every event.
    pub(super) verbose: bool,
    /// Whether the log tells how commands and commits will fare.
    pub(super) looked_around: bool,
    /// The providers of which the log tells whether they take the key.
    pub(super) authenticated: BTreeSet<String>,
    /// Whether `shutdown` came before `exit`.
    pub(super) shut_down: bool,
}

impl Session {
    pub(super) fn new(client: Client, connect: Connect) -> Arc<Self> {
        let client = Outgoing::to(client);
        Arc::new(Self {
            language_models: Arc::new(ClientModels::of(client.clone())),
            client,
            connect,
            connected: OnceCell::new(),
            memory: OnceLock::new(),
            authorships: Authorships::default(),
            closing: CancellationToken::new(),
            state: Mutex::default(),
            touched: watch::Sender::new(0),
        })
    }

    /// What the client told; never kept over an await.
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        // Each change of the state is one assignment or a change of one document, so that whatever
        // panicked left nothing half-done that matters.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn negotiated(&self) -> Negotiated {
        self.state().negotiated
    }

    pub(super) fn roots(&self) -> Vec<PathBuf> {
        self.state().roots.all()
    }

    /// Changes the open documents, and wakes those who wait for a change.
    pub(super) fn touch(&self, change: impl FnOnce(&mut Documents)) {
        change(&mut self.state().documents);
        self.touched.send_modify(|count| *count += 1);
    }

    /// Tells of every message that concerns open documents, from now on.
    pub(super) fn touches(&self) -> watch::Receiver<u64> {
        self.touched.subscribe()
    }

    /// The open document of a file, as it is now.
    pub(super) fn document(&self, root: &Path, path: &RelPath) -> Option<Document> {
        self.state().documents.find(root, path).cloned()
    }

    /// The URI of a file under an open root, as the client would name it.
    pub(super) fn uri(&self, root: &Path, path: &RelPath) -> Option<Uri> {
        self.state().roots.uri(root, path)
    }

    pub(super) fn snapshot(&self, root: &Path) -> Snapshot {
        self.state().documents.snapshot(root)
    }

    /// A root with this client as its editor and its user.
    pub(super) fn workspace(self: &Arc<Self>, root: PathBuf) -> Workspace {
        Workspace {
            editor: Arc::new(ClientEditor::new(Arc::clone(self), root.clone())),
            user: Arc::new(ClientUser::new(Arc::clone(self))),
            place: self.state().place.clone().unwrap_or_else(|| "an editor".to_owned()),
            root,
        }
    }

    /// Takes `devika.config` of changed settings, which is as in `initializationOptions`. An
    /// engine that runs keeps the configuration it has.
    pub(super) fn configure(&self, settings: &Value) {
        let config = settings.pointer("/devika/config").filter(|config| config.is_object());
        let Some(config) = config else { return };
        let before = std::mem::replace(&mut self.state().config, config.clone());
        if before != *config && self.connected.initialized() {
            let what =
                "Devika: the changed configuration takes effect when the server is restarted.";
            self.client.show_later(MessageType::INFO, what.to_owned());
        }
    }
}
