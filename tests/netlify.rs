//! Netlify's API, as far as a deploy goes, over a real socket.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};

/// The token that it takes.
pub const TOKEN: &str = "nfp_canary0123456789abcdefghij";

/// A site's id, as Netlify makes them.
const SITE: &str = "d5321658-5e76-4118-8792-5354f4f94426";

/// What it answers instead of what it should.
#[derive(Debug, Clone)]
pub struct Fault {
    /// A part of the request's line, such as `POST /api/v1/sites`.
    on: &'static str,
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: Value,
    /// Whether the request is carried out all the same.
    done: bool,
}

impl Fault {
    /// Answers one request with a status.
    pub fn on(on: &'static str, status: u16) -> Self {
        Self { on, status, headers: Vec::new(), body: Value::Null, done: false }
    }

    pub fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    pub fn body(mut self, body: Value) -> Self {
        self.body = body;
        self
    }

    /// It is carried out, and the answer is another.
    pub fn though_done(mut self) -> Self {
        self.done = true;
        self
    }
}

/// What it has and has seen.
#[derive(Default)]
struct Account {
    sites: Vec<Value>,
    deploys: Vec<Value>,
    /// The archives that were uploaded.
    archives: Vec<Vec<u8>>,
    /// The states that a deploy goes through, one a look.
    states: VecDeque<&'static str>,
    error: Option<&'static str>,
    requests: Vec<String>,
    faults: Vec<Fault>,
}

/// Netlify.
pub struct Netlify {
    account: Arc<Mutex<Account>>,
    pub url: String,
}

type Shared = Arc<Mutex<Account>>;

impl Netlify {
    /// One whose deploys go through these states, one a look.
    pub fn start(states: &[&'static str]) -> Self {
        let account = Account { states: states.iter().copied().collect(), ..Account::default() };
        let account = Arc::new(Mutex::new(account));
        let shared = Arc::clone(&account);
        let (tell, told) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            let runtime =
                tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async move {
                let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
                tell.send(listener.local_addr().unwrap()).unwrap();
                axum::serve(listener, routes(shared)).await.unwrap();
            });
        });
        Self { account, url: format!("http://{}/", told.recv().unwrap()) }
    }

    /// Has deploys fail.
    pub fn failing(self, error: &'static str) -> Self {
        self.account().error = Some(error);
        self
    }

    pub fn with(self, fault: Fault) -> Self {
        self.account().faults.push(fault);
        self
    }

    /// A site that is there already.
    pub fn with_site(self, name: &str) -> Self {
        self.account().sites.push(site(name));
        self
    }

    /// The site is removed by its owner.
    pub fn remove_sites(&self) {
        self.account().sites.clear();
    }

    /// The names of the sites.
    pub fn sites(&self) -> Vec<String> {
        let account = self.account();
        account.sites.iter().map(|site| site["name"].as_str().unwrap().to_owned()).collect()
    }

    /// The paths and texts of each archive that was uploaded.
    pub fn uploads(&self) -> Vec<Vec<(String, String)>> {
        self.account().archives.iter().map(|bytes| unpacked(bytes)).collect()
    }

    /// The requests, without what stands behind `?`.
    pub fn requests(&self) -> Vec<String> {
        self.account().requests.clone()
    }

    fn account(&self) -> std::sync::MutexGuard<'_, Account> {
        self.account.lock().unwrap()
    }
}

fn routes(account: Shared) -> Router {
    Router::new()
        .route("/api/v1/user", get(user))
        .route("/api/v1/sites", get(list_sites).post(make_site))
        .route("/api/v1/sites/{site}", get(show_site))
        .route("/api/v1/sites/{site}/deploys", get(list_deploys).post(make_deploy))
        .route("/api/v1/sites/{site}/deploys/{deploy}", get(show_deploy))
        .layer(axum::extract::DefaultBodyLimit::disable())
        .with_state(account)
}

fn site(name: &str) -> Value {
    json!({
        "id": SITE,
        "name": name,
        "url": format!("http://{name}.netlify.app"),
        "ssl_url": format!("https://{name}.netlify.app"),
    })
}

/// What is answered before anything is done: to the wrong token, and where there is a fault.
fn before(account: &mut Account, line: &str, headers: &HeaderMap) -> Option<(Response, bool)> {
    account.requests.push(line.to_owned());
    if headers.get("authorization").is_none_or(|it| it != &format!("Bearer {TOKEN}")) {
        let body =
            json!({ "code": 401, "message": "Access Denied: Origin Access token is invalid" });
        return Some(((StatusCode::UNAUTHORIZED, Json(body)).into_response(), false));
    }
    let at = account.faults.iter().position(|fault| fault.on == line)?;
    let fault = account.faults.remove(at);
    let mut answer =
        (StatusCode::from_u16(fault.status).unwrap(), Json(fault.body)).into_response();
    for (name, value) in fault.headers {
        answer.headers_mut().insert(name, value.parse().unwrap());
    }
    Some((answer, fault.done))
}

