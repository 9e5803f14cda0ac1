//! The server itself: routes, thread, and the test's view of it.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;

use axum::Router;
use axum::serve::ListenerExt;
use tokio::sync::oneshot;

use crate::Reply;
use crate::dialect::Protocol;
use crate::routes::{lock, routes};
use crate::script::Script;
use crate::seen::Seen;
use crate::tls::{self, Identity};

/// A running server. Dropping it stops the server and panics where a request was wrong, so that no
/// test passes by accident.
#[derive(Debug)]
pub struct ScriptedModel {
    address: SocketAddr,
    /// Where the server speaks TLS: its self-signed certificate, as PEM.
    certificate: Option<String>,
    script: Arc<Mutex<Script>>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<thread::JoinHandle<()>>,
}

impl ScriptedModel {
    /// Starts a server that gives these replies, in order.
    ///
    /// # Panics
    /// Where 127.0.0.1 has no free port.
    pub async fn start(replies: Vec<Reply>) -> Self {
        Self::start_blocking(replies)
    }

    /// [`ScriptedModel::start`] for tests without a runtime.
    ///
    /// # Panics
    /// Where 127.0.0.1 has no free port.
    pub fn start_blocking(replies: Vec<Reply>) -> Self {
        Self::launch(Script::new(replies), None).expect("127.0.0.1 has a free port")
    }

    /// Starts a server that speaks TLS, with a certificate for 127.0.0.1 that it signed itself.
    ///
    /// # Panics
    /// Where 127.0.0.1 has no free port, or no certificate can be made.
    pub fn start_tls(replies: Vec<Reply>) -> Self {
        let identity = tls::identity().expect("a certificate can be made");
        Self::launch(Script::new(replies), Some(identity)).expect("127.0.0.1 has a free port")
    }

    /// Starts a server that begins its script anew whenever it is exhausted, and does not keep the
    /// requests it saw: for benchmarks.
    ///
    /// # Errors
    /// Where 127.0.0.1 has no free port.
    pub fn start_endless(replies: Vec<Reply>) -> std::io::Result<Self> {
        let mut script = Script::new(replies);
        script.start_over_when_exhausted();
        Self::launch(script, None)
    }

    fn launch(script: Script, identity: Option<Identity>) -> std::io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let script = Arc::new(Mutex::new(script));
        let (stop, stopped) = oneshot::channel();
        let (certificate, acceptor) = match identity {
            Some(identity) => (Some(identity.certificate), Some(identity.acceptor)),
            None => (None, None),
        };
        let routes = routes(Arc::clone(&script));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let thread = thread::Builder::new()
            .name("scripted-model".to_owned())
            .spawn(move || runtime.block_on(serve(listener, acceptor, routes, stopped)))?;
        Ok(Self { address, certificate, script, stop: Some(stop), thread: Some(thread) })
    }

    /// The base address for clients of a protocol, as `http://127.0.0.1:PORT/v1/` for OpenAI's.
    pub fn url(&self, protocol: Protocol) -> String {
        let scheme = if self.certificate.is_some() { "https" } else { "http" };
        format!("{scheme}://{}{}", self.address, protocol.base_path())
    }

    /// [`ScriptedModel::url`] of OpenAI's protocol.
    pub fn openai_url(&self) -> String {
        self.url(Protocol::OpenAi)
    }

    /// The certificate of a server that speaks TLS, as PEM.
    pub fn certificate(&self) -> Option<&str> {
        self.certificate.as_deref()
    }

    /// The base address for clients of Anthropic's protocol: the same.
    pub fn anthropic_url(&self) -> String {
        self.openai_url()
    }

    /// Adds a reply to the end of the script.
    pub fn push(&self, reply: Reply) {
        self.script().push(reply);
    }

    /// Sets the models that the lists name.
    pub fn set_models(&self, names: &[&str]) {
        self.script().models = names.iter().map(|&name| name.to_owned()).collect();
    }

    /// Sets the tokens of context and of an answer that lists tell, where the real ones do.
    pub fn set_model_limits(&self, context: u32, output: u32) {
        self.script().limits = (context, output);
    }

    /// Answers 401 unless a request carries this key; none at all is a problem as well.
    pub fn require_key(&self, key: &str) {
        self.script().key = Some(key.to_owned());
    }

    /// Records a problem when a request's body holds this text.
    pub fn forbid_secret(&self, secret: &str) {
        self.script().secrets.push(secret.to_owned());
    }

    /// Records a problem, and answers 413, when a request's body is larger than `bytes`.
    pub fn set_body_limit(&self, bytes: usize) {
        self.script().body_limit = bytes;
    }

    /// The requests for an answer, oldest first.
    pub fn requests(&self) -> Vec<Seen> {
        self.script().seen.clone()
    }

    /// What was wrong with them.
    pub fn problems(&self) -> Vec<String> {
        self.script().problems.clone()
    }

    /// [`ScriptedModel::problems`], which are then forgotten: for tests that expect some.
    pub fn take_problems(&self) -> Vec<String> {
        std::mem::take(&mut self.script().problems)
    }

    /// Ends the server.
    ///
    /// # Panics
    /// Where a request was wrong, or a reply was not asked for.
    pub fn finish(self) {
        let unused = self.script().unused();
        drop(self);
        assert_eq!(unused, 0, "replies of the script that were not asked for");
    }

    fn script(&self) -> MutexGuard<'_, Script> {
        lock(&self.script)
    }
}

impl Drop for ScriptedModel {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic of the server's thread has been printed by then.
            drop(thread.join());
        }
        let problems = self.problems();
        if !thread::panicking() {
            assert!(problems.is_empty(), "the model saw bad requests: {problems:#?}");
        }
    }
}

/// Serves until `stopped` resolves; open streams end with it.
async fn serve(
    listener: TcpListener,
    acceptor: Option<tokio_rustls::TlsAcceptor>,
    routes: Router,
    stopped: oneshot::Receiver<()>,
) {
    let Ok(listener) = tokio::net::TcpListener::from_std(listener) else { return };
    let serving = async {
        match acceptor {
            Some(acceptor) => axum::serve(tls::Listener { listener, acceptor }, routes).await,
            // Without this a small event waits for the client's acknowledgement of the one before.
            None => {
                let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
                axum::serve(listener, routes).await
            }
        }
    };
    tokio::select! {
        _ = stopped => {}
        _ = serving => {}
    }
}
