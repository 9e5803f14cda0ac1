//! Sites that tests serve, and readers that may read them.

use std::io::{self, Write as _};
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use devika_browser::{CacheSettings, Limits, Names, Reader, Settings};
use flate2::Compression;
use flate2::write::GzEncoder;
use tempfile::TempDir;
use tokio::net::TcpListener;

/// A web server on this machine. It goes with the test's runtime.
pub(crate) struct Site {
    pub(crate) at: SocketAddr,
    asked: Arc<Mutex<Vec<(String, HeaderMap)>>>,
}

impl Site {
    /// A site that answers each path, with its query, as `answer` says.
    pub(crate) async fn new(answer: impl Fn(&str) -> Response + Send + Sync + 'static) -> Self {
        Self::at("127.0.0.1:0".parse().unwrap(), answer).await
    }

    pub(crate) async fn at(
        at: SocketAddr,
        answer: impl Fn(&str) -> Response + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind(at).await.unwrap();
        let at = listener.local_addr().unwrap();
        let asked: Arc<Mutex<Vec<(String, HeaderMap)>>> = Arc::default();
        let (log, answer) = (Arc::clone(&asked), Arc::new(answer));
        let router = Router::new().fallback(async move |request: Request| {
            let path = request.uri().to_string();
            log.lock().unwrap().push((path.clone(), request.headers().clone()));
            answer(&path)
        });
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { at, asked }
    }

    /// A site with one page at `/`.
    pub(crate) async fn with_page(page: &'static str) -> Self {
        Self::new(move |path| if path == "/" { html(page) } else { not_found() }).await
    }

    pub(crate) fn address(&self, path: &str) -> String {
        format!("http://{}{path}", self.at)
    }

    /// The site as an entry of the list of hosts.
    pub(crate) fn host(&self) -> String {
        self.at.to_string()
    }

    /// The paths that were asked for, without the site's rules.
    pub(crate) fn asked(&self) -> Vec<String> {
        let asked = self.asked.lock().unwrap();
        asked.iter().map(|(path, _)| path.clone()).filter(|path| path != "/robots.txt").collect()
    }

    /// How often the site's rules were asked for.
    pub(crate) fn asked_rules(&self) -> usize {
        let asked = self.asked.lock().unwrap();
        asked.iter().filter(|(path, _)| path == "/robots.txt").count()
    }

    /// The headers of all requests.
    pub(crate) fn headers(&self) -> Vec<HeaderMap> {
        self.asked.lock().unwrap().iter().map(|(_, headers)| headers.clone()).collect()
    }
}

pub(crate) fn html(page: impl Into<Body>) -> Response {
    typed("text/html; charset=utf-8", page)
}

pub(crate) fn typed(media: &str, body: impl Into<Body>) -> Response {
    ([(header::CONTENT_TYPE, media)], body.into()).into_response()
}

pub(crate) fn not_found() -> Response {
    StatusCode::NOT_FOUND.into_response()
}

pub(crate) fn redirect(to: &str) -> Response {
    (StatusCode::FOUND, [(header::LOCATION, to)]).into_response()
}

pub(crate) fn packed(as_: &'static str, body: Vec<u8>) -> Response {
    let headers = [(header::CONTENT_TYPE, "text/html"), (header::CONTENT_ENCODING, as_)];
    (headers, body).into_response()
}

pub(crate) fn gzip(body: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(body).unwrap();
    encoder.finish().unwrap()
}

/// What a reader is made with.
pub(crate) struct World {
    pub(crate) settings: Settings,
    folder: Option<TempDir>,
}

impl World {
    /// A reader that may read nothing on this machine, and waits for no turns.
    pub(crate) fn new() -> Self {
        let limits = Limits { pace: Duration::ZERO, ..Limits::default() };
        Self { settings: Settings { limits, ..Settings::default() }, folder: None }
    }

    /// The user named these sites.
    pub(crate) fn naming<'a>(mut self, sites: impl IntoIterator<Item = &'a Site>) -> Self {
        self.settings.hosts.extend(sites.into_iter().map(Site::host));
        self
    }

    pub(crate) fn naming_host(mut self, host: impl Into<String>) -> Self {
        self.settings.hosts.push(host.into());
        self
    }

    pub(crate) fn with_limits(mut self, change: impl FnOnce(&mut Limits)) -> Self {
        change(&mut self.settings.limits);
        self
    }

    /// Pages are kept for `age`, over all readers of this world.
    pub(crate) fn keeping(mut self, age: Duration) -> Self {
        let folder = TempDir::new().unwrap();
        let kept = CacheSettings::in_folder(folder.path().join("pages"));
        self.settings.cache = Some(CacheSettings { age, ..kept });
        self.folder = Some(folder);
        self
    }

    /// Each look-up of a name takes the next of these answers; the last one stays.
    pub(crate) fn looking_up(mut self, answers: &[&str]) -> (Self, Arc<Answers>) {
        let answers = answers.iter().map(|answer| answer.parse().unwrap()).collect();
        let names = Arc::new(Answers { answers, asked: AtomicUsize::new(0) });
        self.settings.names = Some(Arc::clone(&names) as Arc<dyn Names>);
        (self, names)
    }

    pub(crate) fn reader(&self) -> Reader {
        Reader::new(self.settings.clone(), None)
    }
}

/// A name service whose answers change.
pub(crate) struct Answers {
    answers: Vec<IpAddr>,
    asked: AtomicUsize,
}

impl Answers {
    pub(crate) fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl Names for Answers {
    async fn addresses(&self, _: &str) -> io::Result<Vec<IpAddr>> {
        let turn = self.asked.fetch_add(1, Ordering::SeqCst);
        Ok(vec![self.answers[turn.min(self.answers.len() - 1)]])
    }
}