/// Answers a request by `act`, unless something comes before it.
fn answer(
    shared: &Shared,
    line: &str,
    headers: &HeaderMap,
    act: impl FnOnce(&mut Account) -> Response,
) -> Response {
    let mut account = shared.lock().unwrap();
    match before(&mut account, line, headers) {
        None => act(&mut account),
        Some((other, done)) => {
            if done {
                act(&mut account);
            }
            other
        }
    }
}

fn missing() -> Response {
    (StatusCode::NOT_FOUND, Json(json!({ "code": 404, "message": "Not Found" }))).into_response()
}

async fn user(State(shared): State<Shared>, headers: HeaderMap) -> Response {
    answer(&shared, "GET user", &headers, |_| Json(json!({ "id": "1" })).into_response())
}

#[derive(serde::Deserialize)]
struct Named {
    name: Option<String>,
    title: Option<String>,
}

async fn list_sites(
    State(shared): State<Shared>,
    Query(query): Query<Named>,
    headers: HeaderMap,
) -> Response {
    answer(&shared, "GET sites", &headers, |account| {
        // Netlify finds names that begin alike, too.
        let name = query.name.unwrap_or_default();
        let alike = |site: &&Value| site["name"].as_str().unwrap().contains(&name);
        let sites: Vec<&Value> = account.sites.iter().filter(alike).collect();
        Json(json!(sites)).into_response()
    })
}

async fn make_site(
    State(shared): State<Shared>,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> Response {
    answer(&shared, "POST sites", &headers, |account| {
        let site = site(body["name"].as_str().unwrap());
        account.sites.push(site.clone());
        (StatusCode::CREATED, Json(site)).into_response()
    })
}

async fn show_site(
    State(shared): State<Shared>,
    Path(wanted): Path<String>,
    headers: HeaderMap,
) -> Response {
    answer(&shared, "GET site", &headers, |account| {
        let is_it = |site: &&Value| {
            site["id"] == wanted
                || format!("{}.netlify.app", site["name"].as_str().unwrap()) == wanted
        };
        let found = account.sites.iter().find(is_it);
        found.map_or_else(missing, |site| Json(site).into_response())
    })
}

async fn list_deploys(State(shared): State<Shared>, headers: HeaderMap) -> Response {
    answer(&shared, "GET deploys", &headers, |account| Json(&account.deploys).into_response())
}

async fn make_deploy(
    State(shared): State<Shared>,
    Path(site): Path<String>,
    Query(query): Query<Named>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    answer(&shared, "POST deploys", &headers, |account| {
        assert_eq!(headers["content-type"], "application/zip", "{uri}");
        if account.sites.iter().all(|known| known["id"] != site) {
            return missing();
        }
        account.archives.push(body.to_vec());
        let deploy = json!({
            "id": format!("deploy{}", account.archives.len()),
            "site_id": site,
            "state": "uploaded",
            "title": query.title,
            "ssl_url": account.sites[0]["ssl_url"],
        });
        account.deploys.insert(0, deploy.clone());
        Json(deploy).into_response()
    })
}

async fn show_deploy(
    State(shared): State<Shared>,
    Path((_, wanted)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    answer(&shared, "GET deploy", &headers, |account| {
        let end = if account.error.is_some() { "error" } else { "ready" };
        let state = account.states.pop_front().unwrap_or(end);
        let error = account.error;
        let Some(deploy) = account.deploys.iter_mut().find(|deploy| deploy["id"] == wanted) else {
            return missing();
        };
        deploy["state"] = json!(state);
        deploy["error_message"] = json!(error);
        Json(&*deploy).into_response()
    })
}

/// The paths and texts of an archive, as Python's own library reads them.
fn unpacked(bytes: &[u8]) -> Vec<(String, String)> {
    const READ: &str = "import io, json, sys, zipfile\n\
        z = zipfile.ZipFile(io.BytesIO(sys.stdin.buffer.read()))\n\
        assert z.testzip() is None\n\
        print(json.dumps([[n, z.read(n).decode()] for n in z.namelist()]))";
    use std::io::Write as _;
    use std::process::{Command, Stdio};
    let mut python = Command::new("python3")
        .args(["-c", READ])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    python.stdin.take().unwrap().write_all(bytes).unwrap();
    let output = python.wait_with_output().unwrap();
    serde_json::from_slice(&output.stdout).unwrap()
}
