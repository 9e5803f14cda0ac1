//! What went wrong, told as a [`ModelError`]: by status, by the provider's own words, never with
//! the key.

use std::time::Duration;

use devika_config::Provider;
use reqwest::StatusCode;
use reqwest::header::HeaderMap;
use secrecy::ExposeSecret;
use serde_json::Value;

use super::http::root_cause;
use crate::ModelError;

/// Characters of a provider's message that are shown.
const MESSAGE_LIMIT: usize = 500;

/// Tells failures of one model of one provider.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Teller<'a> {
    pub(crate) provider: &'a Provider,
    pub(crate) model: &'a str,
}

impl Teller<'_> {
    /// A failure that genai reports. `begun` says whether a part of the answer had arrived.
    pub(crate) fn of_genai(self, error: genai::Error, begun: bool) -> ModelError {
        match error {
            genai::Error::HttpError { status, body, headers, .. } => {
                self.of_status(status, &headers, &body)
            }
            genai::Error::ChatResponse { body, .. } => self.of_event(&body),
            genai::Error::StreamParse { serde_error, .. } => {
                self.broken(format!("an event could not be read ({serde_error})"))
            }
            genai::Error::WebStream { error, .. } => match error.downcast::<genai::Error>() {
                Ok(inner) => self.of_genai(*inner, begun),
                Err(other) => match other.downcast::<reqwest::Error>() {
                    Ok(transport) => self.of_transport(*transport, begun),
                    Err(other) => self.broken(root_cause(other.as_ref())),
                },
            },
            other => self.broken(other.to_string()),
        }
    }

    /// A failure of the connection.
    pub(crate) fn of_transport(self, error: reqwest::Error, begun: bool) -> ModelError {
        // The address is shown apart; inside the message it could carry a query.
        let error = error.without_url();
        let why = if error.is_timeout() && error.is_connect() {
            let seconds = self.provider.connect_timeout.as_secs_f32();
            format!("no connection within {seconds} s")
        } else {
            root_cause(&error)
        };
        if begun || error.is_body() || error.is_decode() {
            return self.broken(why);
        }
        self.unreachable(why)
    }

    /// An HTTP error.
    pub(crate) fn of_status(
        self,
        status: StatusCode,
        headers: &HeaderMap,
        body: &str,
    ) -> ModelError {
        let words = Words::read(body);
        let said =
            if status.is_redirection() { redirected(headers) } else { words.message.clone() };
        let message = self.presentable(&said);
        let provider = self.provider.name.clone();
        let status_code = status.as_u16();
        match status_code {
            401 | 403 => self.auth(message),
            413 => self.overflow(message),
            429 if words.is_about_money() => {
                ModelError::Rejected { provider, status: status_code, message }
            }
            408 | 425 | 429 | 500..=599 => ModelError::Busy {
                provider,
                status: status_code,
                message,
                retry_after: retry_after(headers),
            },
            _ if words.is_about_context() => self.overflow(message),
            404 if words.names("model") => self.unknown_model(message),
            400 if words.is_about_unknown_model() => self.unknown_model(message),
            400 if words.is_about_content_policy() => self.refused(message),
            _ => ModelError::Rejected { provider, status: status_code, message },
        }
    }

    /// An error event in a stream that began with status 200.
    fn of_event(self, body: &Value) -> ModelError {
        let words = Words::of(body);
        let message = self.presentable(&words.message);
        let provider = self.provider.name.clone();
        let busy = |status| ModelError::Busy {
            provider: provider.clone(),
            status,
            message: message.clone(),
            retry_after: None,
        };
        match words.kind.as_str() {
            "overloaded_error" => busy(529),
            "rate_limit_error" | "rate_limit_exceeded" => busy(429),
            _ if words.is_about_context() => self.overflow(message),
            _ if words.is_about_content_policy() => self.refused(message),
            _ => self.broken(message),
        }
    }

    pub(crate) fn broken(self, why: impl Into<String>) -> ModelError {
        ModelError::Broken { model: self.full_name(), why: self.presentable(&why.into()) }
    }

    pub(crate) fn refused(self, message: String) -> ModelError {
        ModelError::Refused { model: self.full_name(), message }
    }

    pub(crate) fn stalled(self, limit: Duration) -> ModelError {
        // Rounded up, so that a limit under a second does not read as none.
        let seconds = limit.as_millis().div_ceil(1000);
        ModelError::Stalled {
            model: self.full_name(),
            seconds: u64::try_from(seconds).unwrap_or(u64::MAX),
        }
    }

    pub(crate) fn unreachable(self, why: String) -> ModelError {
        ModelError::Unreachable {
            provider: self.provider.name.clone(),
            address: self.provider.base_url.clone(),
            why: self.presentable(&why),
        }
    }

    fn auth(self, message: String) -> ModelError {
        let key_source = match (&self.provider.key, &self.provider.key_hint) {
            (Some(key), _) => key.source.clone(),
            (None, Some(hint)) => format!("none was found; it is read from {hint}"),
            (None, None) => "none is configured".to_owned(),
        };
        ModelError::Auth { provider: self.provider.name.clone(), key_source, message }
    }

    fn overflow(self, message: String) -> ModelError {
        ModelError::ContextOverflow { model: self.full_name(), message }
    }

    fn unknown_model(self, message: String) -> ModelError {
        ModelError::UnknownModel {
            provider: self.provider.name.clone(),
            model: self.model.to_owned(),
            message,
        }
    }

    fn full_name(self) -> String {
        full_name(self.provider, self.model)
    }

    /// Without the key, on one line, and short.
    fn presentable(self, message: &str) -> String {
        let mut message = message.split_whitespace().collect::<Vec<_>>().join(" ");
        if let Some(key) = &self.provider.key {
            let secret = key.secret.expose_secret();
            if !secret.is_empty() {
                message = message.replace(secret, "[key]");
            }
        }
        match message.char_indices().nth(MESSAGE_LIMIT) {
            Some((end, _)) => format!("{}…", &message[..end]),
            None => message,
        }
    }
}

