//! A Qdrant server for tests: gRPC over a real socket, points that are really kept, filtered and
//! scored. It notes each call, and can be told to fail, to hang, and to go away and come back.

mod filter;
mod serve;
mod store;

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use qdrant_client::qdrant::collections_server::CollectionsServer;
use qdrant_client::qdrant::points_server::PointsServer;
use qdrant_client::qdrant::qdrant_server::QdrantServer;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;
use tonic::{Code, Status};

use self::serve::Desk;
use self::store::Store;

/// What becomes of a call.
#[derive(Debug, Clone)]
pub(crate) enum Trouble {
    /// It is answered with an error.
    Fail(Code, &'static str),
    /// It is never answered.
    Hang,
}

/// A call that came in, and how long the server worked on it.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) name: &'static str,
    #[cfg_attr(test, expect(dead_code, reason = "the example that measures reads it"))]
    pub(crate) worked: Duration,
}

/// What outlives the server's going away.
#[derive(Default)]
struct Shared {
    collections: HashMap<String, Store>,
    calls: Vec<Call>,
    troubles: HashMap<&'static str, Trouble>,
    key: Option<String>,
    version: String,
}

/// The server.
pub(crate) struct Double {
    shared: Arc<Mutex<Shared>>,
    at: SocketAddr,
    running: Option<Runtime>,
}

impl Double {
    /// A server with nothing on it.
    pub(crate) fn start() -> Self {
        let shared = Shared { version: "1.20.0".to_owned(), ..Shared::default() };
        let at = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let mut double = Self { shared: Arc::new(Mutex::new(shared)), at, running: None };
        double.come_back();
        double
    }

    /// Wants a key from now on.
    pub(crate) fn with_key(self, key: &str) -> Self {
        self.shared().key = Some(key.to_owned());
        self
    }

    /// Says that it is another version.
    pub(crate) fn with_version(self, version: &str) -> Self {
        self.shared().version = version.to_owned();
        self
    }

    pub(crate) fn address(&self) -> String {
        format!("http://{}", self.at)
    }

    /// Closes its socket and all connections; what it keeps stays.
    pub(crate) fn go_away(&mut self) {
        if let Some(running) = self.running.take() {
            // Elsewhere, since a test's thread must not wait for a runtime; waited for all the same, so
            // that the port is free afterwards.
            let ending = std::thread::spawn(|| running.shutdown_timeout(Duration::from_secs(5)));
            ending.join().expect("a runtime ends");
        }
    }

    /// Listens where it did before.
    pub(crate) fn come_back(&mut self) {
        // A runtime of its own, since only its end closes every connection.
        let running = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("there is a thread to be had");
        let _inside = running.enter();
        let socket = std::net::TcpListener::bind(self.at).expect("the port is free");
        socket.set_nonblocking(true).expect("a socket can be that");
        self.at = socket.local_addr().expect("it is bound");
        let listener = TcpListener::from_std(socket).expect("the runtime takes it");
        let desk = Desk(Arc::clone(&self.shared));
        let limit = 64 << 20;
        let serving = Server::builder()
            .add_service(QdrantServer::new(desk.clone()))
            .add_service(CollectionsServer::new(desk.clone()))
            .add_service(PointsServer::new(desk).max_decoding_message_size(limit))
            .serve_with_incoming(TcpIncoming::from(listener).with_nodelay(Some(true)));
        running.spawn(serving);
        self.running = Some(running);
    }

    /// From now on, what becomes of calls of this name.
    pub(crate) fn trouble(&self, call: &'static str, trouble: Trouble) {
        self.shared().troubles.insert(call, trouble);
    }

    /// All calls are answered again.
    pub(crate) fn is_well(&self) {
        self.shared().troubles.clear();
    }

    /// The calls since this was last asked.
    pub(crate) fn take_calls(&self) -> Vec<Call> {
        std::mem::take(&mut self.shared().calls)
    }

    /// Their names.
    pub(crate) fn take_names(&self) -> Vec<&'static str> {
        self.take_calls().into_iter().map(|call| call.name).collect()
    }

    /// Changes a collection behind everybody's back.
    pub(crate) fn tamper(&self, collection: &str, change: impl FnOnce(&mut Store)) {
        change(self.shared().collections.entry(collection.to_owned()).or_default());
    }

    /// Loses all that it keeps.
    pub(crate) fn lose_everything(&self) {
        self.shared().collections.clear();
    }

    /// How many points a collection has, what has expired included.
    pub(crate) fn points(&self, collection: &str) -> usize {
        self.shared().collections.get(collection).map_or(0, |store| store.points.len())
    }

    fn shared(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().expect("nobody panics with it")
    }
}

impl Drop for Double {
    fn drop(&mut self) {
        self.go_away();
    }
}

impl Shared {
    fn collection(&mut self, name: &str) -> Result<&mut Store, Status> {
        let missing = || Status::not_found(format!("Collection `{name}` doesn't exist!"));
        self.collections.get_mut(name).ok_or_else(missing)
    }
}
