//! What went wrong, told as a [`ModelError`]: by status, by the provider's own words, never with
//! the key.

use std::time::Duration;

use devika_config::{Key, Provider, ProviderKind};
use reqwest::StatusCode;
use reqwest::header::HeaderMap;
use secrecy::ExposeSecret;
use serde_json::Value;

use super::http::root_cause;
use super::wait;
use super::words::Words;
use crate::ModelError;

/// Characters of a provider's message that are shown.
const MESSAGE_LIMIT: usize = 500;

/// Bytes from which on the value of a header may be a secret.
const SECRET_LENGTH: usize = 8;

/// Tells failures of one model of one provider.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Teller<'a> {
    pub(crate) provider: &'a Provider,
    pub(crate) model: &'a str,
}

impl Teller<'_> {
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
        if status.is_redirection() {
            return self.rejected(status.as_u16(), redirected(headers));
        }
        let words = Words::read(body);
        let status = status.as_u16();
        match status {
            401 | 403 => self.auth(&words.message),
            // Mostly too many tokens at once; where it is the bytes, less context helps as well.
            413 => self.overflow(&words.message),
            402 => self.unpaid(status, &words),
            429 if words.is_about_money() => self.unpaid(status, &words),
            // Some servers of local models find out while they work.
            500 if words.is_about_context() => self.overflow(&words.message),
            _ if is_busy(status) => self.busy(status, &words, headers),
            _ if words.is_about_context() => self.overflow(&words.message),
            _ if words.is_about_the_key() => self.auth(&words.message),
            _ if words.is_about_money() => self.unpaid(status, &words),
            404 if words.names("model") => self.unknown_model(&words.message),
            400 if words.is_about_unknown_model() => self.unknown_model(&words.message),
            400 if words.is_about_content_policy() => self.refused(&words.message),
            _ => self.rejected(status, words.message),
        }
    }

    /// An error event in a stream that began with status 200.
    pub(crate) fn of_event(self, body: &Value) -> ModelError {
        let words = Words::of(body);
        match words.status {
            _ if words.is_about_context() => self.overflow(&words.message),
            _ if words.is_about_content_policy() => self.refused(&words.message),
            status if words.is_about_money() => self.unpaid(status.unwrap_or(402), &words),
            Some(401 | 403) => self.auth(&words.message),
            Some(status) if is_busy(status) => self.busy(status, &words, &HeaderMap::new()),
            _ => self.broken(words.message),
        }
    }

    fn busy(self, status: u16, words: &Words, headers: &HeaderMap) -> ModelError {
        ModelError::Busy {
            provider: self.provider.name.clone(),
            status,
            message: self.presentable(&words.message),
            retry_after: wait::asked(headers, words.all()),
        }
    }

    pub(crate) fn rejected(self, status: u16, message: String) -> ModelError {
        let (provider, message) = (self.provider.name.clone(), self.presentable(&message));
        ModelError::Rejected { provider, status, message }
    }

    fn unpaid(self, status: u16, words: &Words) -> ModelError {
        let said = &words.message;
        self.rejected(
            status,
            format!("the account has no money left, and no waiting helps: {said}"),
        )
    }

    pub(crate) fn broken(self, why: impl Into<String>) -> ModelError {
        ModelError::Broken { model: self.full_name(), why: self.presentable(&why.into()) }
    }

    pub(crate) fn refused(self, message: &str) -> ModelError {
        ModelError::Refused { model: self.full_name(), message: self.presentable(message) }
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

    fn auth(self, message: &str) -> ModelError {
        let key_source = match (&self.provider.key, &self.provider.key_hint) {
            (Some(key), _) => key.source().to_owned(),
            (None, Some(hint)) => format!("none was found; it is read from {hint}"),
            (None, None) => "none is configured".to_owned(),
        };
        let (provider, message) = (self.provider.name.clone(), self.presentable(message));
        ModelError::Auth { provider, key_source, message }
    }

    fn overflow(self, message: &str) -> ModelError {
        ModelError::ContextOverflow { model: self.full_name(), message: self.presentable(message) }
    }

    fn unknown_model(self, message: &str) -> ModelError {
        let model = self.model.to_owned();
        let mut message = self.presentable(message);
        if self.provider.kind == ProviderKind::Ollama {
            message = format!("{message}. Get it with `ollama pull {model}`");
        }
        ModelError::UnknownModel { provider: self.provider.name.clone(), model, message }
    }

    fn full_name(self) -> String {
        full_name(self.provider, self.model)
    }

    /// Without the key and what the user's headers carry, on one line, and short.
    fn presentable(self, message: &str) -> String {
        let mut message = message.split_whitespace().collect::<Vec<_>>().join(" ");
        if let Some(secret) = self.provider.key.as_ref().and_then(Key::known) {
            let secret = secret.expose_secret();
            if !secret.is_empty() {
                message = message.replace(secret, "[key]");
            }
        }
        for (_, value) in &self.provider.headers {
            // A gateway's token is as secret as a key; a short value is no token.
            if value.len() >= SECRET_LENGTH {
                message = message.replace(value.as_str(), "[header]");
            }
        }
        match message.char_indices().nth(MESSAGE_LIMIT) {
            Some((end, _)) => format!("{}…", &message[..end]),
            None => message,
        }
    }
}

/// Whether the same request may succeed after a while: 498 is Groq's word for a tier without room.
fn is_busy(status: u16) -> bool {
    matches!(status, 408 | 409 | 425 | 429 | 498 | 500..=599)
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
