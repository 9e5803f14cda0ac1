//! The server itself: routes, thread, and the test's view of it.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, Response, StatusCode};
use axum::routing::{get, post};
use axum::serve::ListenerExt;
use serde_json::{Value, json};
use tokio::sync::oneshot;

use crate::script::Script;
use crate::seen::{self, Protocol, Seen};
use crate::{Fault, Reply, anthropic, openai, stream};

/// A running server. Dropping it stops the server and panics where a request was wrong, so that no
/// test passes by accident.
#[derive(Debug)]
pub struct ScriptedModel {
    address: SocketAddr,
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
        Self::launch(Script::new(replies)).expect("127.0.0.1 has a free port")
    }

    /// Starts a server that begins its script anew whenever it is exhausted, and does not keep the
    /// requests it saw: for benchmarks.
    ///
    /// # Errors
    /// Where 127.0.0.1 has no free port.
    pub fn start_endless(replies: Vec<Reply>) -> std::io::Result<Self> {
        let mut script = Script::new(replies);
        script.start_over_when_exhausted();
        Self::launch(script)
    }

    fn launch(script: Script) -> std::io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let script = Arc::new(Mutex::new(script));
        let (stop, stopped) = oneshot::channel();
        let routes = routes(Arc::clone(&script));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let thread = thread::Builder::new()
            .name("scripted-model".to_owned())
            .spawn(move || runtime.block_on(serve(listener, routes, stopped)))?;
        Ok(Self { address, script, stop: Some(stop), thread: Some(thread) })
    }

    /// The base address for clients of OpenAI's protocol: `http://127.0.0.1:PORT/v1/`.
    pub fn openai_url(&self) -> String {
        format!("http://{}/v1/", self.address)
    }

    /// The base address for clients of Anthropic's protocol: the same.
    pub fn anthropic_url(&self) -> String {
        self.openai_url()
    }

    /// Adds a reply to the end of the script.
    pub fn push(&self, reply: Reply) {
        self.script().push(reply);
    }

    /// Sets the models that `GET /v1/models` lists.
    pub fn set_models(&self, names: &[&str]) {
        self.script().models = names.iter().map(|&name| name.to_owned()).collect();
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

type Shared = Arc<Mutex<Script>>;

fn lock(script: &Shared) -> MutexGuard<'_, Script> {
    script.lock().unwrap_or_else(PoisonError::into_inner)
}

fn routes(script: Shared) -> Router {
    Router::new()
        .route("/v1/chat/completions", post(chat_completions))
        .route("/v1/messages", post(messages))
        .route("/v1/models", get(models))
        .route("/script/problems", get(problems))
        .route("/script/requests", get(requests))
        .layer(DefaultBodyLimit::disable())
        .with_state(script)
}

/// Serves until `stopped` resolves; open streams end with it.
async fn serve(listener: TcpListener, routes: Router, stopped: oneshot::Receiver<()>) {
    let Ok(listener) = tokio::net::TcpListener::from_std(listener) else { return };
    // Without this a small event waits for the client's acknowledgement of the one before.
    let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
    tokio::select! {
        _ = stopped => {}
        _ = axum::serve(listener, routes) => {}
    }
}

async fn chat_completions(
    State(script): State<Shared>,
    headers: HeaderMap,
    body: Bytes,
) -> Response<Body> {
    answer(&script, Protocol::OpenAi, &headers, &body)
}

async fn messages(State(script): State<Shared>, headers: HeaderMap, body: Bytes) -> Response<Body> {
    answer(&script, Protocol::Anthropic, &headers, &body)
}

async fn models(State(script): State<Shared>, headers: HeaderMap) -> Response<Body> {
    let protocol = if headers.contains_key("anthropic-version") {
        Protocol::Anthropic
    } else {
        Protocol::OpenAi
    };
    let mut script = lock(&script);
    if let Some(refusal) = check_key(&mut script, protocol, &headers) {
        return refusal;
    }
    let names = script.models.iter();
    let list: Vec<Value> = names
        .map(|name| json!({"id": name, "object": "model", "type": "model", "display_name": name}))
        .collect();
    json_response(200, &json!({"object": "list", "data": list, "has_more": false}))
}

