//! Vectors of texts, by a provider's embedding model.

mod batch;
mod wire;

use std::sync::OnceLock;
use std::time::Duration;

use devika_config::Provider;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use serde_json::Value;
use tokio::time::{sleep, timeout};

use self::batch::{Batch, batches};
use self::wire::Wire;
use super::failure::{Teller, full_name};
use super::{http, key};
use crate::ModelError;
use crate::policy::Tries;

/// Bytes of an answer at the most: a hundred vectors of 4,096 numbers are about 8 MiB.
const ANSWER_LIMIT: usize = 32 << 20;

/// How often a request is tried in all.
const ATTEMPTS: u32 = 4;

/// The longest wait that a provider may ask for.
const PATIENCE: Duration = Duration::from_secs(60);

/// Requests that are under way at once, where the provider takes so many.
const AT_ONCE: u32 = 4;

/// An embedding model of a provider.
pub struct Embeddings {
    /// `provider/model`.
    name: String,
    model: String,
    provider: Provider,
    wire: Wire,
    client: OnceLock<reqwest::Client>,
    /// The length of its vectors, once some have come.
    dimension: OnceLock<usize>,
}

impl Embeddings {
    /// A model of a provider. Nothing is sent or read before the first text.
    ///
    /// # Errors
    /// [`ModelError::UnknownModel`] where the provider has no embeddings, [`ModelError::Unreachable`]
    /// where it has no usable address.
    pub fn new(provider: &Provider, model: &str) -> Result<Self, ModelError> {
        let teller = Teller { provider, model };
        if let Err(error) = reqwest::Url::parse(&provider.base_url) {
            return Err(teller.unreachable(format!("the address is not a URL ({error})")));
        }
        let wire = Wire::of(provider).ok_or_else(|| ModelError::UnknownModel {
            provider: provider.name.clone(),
            model: model.to_owned(),
            message:
                "this provider offers no embeddings; name a model of OpenAI, Gemini, Mistral, \
                      Ollama or a server that speaks their protocols"
                    .to_owned(),
        })?;
        Ok(Self {
            name: full_name(provider, model),
            model: model.to_owned(),
            provider: provider.clone(),
            wire,
            client: OnceLock::new(),
            dimension: OnceLock::new(),
        })
    }

    /// `provider/model`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// A vector a text, in their order and all of one length, in as many requests as it takes. Of a
    /// text that is longer than the model takes, its beginning counts.
    ///
    /// What may succeed later is tried again, four times in all, with the waits that the provider asks
    /// for up to a minute. These calls are not counted against budgets.
    ///
    /// # Errors
    /// [`ModelError`] as for a turn; [`ModelError::Rejected`] also where there are fewer or more vectors
    /// than texts, or where their lengths differ.
    pub async fn embed(&self, texts: &[String]) -> Result<Vec<Vec<f32>>, ModelError> {
        let at_once = self.provider.concurrency.clamp(1, AT_ONCE) as usize;
        let asked =
            batches(texts, self.wire.batch()).into_iter().map(|batch| self.embed_batch(batch));
        let asked: Vec<_> = asked.collect();
        let parts: Vec<_> = stream::iter(asked).buffered(at_once).try_collect().await?;
        let vectors: Vec<_> = parts.into_iter().flatten().collect();
        self.check_lengths(&vectors)?;
        Ok(vectors)
    }

    /// The vectors of a batch, which is cut up where it is more than the model takes.
    async fn embed_batch(&self, batch: Batch<'_>) -> Result<Vec<Vec<f32>>, ModelError> {
        let mut vectors = Vec::with_capacity(batch.len());
        let mut left = vec![batch];
        while let Some(batch) = left.pop() {
            match self.embed_patiently(&batch).await {
                Ok(some) => vectors.extend(some),
                Err(error @ ModelError::ContextOverflow { .. }) => {
                    let smaller = batch.smaller().ok_or(error)?;
                    left.extend(smaller.into_iter().rev());
                }
                Err(error) => return Err(error),
            }
        }
        Ok(vectors)
    }

    async fn embed_patiently(&self, batch: &Batch<'_>) -> Result<Vec<Vec<f32>>, ModelError> {
        let mut tries = Tries::new(ATTEMPTS, PATIENCE);
        loop {
            let error = match self.embed_with_key(batch).await {
                Ok(vectors) => return Ok(vectors),
                Err(error) => error,
            };
            let Some(wait) = tries.wait_after(&error) else { return Err(error) };
            tracing::info!(model = %self.name, %error, ?wait, "texts are embedded again");
            sleep(wait).await;
        }
    }

    /// Asks, and once more where the key was refused and there is another one.
    async fn embed_with_key(&self, batch: &Batch<'_>) -> Result<Vec<Vec<f32>>, ModelError> {
        let key = key::read(&self.provider).await?;
        match self.ask(batch).await {
            Err(ModelError::Auth { .. }) if key::is_replaced(&self.provider, key).await? => {
                self.ask(batch).await
            }
            answer => answer,
        }
    }

    async fn ask(&self, batch: &Batch<'_>) -> Result<Vec<Vec<f32>>, ModelError> {
        let limit = self.provider.first_token_timeout;
        let answer = timeout(limit, self.post(batch)).await;
        let answer = answer.unwrap_or_else(|_| Err(self.teller().stalled(limit)))?;
        let vectors = self.wire.vectors(answer).ok_or_else(|| {
            self.unusable("the answer is not a list of vectors, or they are no numbers".to_owned())
        })?;
        if vectors.len() == batch.len() {
            return Ok(vectors);
        }
        let (vectors, texts) = (vectors.len(), batch.len());
        Err(self.unusable(format!("{vectors} vectors came for {texts} texts")))
    }

    async fn post(&self, batch: &Batch<'_>) -> Result<Value, ModelError> {
        let teller = self.teller();
        let body = self.wire.body(&self.model, batch.texts());
        let post = self.client()?.post(self.wire.address(&self.provider, &self.model)).json(&body);
        let sent = http::with_headers(post, &self.provider).send().await;
        let response = sent.map_err(|error| teller.of_transport(error, false))?;
        let (status, headers) = (response.status(), response.headers().clone());
        let body = http::read(response, ANSWER_LIMIT).await;
        let body = body.map_err(|error| teller.of_transport(error, true))?;
        if !status.is_success() {
            return Err(teller.of_status(status, &headers, &body));
        }
        serde_json::from_str(&body).map_err(|_| teller.broken("the answer is not JSON"))
    }

    fn check_lengths(&self, vectors: &[Vec<f32>]) -> Result<(), ModelError> {
        let Some(first) = vectors.first() else { return Ok(()) };
        let length = *self.dimension.get_or_init(|| first.len());
        match vectors.iter().find(|vector| vector.len() != length) {
            None => Ok(()),
            Some(other) => Err(self.unusable(format!(
                "its vectors have {length} numbers, and now one has {}",
                other.len()
            ))),
        }
    }

    /// An answer that is not what was asked for, which asking again does not change.
    fn unusable(&self, why: String) -> ModelError {
        self.teller().rejected(200, why)
    }

    fn teller(&self) -> Teller<'_> {
        Teller { provider: &self.provider, model: &self.model }
    }

    /// The client, built at the first text and kept with its connections.
    fn client(&self) -> Result<&reqwest::Client, ModelError> {
        if let Some(client) = self.client.get() {
            return Ok(client);
        }
        let client = http::client(&self.provider)?;
        Ok(self.client.get_or_init(|| client))
    }
}
