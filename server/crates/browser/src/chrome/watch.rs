//! What a page does while it is shown, and what it may not do.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio::time::Instant;
use url::Url;

use super::ChromeLimits;
use super::cdp::{Event, Session};
use crate::fault::{failed, too_much};
use crate::guard::refused;
use crate::{Guard, WebError};

/// Requests of one page; the heaviest pages for people make some hundreds.
const REQUESTS: usize = 2_000;

/// Requests that a page may leave open for long, or that show nothing that is read.
const NOT_WAITED_FOR: [&str; 8] =
    ["Image", "Media", "Font", "EventSource", "WebSocket", "Ping", "Prefetch", "Manifest"];

/// What shows nothing that is read.
const PICTURES: [&str; 3] = ["Image", "Media", "Font"];

/// Said by the proxy, where it refuses.
pub(super) const REFUSED_HEADER: &str = "X-Proxy-Refused";

/// What one page may do.
#[derive(Clone)]
pub(super) struct Rules {
    pub(super) guard: Guard,
    pub(super) limits: ChromeLimits,
    /// Whether images are loaded.
    pub(super) pictures: bool,
    /// The host that a visit stays at.
    pub(super) host: Option<String>,
}

/// What is seen of a page.
pub(super) struct Watch {
    rules: Rules,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    open: HashSet<String>,
    quiet_since: Option<Instant>,
    bytes: u64,
    requests: usize,
    redirects: usize,
    refused: Option<WebError>,
    /// Whether something was typed, which must not reach other hosts.
    typed: bool,
    /// Whether the user has allowed what is sent next.
    may_send: bool,
    is_crashed: bool,
}