/// What was wrong so far, for tests in other languages.
async fn problems(State(script): State<Shared>) -> Response<Body> {
    json_response(200, &json!(lock(&script).problems))
}

/// The bodies of the requests so far, for tests in other languages.
async fn requests(State(script): State<Shared>) -> Response<Body> {
    let bodies: Vec<Value> = lock(&script).seen.iter().map(|seen| seen.body.clone()).collect();
    json_response(200, &json!(bodies))
}

fn answer(script: &Shared, protocol: Protocol, headers: &HeaderMap, body: &[u8]) -> Response<Body> {
    let mut script = lock(script);
    if let Some(refusal) = check_key(&mut script, protocol, headers) {
        return refusal;
    }
    if body.len() > script.body_limit {
        let limit = script.body_limit;
        let what = format!("a body of {} bytes, where the limit is {limit}", body.len());
        script.problems.push(what.clone());
        return error(protocol, 413, &what);
    }
    let seen = match Seen::read(protocol, headers, String::from_utf8_lossy(body).into_owned()) {
        Ok(seen) => seen,
        Err(why) => {
            script.problems.push(why.clone());
            return error(protocol, 400, &why);
        }
    };
    let asked = Asked {
        protocol,
        model: seen.model.clone(),
        stream: seen.stream,
        prompt_chars: seen.prompt().chars().count(),
    };
    match script.answer(seen) {
        Some(reply) => asked.respond(&reply),
        None => error(protocol, 500, "the script has no reply for this request"),
    }
}

/// What a response needs to know of its request.
struct Asked {
    protocol: Protocol,
    model: String,
    stream: bool,
    prompt_chars: usize,
}

impl Asked {
    fn respond(&self, reply: &Reply) -> Response<Body> {
        if let Some(Fault::Status { status, message, body, headers }) = &reply.fault {
            let mut response = match body {
                Some(body) => json_response(*status, body),
                None => error(self.protocol, *status, message),
            };
            for (name, value) in headers {
                if let (Ok(name), Ok(value)) = (
                    name.parse::<axum::http::HeaderName>(),
                    value.parse::<axum::http::HeaderValue>(),
                ) {
                    response.headers_mut().insert(name, value);
                }
            }
            return response;
        }
        let (model, prompt_chars) = (self.model.as_str(), self.prompt_chars);
        if !self.stream {
            let whole = match self.protocol {
                Protocol::OpenAi => openai::whole(reply, model, prompt_chars),
                Protocol::Anthropic => anthropic::whole(reply, model, prompt_chars),
            };
            return json_response(200, &whole);
        }
        let events = match self.protocol {
            Protocol::OpenAi => openai::events(reply, model, prompt_chars),
            Protocol::Anthropic => anthropic::events(reply, model, prompt_chars),
        };
        response(200, "text/event-stream", stream::body(events, reply))
    }
}

/// A 401 where a key is demanded and the request has another or none.
fn check_key(
    script: &mut Script,
    protocol: Protocol,
    headers: &HeaderMap,
) -> Option<Response<Body>> {
    let wanted = script.key.as_ref()?;
    let given = seen::key(protocol, headers);
    if given.as_ref() == Some(wanted) {
        return None;
    }
    if given.is_none() {
        script.problems.push("a request without a key, where one is demanded".to_owned());
    }
    Some(error(protocol, 401, "invalid x-api-key"))
}

fn error(protocol: Protocol, status: u16, message: &str) -> Response<Body> {
    let body = match protocol {
        Protocol::OpenAi => openai::error_body(status, message),
        Protocol::Anthropic => anthropic::error_body(status, message),
    };
    json_response(status, &body)
}

fn json_response(status: u16, body: &Value) -> Response<Body> {
    response(status, "application/json", Body::from(body.to_string()))
}

fn response(status: u16, content_type: &'static str, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() =
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response
        .headers_mut()
        .insert("content-type", axum::http::HeaderValue::from_static(content_type));
    response
}
