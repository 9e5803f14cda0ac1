//! The endpoints, and how a request becomes a response.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, Uri};
use axum::routing::{get, post};
use serde_json::{Value, json};

use crate::dialect::{Asked, Protocol};
use crate::script::Script;
use crate::seen::Seen;
use crate::{Fault, Reply, lists, stream};

/// What somebody else answers, where a model was expected.
const SIGN_IN_PAGE: &str = "<!DOCTYPE html>\n<html>\n<head><title>Welcome</title></head>\n\n\
                            <body>Sign in to use this network.</body>\n</html>\n";

pub(crate) type Shared = Arc<Mutex<Script>>;

pub(crate) fn lock(script: &Shared) -> MutexGuard<'_, Script> {
    script.lock().unwrap_or_else(PoisonError::into_inner)
}

/// All endpoints of all protocols.
pub(crate) fn routes(script: Shared) -> Router {
    let mut routes = Router::new()
        .route("/v1/models", get(models_at_v1))
        // By OpenAI's protocol LM Studio tells no limits, by its own it does.
        .route("/lmstudio/v1/models", list(Protocol::OpenAi))
        .route("/lmstudio/api/v0/models", list(Protocol::LmStudio))
        .route("/api/tags", list(Protocol::Ollama))
        .route("/api/show", post(show))
        .route("/script/problems", get(problems))
        .route("/script/requests", get(requests));
    for protocol in Protocol::ALL {
        let base = protocol.base_path();
        let endpoint = match protocol {
            Protocol::Responses => "responses",
            Protocol::Anthropic => "messages",
            Protocol::Gemini => "models/{*model}",
            Protocol::Ollama => "api/chat",
            _ => "chat/completions",
        };
        routes = routes.route(&format!("{base}{endpoint}"), ask(protocol));
        if matches!(
            protocol,
            Protocol::Gemini | Protocol::Mistral | Protocol::Groq | Protocol::OpenRouter
        ) {
            routes = routes.route(&format!("{base}models"), list(protocol));
        }
    }
    routes.layer(DefaultBodyLimit::disable()).with_state(script)
}

fn ask(protocol: Protocol) -> axum::routing::MethodRouter<Shared> {
    post(
        move |State(script): State<Shared>, uri: Uri, headers: HeaderMap, body: Bytes| async move {
            answer(&script, protocol, &uri, &headers, &body)
        },
    )
}

fn list(protocol: Protocol) -> axum::routing::MethodRouter<Shared> {
    get(move |State(script): State<Shared>, headers: HeaderMap| async move {
        listed(&script, protocol, &headers, |script| lists::models(protocol, script))
    })
}

/// OpenAI and Anthropic list at the same place.
async fn models_at_v1(State(script): State<Shared>, headers: HeaderMap) -> Response<Body> {
    let anthropic = headers.contains_key("anthropic-version");
    let protocol = if anthropic { Protocol::Anthropic } else { Protocol::OpenAi };
    listed(&script, protocol, &headers, |script| lists::models(protocol, script))
}

fn listed(
    script: &Shared,
    protocol: Protocol,
    headers: &HeaderMap,
    list: impl Fn(&Script) -> Value,
) -> Response<Body> {
    let mut script = lock(script);
    match check_key(&mut script, protocol, headers) {
        Some(refusal) => refusal,
        None => json_response(200, &list(&script)),
    }
}

/// What Ollama tells of one model.
async fn show(State(script): State<Shared>, body: Bytes) -> Response<Body> {
    let asked: Value = serde_json::from_slice(&body).unwrap_or_default();
    let name = asked["model"].as_str().unwrap_or_default();
    match lists::show(name, &lock(&script)) {
        Some(shown) => json_response(200, &shown),
        None => error(Protocol::Ollama, 404, &format!("model '{name}' not found")),
    }
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

fn answer(
    script: &Shared,
    protocol: Protocol,
    uri: &Uri,
    headers: &HeaderMap,
    body: &[u8],
) -> Response<Body> {
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
    let raw = String::from_utf8_lossy(body).into_owned();
    let seen = match Seen::read(protocol, uri.path(), headers, raw) {
        Ok(seen) => seen,
        Err(why) => {
            script.problems.push(why.clone());
            return error(protocol, 400, &why);
        }
    };
    if let Some(query) = uri.query().filter(|query| query.contains("key=")) {
        script.problems.push(format!("a key in the address, where logs keep it: {query}"));
    }
    let asked = Asked {
        protocol,
        model: seen.model.clone(),
        stream: seen.stream,
        prompt_chars: seen.prompt().chars().count(),
    };
    match script.answer(seen) {
        Some(reply) => respond(&asked, &reply),
        None => error(protocol, 500, "the script has no reply for this request"),
    }
}

fn respond(asked: &Asked, reply: &Reply) -> Response<Body> {
    match &reply.fault {
        Some(Fault::Status { status, message, body, headers }) => {
            let mut response = match body {
                Some(body) => json_response(*status, body),
                None => error(asked.protocol, *status, message),
            };
            for (name, value) in headers {
                if let (Ok(name), Ok(value)) =
                    (name.parse::<HeaderName>(), value.parse::<HeaderValue>())
                {
                    response.headers_mut().insert(name, value);
                }
            }
            response
        }
        Some(Fault::SignInPage) => response(200, "text/html", Body::from(SIGN_IN_PAGE)),
        _ if !asked.stream => json_response(200, &asked.whole(reply)),
        _ => {
            let body = stream::body(asked.events(reply), reply);
            response(200, asked.protocol.stream_type(), body)
        }
    }
}

/// A 401 where a key is demanded and the request has another or none.
fn check_key(
    script: &mut Script,
    protocol: Protocol,
    headers: &HeaderMap,
) -> Option<Response<Body>> {
    let wanted = script.key.as_ref()?;
    let given = protocol.key(headers);
    if given.as_ref() == Some(wanted) {
        return None;
    }
    if given.is_none() {
        script.problems.push("a request without a key, where one is demanded".to_owned());
    }
    Some(error(protocol, 401, "invalid x-api-key"))
}

fn error(protocol: Protocol, status: u16, message: &str) -> Response<Body> {
    json_response(status, &protocol.error_body(status, message))
}

fn json_response(status: u16, body: &Value) -> Response<Body> {
    response(status, "application/json", Body::from(body.to_string()))
}

fn response(status: u16, content_type: &'static str, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() =
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert("content-type", HeaderValue::from_static(content_type));
    response
}