impl Watch {
    pub(super) fn new(rules: Rules) -> Arc<Self> {
        Arc::new(Self { rules, state: Mutex::default() })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Forgets the page before.
    pub(super) fn begin(&self) {
        let mut state = self.state();
        let typed = state.typed;
        *state = State { typed, quiet_since: Some(Instant::now()), ..State::default() };
    }

    /// From now on nothing leaves the host.
    pub(super) fn typed(&self) {
        self.state().typed = true;
    }

    /// Whether a form may be sent.
    pub(super) fn may_send(&self, may_send: bool) {
        self.state().may_send = may_send;
    }

    /// Why the page is not read, where it was refused or went too far.
    pub(super) fn refused(&self) -> Option<WebError> {
        self.state().refused.clone()
    }

    pub(super) fn is_crashed(&self) -> bool {
        self.state().is_crashed
    }

    /// How long the page has waited for nothing from the network.
    pub(super) fn quiet(&self) -> Duration {
        let state = self.state();
        match state.quiet_since {
            Some(since) if state.open.is_empty() => since.elapsed(),
            _ => Duration::ZERO,
        }
    }

    /// Looks at events until the page is closed.
    pub(super) async fn follow(
        self: Arc<Self>,
        session: Session,
        main_frame: String,
        mut events: mpsc::Receiver<Event>,
    ) {
        while let Some(event) = events.recv().await {
            self.take(&session, &main_frame, &event);
        }
    }

    fn take(&self, session: &Session, main_frame: &str, event: &Event) {
        let params = &event.params;
        match event.method.as_str() {
            "Fetch.requestPaused" => self.decide(session, main_frame, params),
            "Network.requestWillBeSent" => self.asked(session, params),
            "Network.loadingFinished" | "Network.loadingFailed" => self.ended(params),
            "Network.dataReceived" => self.received(session, params),
            "Page.javascriptDialogOpening" => {
                let leave = params["type"] == "beforeunload";
                session.tell("Page.handleJavaScriptDialog", json!({ "accept": leave }));
            }
            "Inspector.targetCrashed" => {
                let mut state = self.state();
                state.is_crashed = true;
                state.refused = Some(failed("the page", "it has crashed its tab"));
            }
            _ => {}
        }
    }

    fn asked(&self, session: &Session, params: &Value) {
        let mut state = self.state();
        state.requests += 1;
        if state.requests > REQUESTS {
            let error = too_much(text(&params["documentURL"]), "it loads without end");
            return Self::stop(&mut state, session, error);
        }
        let kind = params["type"].as_str().unwrap_or("Other");
        if !NOT_WAITED_FOR.contains(&kind) {
            state.open.insert(text(&params["requestId"]));
        }
    }

    fn ended(&self, params: &Value) {
        let mut state = self.state();
        if state.open.remove(text(&params["requestId"]).as_str()) && state.open.is_empty() {
            state.quiet_since = Some(Instant::now());
        }
    }

    fn received(&self, session: &Session, params: &Value) {
        let mut state = self.state();
        state.bytes += params["dataLength"].as_u64().unwrap_or_default();
        if state.bytes > self.rules.limits.bytes && state.refused.is_none() {
            let most = self.rules.limits.bytes >> 20;
            let error = too_much("the page", format!("it loads more than {most} MiB"));
            Self::stop(&mut state, session, error);
        }
    }

    /// The first reason counts.
    fn stop(state: &mut State, session: &Session, error: WebError) {
        state.refused.get_or_insert(error);
        session.tell("Page.stopLoading", json!({}));
        // What it goes on to ask for by scripts would come all the same.
        session.tell("Page.navigate", json!({ "url": "about:blank" }));
    }

    fn decide(&self, session: &Session, main_frame: &str, params: &Value) {
        let id = &params["requestId"];
        let is_page = params["resourceType"] == "Document" && params["frameId"] == main_frame;
        let verdict = match params.get("responseHeaders").is_some() {
            true => self.admit_answer(params),
            false => self.admit_request(is_page, params),
        };
        let Err(why) = verdict else {
            return session.tell("Fetch.continueRequest", json!({ "requestId": id }));
        };
        if let Some(error) = why {
            self.state().refused.get_or_insert(error);
        }
        // A page that is left for one that is refused stays as it is.
        session.tell("Fetch.failRequest", json!({ "requestId": id, "errorReason": "Aborted" }));
    }

    /// Whether a request goes out; where it is the page itself that does not, why.
    fn admit_request(&self, is_page: bool, params: &Value) -> Result<(), Option<WebError>> {
        let kind = params["resourceType"].as_str().unwrap_or_default();
        let address = params["request"]["url"].as_str().unwrap_or_default();
        let told = |error: WebError| is_page.then_some(error);
        if (kind == "Document" && !is_page) || (PICTURES.contains(&kind) && !self.rules.pictures) {
            // Frames are not read, nor are pictures.
            return Err(None);
        }
        let admitted = self.rules.guard.check(address).map_err(told)?;
        let mut state = self.state();
        if is_page {
            state.redirects += 1;
            // The first is the page itself.
            let most = self.rules.limits.redirects;
            if state.redirects > most + 1 {
                let why = format!("it leads on more than {most} times");
                return Err(told(too_much(address, why)));
            }
        }
        let Some(host) = &self.rules.host else { return Ok(()) };
        if (is_page || state.typed) && host_of(admitted.url()) != *host {
            return Err(told(refused(address, &format!("a visit stays at {host}"))));
        }
        let method = params["request"]["method"].as_str().unwrap_or_default();
        if !matches!(method, "GET" | "HEAD" | "OPTIONS") && !state.may_send {
            return Err(told(refused(address, "nothing is sent that the user has not approved")));
        }
        Ok(())
    }

    /// Whether the page itself is one that can be shown.
    fn admit_answer(&self, params: &Value) -> Result<(), Option<WebError>> {
        let address = params["request"]["url"].as_str().unwrap_or_default();
        let header = |name: &str| {
            let headers = params["responseHeaders"].as_array()?;
            let is_it =
                |it: &&Value| it["name"].as_str().is_some_and(|it| it.eq_ignore_ascii_case(name));
            headers.iter().find(is_it).and_then(|it| it["value"].as_str())
        };
        if header(REFUSED_HEADER).is_some() {
            return Err(Some(refused(address, "its name leads where nothing is read")));
        }
        let is_file = header("content-disposition")
            .is_some_and(|it| it.trim_start().to_ascii_lowercase().starts_with("attachment"));
        let kind = header("content-type").unwrap_or("text/html").to_ascii_lowercase();
        let is_shown = ["text/", "application/xhtml", "application/xml", "application/json"]
            .iter()
            .any(|shown| kind.trim_start().starts_with(shown));
        let is_redirect = params["responseStatusCode"].as_u64().is_some_and(|code| code / 100 == 3);
        if !is_redirect && (is_file || !is_shown) {
            return Err(Some(failed(address, "it is a file to download, no page")));
        }
        let length = header("content-length").and_then(|it| it.trim().parse::<u64>().ok());
        if length.is_some_and(|length| length > self.rules.limits.bytes) {
            let most = self.rules.limits.bytes >> 20;
            return Err(Some(too_much(address, format!("it is larger than {most} MiB"))));
        }
        Ok(())
    }
}

/// A host with its port, as visits are kept to it.
pub(super) fn host_of(url: &Url) -> String {
    url[url::Position::BeforeHost..url::Position::AfterPort].to_owned()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
