//! The browser's protocol: JSON over one web socket, calls with answers, and events.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async_with_config};

/// Bytes of one message: a page of 8 MiB in escapes, or a picture.
const MESSAGE_BYTES: usize = 64 * 1024 * 1024;

/// Messages to the browser that wait to be sent.
const QUEUE: usize = 256;

/// Events of one page that wait to be looked at. More are dropped: a page that makes so many is not
/// worth the memory.
const EVENTS: usize = 4096;

/// How long the browser may take for one answer.
const PATIENCE: Duration = Duration::from_secs(15);

/// Why a call has no result.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum CdpError {
    /// The browser is gone.
    #[error("the browser has ended")]
    Gone,
    /// It does not answer.
    #[error("the browser does not answer")]
    Silent,
    /// It refused.
    #[error("the browser says: {0}")]
    Said(String),
}

/// Something that happened.
#[derive(Debug)]
pub(super) struct Event {
    pub(super) method: String,
    pub(super) params: Value,
}

/// The connection to a browser, as long as it lives.
pub(super) struct Connection {
    shared: Arc<Shared>,
    /// They end with the connection.
    _carriers: JoinSet<()>,
}

struct Shared {
    next: AtomicU64,
    to_browser: mpsc::Sender<Message>,
    routes: Mutex<Routes>,
}

#[derive(Default)]
struct Routes {
    /// Calls that have no answer yet.
    calls: HashMap<u64, oneshot::Sender<Result<Value, CdpError>>>,
    /// Who wants the events of a session; the browser's own have the empty name.
    sessions: HashMap<String, mpsc::Sender<Event>>,
    is_gone: bool,
}

/// One page, or the browser itself, as who is called.
#[derive(Clone)]
pub(super) struct Session {
    shared: Arc<Shared>,
    id: String,
}

impl Connection {
    /// Connects to the address that a browser has told.
    pub(super) async fn open(address: &str) -> Result<Self, CdpError> {
        let config = WebSocketConfig::default()
            .max_message_size(Some(MESSAGE_BYTES))
            .max_frame_size(Some(MESSAGE_BYTES));
        let connected = connect_async_with_config(address, Some(config), true);
        let (socket, _) = timeout(PATIENCE, connected)
            .await
            .map_err(|_| CdpError::Silent)?
            .map_err(|error| CdpError::Said(error.to_string()))?;
        let (to_browser, outgoing) = mpsc::channel(QUEUE);
        let shared =
            Arc::new(Shared { next: AtomicU64::new(1), to_browser, routes: Mutex::default() });
        let (sink, stream) = socket.split();
        let mut carriers = JoinSet::new();
        carriers.spawn(send(outgoing, sink));
        carriers.spawn(receive(stream, Arc::clone(&shared)));
        Ok(Self { shared, _carriers: carriers })
    }

    /// The browser itself.
    pub(super) fn browser(&self) -> Session {
        Session { shared: Arc::clone(&self.shared), id: String::new() }
    }

    /// A page.
    pub(super) fn session(&self, id: String) -> Session {
        Session { shared: Arc::clone(&self.shared), id }
    }

    pub(super) fn is_gone(&self) -> bool {
        self.shared.routes().is_gone
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.shared.end();
    }
}

impl Session {
    /// Calls a method.
    pub(super) async fn call(&self, method: &str, params: Value) -> Result<Value, CdpError> {
        self.call_for(PATIENCE, method, params).await
    }

    /// Calls a method that takes as long as the web.
    pub(super) async fn call_for(
        &self,
        patience: Duration,
        method: &str,
        params: Value,
    ) -> Result<Value, CdpError> {
        let id = self.shared.next.fetch_add(1, Ordering::Relaxed);
        let mut call = json!({ "id": id, "method": method, "params": params });
        if !self.id.is_empty() {
            call["sessionId"] = Value::String(self.id.clone());
        }
        let (answer, answered) = oneshot::channel();
        {
            let mut routes = self.shared.routes();
            if routes.is_gone {
                return Err(CdpError::Gone);
            }
            routes.calls.insert(id, answer);
        }
        let _forgotten = Forget { shared: &self.shared, id };
        let message = Message::text(call.to_string());
        self.shared.to_browser.send(message).await.map_err(|_| CdpError::Gone)?;
        match timeout(patience, answered).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) => Err(CdpError::Gone),
            Err(_) => Err(CdpError::Silent),
        }
    }

    /// Calls a method whose answer does not matter.
    pub(super) fn tell(&self, method: &str, params: Value) {
        let id = self.shared.next.fetch_add(1, Ordering::Relaxed);
        let mut call = json!({ "id": id, "method": method, "params": params });
        if !self.id.is_empty() {
            call["sessionId"] = Value::String(self.id.clone());
        }
        // Where the queue is full, the page waits for its answer until its time is over.
        self.shared.to_browser.try_send(Message::text(call.to_string())).ok();
    }

    /// Its events from now on; whoever asks last gets them.
    pub(super) fn events(&self) -> mpsc::Receiver<Event> {
        let (sender, receiver) = mpsc::channel(EVENTS);
        self.shared.routes().sessions.insert(self.id.clone(), sender);
        receiver
    }

    /// No more events.
    pub(super) fn forget(&self) {
        self.shared.routes().sessions.remove(&self.id);
    }
}

/// Takes a call back that nobody waits for any more.
struct Forget<'a> {
    shared: &'a Shared,
    id: u64,
}

impl Drop for Forget<'_> {
    fn drop(&mut self) {
        self.shared.routes().calls.remove(&self.id);
    }
}

impl Shared {
    fn routes(&self) -> std::sync::MutexGuard<'_, Routes> {
        self.routes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends all waiting: their senders are dropped.
    fn end(&self) {
        *self.routes() = Routes { is_gone: true, ..Routes::default() };
    }

    fn take(&self, text: &str) {
        let Ok(mut message) = serde_json::from_str::<Value>(text) else { return };
        if let Some(id) = message["id"].as_u64() {
            let Some(call) = self.routes().calls.remove(&id) else { return };
            let answer = match message["error"]["message"].as_str() {
                Some(why) => Err(CdpError::Said(why.to_owned())),
                None => Ok(message["result"].take()),
            };
            // Nobody may wait for it any more.
            call.send(answer).ok();
            return;
        }
        let session = message["sessionId"].as_str().unwrap_or_default();
        let Some(listener) = self.routes().sessions.get(session).cloned() else { return };
        let method = message["method"].as_str().unwrap_or_default().to_owned();
        listener.try_send(Event { method, params: message["params"].take() }).ok();
    }
}

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

async fn send(
    mut outgoing: mpsc::Receiver<Message>,
    mut sink: futures::stream::SplitSink<Socket, Message>,
) {
    while let Some(message) = outgoing.recv().await {
        if sink.send(message).await.is_err() {
            return;
        }
    }
}

async fn receive(mut stream: futures::stream::SplitStream<Socket>, shared: Arc<Shared>) {
    while let Some(Ok(message)) = stream.next().await {
        if let Message::Text(text) = message {
            shared.take(&text);
        }
    }
    shared.end();
}
