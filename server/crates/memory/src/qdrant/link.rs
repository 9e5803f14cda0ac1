//! The connection: every request has a limit, and every failure a name.

use std::error::Error as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use qdrant_client::{Qdrant, QdrantError};
use secrecy::ExposeSecret as _;
use tokio::time::timeout;
use tonic::{Code, Status};

use super::Options;
use crate::MemoryError;

/// Characters of the server's words that are shown.
const MESSAGE_LIMIT: usize = 500;

/// The oldest Qdrant that finds keywords by their beginning, which filters by source need.
const OLDEST: (u64, u64) = (1, 19);

/// A Qdrant server, not asked for anything yet.
pub(super) struct Link {
    /// The client; ask it through [`Link::ask`].
    pub(super) client: Qdrant,
    /// Where, for people.
    pub(super) place: String,
    limit: Duration,
    /// Whether the collection was found to have gone.
    gone: AtomicBool,
}

impl Link {
    /// A client that connects with the first request.
    pub(super) fn new(options: &Options) -> Result<Self, MemoryError> {
        let place = format!("{} (collection {})", options.address, options.collection);
        let mut builder = Qdrant::from_url(&options.address)
            // The check prints to standard output, which may carry a protocol.
            .skip_compatibility_check()
            .timeout(options.timeout)
            .connect_timeout(options.timeout);
        if let Some(key) = &options.api_key {
            if shows_the_key(&options.address) {
                tracing::warn!(address = %options.address, "the API key goes there unencrypted");
            }
            builder = builder.api_key(key.expose_secret());
        }
        let client = builder.build().map_err(|error| MemoryError::Foreign {
            place: place.clone(),
            why: format!("{error}. An address is like `http://127.0.0.1:6334`"),
        })?;
        Ok(Self { client, place, limit: options.timeout, gone: AtomicBool::new(false) })
    }

    /// Waits for an answer, for as long as one may take.
    pub(super) async fn ask<T>(
        &self,
        answer: impl Future<Output = Result<T, QdrantError>>,
    ) -> Result<T, MemoryError> {
        match timeout(self.limit, answer).await {
            Ok(answer) => answer.map_err(|error| self.told(error)),
            Err(_) => Err(self.unreachable(format!("no answer within {:?}", self.limit))),
        }
    }

    /// The server's version; one that is too old is refused.
    pub(super) async fn check_version(&self) -> Result<String, MemoryError> {
        let version = self.ask(self.client.health_check()).await?.version;
        let mut numbers = version.split(['.', '-']).map_while(|number| number.parse().ok());
        let (Some(major), Some(minor)) = (numbers.next(), numbers.next()) else {
            return Err(self.foreign(format!("it says that it is Qdrant `{version}`")));
        };
        if (major, minor) < OLDEST {
            let (major, minor) = OLDEST;
            return Err(self.foreign(format!(
                "it is Qdrant {version}, which is too old; install {major}.{minor} or newer"
            )));
        }
        Ok(version)
    }

    /// Whether the collection has gone since this was last asked: the server lost it, or somebody
    /// deleted it.
    pub(super) fn take_gone(&self) -> bool {
        self.gone.swap(false, Ordering::Relaxed)
    }

    pub(super) fn unreachable(&self, why: String) -> MemoryError {
        MemoryError::Unreachable { place: self.place.clone(), why }
    }

    pub(super) fn foreign(&self, why: String) -> MemoryError {
        MemoryError::Foreign { place: self.place.clone(), why }
    }

    pub(super) fn failed(&self, why: String) -> MemoryError {
        MemoryError::Failed { place: self.place.clone(), why }
    }

    fn told(&self, error: QdrantError) -> MemoryError {
        let status = match error {
            QdrantError::ResponseError { status }
            | QdrantError::ResourceExhaustedError { status, .. } => status,
            other => return self.failed(other.to_string()),
        };
        let said = presentable(status.message());
        if is_about_the_connection(&status) {
            return self.unreachable(format!(
                "{said}. Is Qdrant running, and is this its port for gRPC (6334 mostly)?"
            ));
        }
        match status.code() {
            Code::Unauthenticated | Code::PermissionDenied => {
                self.failed(format!("it refused the API key: {said}"))
            }
            Code::NotFound => {
                self.gone.store(true, Ordering::Relaxed);
                self.failed(format!("{said}. The next request makes the collection anew"))
            }
            code => self.failed(format!("{said} ({code:?})")),
        }
    }
}

/// Whether an address is another machine's, without TLS.
fn shows_the_key(address: &str) -> bool {
    let Some(host) = address.strip_prefix("http://") else { return false };
    !["localhost", "127.", "[::1]"].iter().any(|near| host.starts_with(near))
}

/// Whether the same request may succeed later: there is no connection, it broke, or the server is
/// too busy. What breaks on this side has a source; what the server says has none.
fn is_about_the_connection(status: &Status) -> bool {
    let code = status.code();
    matches!(
        code,
        Code::Unavailable | Code::DeadlineExceeded | Code::Cancelled | Code::ResourceExhausted
    ) || status.source().is_some()
        || (code == Code::Internal && status.message().starts_with("Failed to connect"))
}

/// On one line, and short.
fn presentable(message: &str) -> String {
    let message = message.split_whitespace().collect::<Vec<_>>().join(" ");
    match message.char_indices().nth(MESSAGE_LIMIT) {
        Some((end, _)) => format!("{}…", &message[..end]),
        None => message,
    }
}
