//! The editor's own language models: what it tells of them, and how one is asked.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use devika_protocol::{LM_METHOD, LmArgs, LmChunk, LmModel, LmModels, LmReply};
use tokio::sync::{mpsc, watch};
use tower_lsp::ls_types::request::Request;

use super::outgoing::Outgoing;
use crate::models::{EditorModels, EditorTurn};

/// How long an editor may take to tell its models, once in a session: what brings them may still be
/// starting.
const TELL_TIME: Duration = Duration::from_secs(5);

enum LanguageModelTurn {}

impl Request for LanguageModelTurn {
    type Params = LmArgs;
    type Result = LmReply;
    const METHOD: &'static str = LM_METHOD;
}

/// The language models of the editor of one session.
pub(super) struct ClientModels {
    client: Outgoing,
    /// None until the editor has told them.
    models: watch::Sender<Option<Vec<LmModel>>>,
    /// Who hears the pieces of an answer, by the request's id.
    hearing: Mutex<HashMap<i64, mpsc::UnboundedSender<String>>>,
}

impl ClientModels {
    pub(super) fn of(client: Outgoing) -> Self {
        Self { client, models: watch::Sender::new(None), hearing: Mutex::default() }
    }

    /// The editor told its models.
    pub(super) fn told(&self, LmModels { models }: LmModels) {
        self.models.send_replace(Some(models));
    }

    /// A piece of an answer came; one that nobody waits for any more is of no concern.
    pub(super) fn heard(&self, LmChunk { id, text }: LmChunk) {
        if let Some(hearer) = self.hearing().get(&id) {
            let _gone = hearer.send(text);
        }
    }

    fn hearing(&self) -> MutexGuard<'_, HashMap<i64, mpsc::UnboundedSender<String>>> {
        self.hearing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl EditorModels for ClientModels {
    async fn list(&self) -> Vec<LmModel> {
        let mut models = self.models.subscribe();
        let told = models.wait_for(Option::is_some);
        match tokio::time::timeout(TELL_TIME, told).await {
            Ok(Ok(models)) => models.clone().unwrap_or_default(),
            _ => {
                // It is not waited for a second time.
                self.models.send_if_modified(|models| {
                    let is_first = models.is_none();
                    models.get_or_insert_default();
                    is_first
                });
                Vec::new()
            }
        }
    }

    async fn ask(
        &self,
        turn: EditorTurn,
        pieces: mpsc::UnboundedSender<String>,
    ) -> Result<LmReply, String> {
        let EditorTurn { model, system, messages } = turn;
        let id = self.client.next_id();
        self.hearing().insert(id, pieces);
        let _deaf_at_the_end = Hearing { models: self, id };
        let args = LmArgs { id, model, system, messages };
        let reply = self.client.cancellable::<LanguageModelTurn>(id, args).await;
        reply.map_err(|error| error.to_string())
    }
}

/// Somebody hears the pieces of an answer, until this is dropped.
struct Hearing<'m> {
    models: &'m ClientModels,
    id: i64,
}

impl Drop for Hearing<'_> {
    fn drop(&mut self) {
        self.models.hearing().remove(&self.id);
    }
}
