//! Speaking to the client. No handler of a message from the client waits for any of this.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tower_lsp::Client;
use tower_lsp::jsonrpc;
use tower_lsp::ls_types::notification::{Cancel, Notification};
use tower_lsp::ls_types::request::{Request, ShowMessageRequest};
use tower_lsp::ls_types::{
    CancelParams, MessageActionItem, MessageType, NumberOrString, ShowMessageRequestParams,
};
use tower_service::Service as _;

/// Why a request to the client has no result.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unanswered {
    /// It took too long; the answer may still come, and nobody will hear it.
    #[error("the editor did not answer within {} s", .0.as_secs())]
    Late(Duration),
    /// The client said no, or does not know the request.
    #[error("the editor answered with an error: {}", .0.message)]
    Error(jsonrpc::Error),
    /// The answer is not what the request is answered with.
    #[error("the editor's answer cannot be read: {0}")]
    Unreadable(String),
    /// The session ended.
    #[error("the editor is gone")]
    Gone,
}

/// How long nothing is said after the answer to a command: by then the editor has read it.
const SILENCE: Duration = Duration::from_millis(250);

/// Speaks to the client. A cheap clone.
#[derive(Debug, Clone)]
pub(super) struct Outgoing {
    client: Client,
    silent_until: Arc<Mutex<Option<Instant>>>,
}

impl Outgoing {
    pub(super) fn to(client: Client) -> Self {
        Self { client, silent_until: Arc::default() }
    }

    /// Says nothing for a moment, for a command is about to be answered. What comes in one packet with
    /// an answer that the editor waits for is lost in lsp-mode, and looked at much later in Eglot of
    /// Emacs 28.
    pub(super) fn hold_back(&self) {
        *self.silent_until.lock().unwrap_or_else(PoisonError::into_inner) =
            Some(Instant::now() + SILENCE);
    }

    async fn client(&self) -> &Client {
        let until = *self.silent_until.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(until) = until.filter(|until| *until > Instant::now()) {
            tokio::time::sleep_until(until).await;
        }
        &self.client
    }

    /// Sends a request and waits for its answer, for at most `limit`. The request itself is never
    /// dropped: the library cannot bear an answer to one that is.
    pub(super) async fn request<R>(
        &self,
        params: R::Params,
        limit: Duration,
    ) -> Result<R::Result, Unanswered>
    where
        R: Request,
        R::Params: Send + 'static,
        R::Result: Send + 'static,
    {
        let client = self.client().await.clone();
        let answer = tokio::spawn(async move { client.send_request::<R>(params).await });
        match tokio::time::timeout(limit, answer).await {
            Ok(Ok(Ok(result))) => Ok(result),
            Ok(Ok(Err(error))) => Err(Unanswered::Error(error)),
            Ok(Err(_)) => Err(Unanswered::Gone),
            Err(_) => Err(Unanswered::Late(limit)),
        }
    }

    /// Sends a request whose parameters are made with its id, and waits for its answer for as long as
    /// it takes. Who waits no longer has it cancelled.
    pub(super) async fn cancellable<R>(
        &self,
        id: i64,
        params: R::Params,
    ) -> Result<R::Result, Unanswered>
    where
        R: Request,
        R::Params: Send + 'static,
        R::Result: Send + 'static,
    {
        let mut client = self.client().await.clone();
        let params = serde_json::to_value(params).map_err(|_| Unanswered::Gone)?;
        let request = jsonrpc::Request::build(R::METHOD).id(id).params(params).finish();
        let given_up = CancellationToken::new();
        let cancel = given_up.clone().drop_guard();
        let answer = tokio::spawn(async move {
            let canceller = client.clone();
            let mut answer = client.call(request);
            // The request goes out before a cancellation does.
            tokio::select! {
                biased;
                answer = &mut answer => return answer,
                () = given_up.cancelled() => {}
            }
            let id = NumberOrString::Number(i32::try_from(id).unwrap_or(i32::MAX));
            canceller.send_notification::<Cancel>(CancelParams { id }).await;
            // The library cannot bear an answer to a request that nobody waits for.
            answer.await
        });
        let answer = answer.await;
        let _answered = cancel.disarm();
        let Ok(Ok(Some(answer))) = answer else { return Err(Unanswered::Gone) };
        let result = answer.into_parts().1.map_err(Unanswered::Error)?;
        serde_json::from_value(result).map_err(|error| Unanswered::Unreadable(error.to_string()))
    }

    /// An id for [`Self::cancellable`] that no other request has.
    pub(super) fn next_id(&self) -> i64 {
        match self.client.next_request_id() {
            jsonrpc::Id::Number(id) => id,
            // The library counts; there are no others.
            jsonrpc::Id::String(_) | jsonrpc::Id::Null => 0,
        }
    }

    /// Puts a choice to the user, for as long as they like. None where they choose nothing.
    pub(super) async fn choose(
        &self,
        typ: MessageType,
        message: String,
        titles: &[&str],
    ) -> Option<String> {
        let action =
            |title: &&str| MessageActionItem { title: (*title).into(), properties: [].into() };
        let actions = Some(titles.iter().map(action).collect());
        let params = ShowMessageRequestParams { typ, message, actions };
        match self.request::<ShowMessageRequest>(params, Duration::MAX).await {
            Ok(chosen) => chosen.map(|action| action.title),
            Err(error) => {
                tracing::warn!(%error, "a choice could not be put to the user");
                None
            }
        }
    }

    pub(super) async fn notify<N: Notification>(&self, params: N::Params) {
        self.client().await.send_notification::<N>(params).await;
    }

    /// Shows a message to the user.
    pub(super) async fn show(&self, typ: MessageType, message: impl std::fmt::Display) {
        self.client().await.show_message(typ, message).await;
    }

    /// Adds a line to the client's log.
    pub(super) async fn log(&self, typ: MessageType, message: impl std::fmt::Display) {
        self.client().await.log_message(typ, message).await;
    }

    /// [`Self::show`], for a handler of a message from the client.
    pub(super) fn show_later(&self, typ: MessageType, message: String) {
        let this = self.clone();
        drop(tokio::spawn(async move { this.show(typ, message).await }));
    }
}