/// `provider/model`.
pub(crate) fn full_name(provider: &Provider, model: &str) -> String {
    format!("{}/{model}", provider.name)
}

fn redirected(headers: &HeaderMap) -> String {
    let target = headers.get("location").and_then(|value| value.to_str().ok());
    let target = target.map_or("elsewhere".to_owned(), |address| format!("to {address}"));
    format!("it redirects {target}; a key is not sent on, so set `base_url` to the right address")
}

/// The wait that the provider asks for, where it is a number of seconds or milliseconds. Dates are
/// not read: they would need the two clocks to agree.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let number = |name: &str| headers.get(name)?.to_str().ok()?.trim().parse::<f64>().ok();
    let seconds =
        number("retry-after-ms").map(|ms| ms / 1000.0).or_else(|| number("retry-after"))?;
    Duration::try_from_secs_f64(seconds).ok()
}

/// What a provider said about a failure.
struct Words {
    message: String,
    kind: String,
    /// Message, kind and code in lower case, to be searched.
    all: String,
}

impl Words {
    fn read(body: &str) -> Self {
        match serde_json::from_str::<Value>(body) {
            Ok(value) => Self::of(&value),
            Err(_) => Self::new(without_markup(body), String::new(), ""),
        }
    }

    /// Finds the words in the shapes that providers use: `{error: {message, type, code}}`,
    /// `{error: "…"}`, `{message: "…"}`, `{detail: "…"}`, a list of one of these.
    fn of(value: &Value) -> Self {
        let value = value.get(0).unwrap_or(value);
        let error = value.get("error").unwrap_or(value);
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let message = text(error)
            .or_else(|| ["message", "detail"].iter().find_map(|name| text(&error[*name])))
            .or_else(|| text(&value["message"]))
            .unwrap_or_else(|| value.to_string());
        let kind = text(&error["type"]).unwrap_or_default();
        Self::new(message, kind, &error["code"].to_string())
    }

    fn new(message: String, kind: String, code: &str) -> Self {
        let all = format!("{message} {kind} {code}").to_lowercase();
        let message =
            if message.trim().is_empty() { "no reason given".to_owned() } else { message };
        Self { message, kind, all }
    }

    fn names(&self, word: &str) -> bool {
        self.all.contains(word)
    }

    fn names_any(&self, words: &[&str]) -> bool {
        words.iter().any(|word| self.names(word))
    }

    fn is_about_context(&self) -> bool {
        self.names_any(&[
            "context_length",
            "context length",
            "context window",
            "context size",
            "exceed_context_size",
            "prompt is too long",
            "input is too long",
            "too many tokens",
            "reduce the length",
        ])
    }

    fn is_about_unknown_model(&self) -> bool {
        self.names("model")
            && self.names_any(&[
                "not found",
                "not exist",
                "unknown",
                "invalid model",
                "not a valid model",
                "decommissioned",
                "model_not_found",
            ])
    }

    fn is_about_content_policy(&self) -> bool {
        self.names_any(&["content_filter", "content_policy", "content management policy"])
    }

    /// A 429 that no waiting ends.
    fn is_about_money(&self) -> bool {
        self.names_any(&["insufficient_quota", "credit balance", "billing"])
    }
}

/// An error page's text: what stands between its tags.
fn without_markup(body: &str) -> String {
    let mut text = String::new();
    let mut in_tag = false;
    for character in body.chars().take(MESSAGE_LIMIT * 8) {
        match character {
            '<' => in_tag = true,
            '>' if in_tag => {
                in_tag = false;
                text.push(' ');
            }
            _ if !in_tag => text.push(character),
            _ => {}
        }
    }
    text
}
