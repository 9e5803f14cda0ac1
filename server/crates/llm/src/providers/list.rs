//! Which models a provider has.

use std::time::Duration;

use devika_config::{Provider, ProviderKind};
use futures::{StreamExt, stream};
use reqwest::RequestBuilder;
use serde_json::{Value, json};
use tokio::time::timeout;

use super::failure::Teller;
use super::{http, key, wire};
use crate::ModelError;

/// How long the list may take, once connected.
const LIST_TIMEOUT: Duration = Duration::from_secs(10);

/// Bytes of the list at the most.
const LIST_LIMIT: usize = 8 << 20;

/// Models whose limits are asked for one by one, and how many of them at once: Ollama's list has
/// none.
const SHOWN: usize = 64;
const SHOWN_AT_ONCE: usize = 8;

/// A model of a provider's list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedModel {
    /// Its name.
    pub name: String,
    /// Tokens of its context, where the list tells.
    pub context: Option<u32>,
    /// Tokens of its answer at the most, where the list tells.
    pub output: Option<u32>,
}

/// A provider's models, in its own order, by its own list: Gemini's, Ollama's and LM Studio's native
/// ones, where they tell the limits.
///
/// # Errors
/// [`ModelError`] as for a turn; [`ModelError::Stalled`] after ten seconds.
pub async fn list_models(provider: &Provider) -> Result<Vec<ListedModel>, ModelError> {
    key::read(provider).await?;
    let asked =
        Asked { teller: Teller { provider, model: "models" }, client: http::client(provider)? };
    let limit = provider.connect_timeout + LIST_TIMEOUT;
    timeout(limit, asked.with_limits()).await.unwrap_or_else(|_| Err(asked.teller.stalled(limit)))
}

/// The names alone, for which nothing is asked twice.
pub(crate) async fn list_names(provider: &Provider) -> Result<Vec<String>, ModelError> {
    key::read(provider).await?;
    let asked =
        Asked { teller: Teller { provider, model: "models" }, client: http::client(provider)? };
    let limit = provider.connect_timeout + LIST_TIMEOUT;
    let listed = timeout(limit, asked.plain()).await;
    let listed = listed.unwrap_or_else(|_| Err(asked.teller.stalled(limit)))?;
    Ok(listed.into_iter().map(|model| model.name).collect())
}

struct Asked<'a> {
    teller: Teller<'a>,
    client: reqwest::Client,
}

impl Asked<'_> {
    async fn with_limits(&self) -> Result<Vec<ListedModel>, ModelError> {
        let provider = self.teller.provider;
        if provider.kind == ProviderKind::Ollama {
            return Ok(self.shown(self.plain().await?).await);
        }
        if provider.name == "lmstudio"
            && let Some(native) = self.lm_studios().await
        {
            return Ok(native);
        }
        self.plain().await
    }

    /// The list, by one request.
    async fn plain(&self) -> Result<Vec<ListedModel>, ModelError> {
        let base = wire::base(self.teller.provider);
        self.list(match self.teller.provider.kind {
            ProviderKind::Gemini => format!("{base}models?pageSize=1000"),
            ProviderKind::Anthropic => format!("{base}models?limit=1000"),
            ProviderKind::Ollama => format!("{base}api/tags"),
            _ => format!("{base}models"),
        })
        .await
    }

    /// LM Studio's own list, next to its OpenAI protocol; none where it is another server.
    async fn lm_studios(&self) -> Option<Vec<ListedModel>> {
        let base = wire::base(self.teller.provider);
        let base = base.strip_suffix("v1/")?;
        self.list(format!("{base}api/v0/models")).await.ok()
    }

    /// Asks Ollama for the limits of each model.
    async fn shown(&self, listed: Vec<ListedModel>) -> Vec<ListedModel> {
        let url = format!("{}api/show", wire::base(self.teller.provider));
        let show = |(at, model): (usize, ListedModel)| {
            let post = self.client.post(&url).json(&json!({"model": model.name}));
            async move {
                if at >= SHOWN {
                    return model;
                }
                // Without an answer the limit is unknown, which it may be.
                let shown = self.fetch(post).await.ok();
                let context = shown.as_ref().and_then(|shown| context_of(&shown["model_info"]));
                ListedModel { context, ..model }
            }
        };
        stream::iter(listed.into_iter().enumerate())
            .map(show)
            .buffered(SHOWN_AT_ONCE)
            .collect()
            .await
    }

    async fn list(&self, url: String) -> Result<Vec<ListedModel>, ModelError> {
        let answer = self.fetch(self.client.get(url)).await?;
        models(&answer).ok_or_else(|| self.teller.broken("the answer is not a list of models"))
    }

    async fn fetch(&self, request: RequestBuilder) -> Result<Value, ModelError> {
        let teller = self.teller;
        let request = http::with_headers(request, teller.provider);
        let response = request.send().await.map_err(|e| teller.of_transport(e, false))?;
        let (status, headers) = (response.status(), response.headers().clone());
        let body = http::read(response, LIST_LIMIT).await;
        let body = body.map_err(|e| teller.of_transport(e, true))?;
        if !status.is_success() {
            return Err(teller.of_status(status, &headers, &body));
        }
        serde_json::from_str(&body).map_err(|_| teller.broken("the answer is not a list of models"))
    }
}

/// Reads `{data: [{id}]}`; some list `models` with a `name`, and Gemini puts `models/` before it.
fn models(answer: &Value) -> Option<Vec<ListedModel>> {
    let list = answer["data"].as_array().or_else(|| answer["models"].as_array())?;
    Some(list.iter().filter(|model| can_chat(model)).filter_map(model).collect())
}

fn model(listed: &Value) -> Option<ListedModel> {
    let name = listed["id"].as_str().or_else(|| listed["name"].as_str())?;
    let number = |places: &[&str]| {
        let found = places.iter().find_map(|place| listed.pointer(place)?.as_u64())?;
        u32::try_from(found).ok()
    };
    Some(ListedModel {
        name: name.strip_prefix("models/").unwrap_or(name).to_owned(),
        context: number(&[
            "/context_length",
            "/context_window",
            "/max_context_length",
            "/inputTokenLimit",
            "/max_model_len",
            "/meta/n_ctx_train",
        ]),
        output: number(&[
            "/outputTokenLimit",
            "/max_completion_tokens",
            "/top_provider/max_completion_tokens",
        ]),
    })
}

/// Gemini tells what a model is for.
fn can_chat(listed: &Value) -> bool {
    let methods = listed["supportedGenerationMethods"].as_array();
    methods.is_none_or(|methods| methods.iter().any(|method| method == "generateContent"))
}

/// `ARCHITECTURE.context_length` of what Ollama tells of a model.
fn context_of(info: &Value) -> Option<u32> {
    let fields = info.as_object()?;
    let (_, context) = fields.iter().find(|(name, _)| name.ends_with(".context_length"))?;
    u32::try_from(context.as_u64()?).ok()
}
