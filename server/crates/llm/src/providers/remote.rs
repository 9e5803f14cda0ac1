//! A model that a provider serves over HTTP.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use devika_config::Provider;

use super::failure::{Teller, full_name};
use super::listen::Listener;
use super::wire::{self, Asked, Dialect, SchemaBy};
use super::{http, key};
use crate::{Answer, Delta, LanguageModel, Limits, ModelError, Request};

/// Connects to a model of a provider. Nothing is sent or read before the first turn.
///
/// The model is asked once a turn; [`crate::Policed`] adds the patience.
///
/// # Errors
/// [`ModelError::Unreachable`] where the provider has no usable address, as the local model before
/// it runs.
pub fn connect(provider: &Provider, model: &str) -> Result<Arc<dyn LanguageModel>, ModelError> {
    let teller = Teller { provider, model };
    if let Err(error) = reqwest::Url::parse(&provider.base_url) {
        return Err(teller.unreachable(format!("the address is not a URL ({error})")));
    }
    Ok(Arc::new(RemoteModel {
        name: full_name(provider, model),
        model: model.to_owned(),
        dialect: Dialect::of(provider),
        client: OnceLock::new(),
        schema_refused: AtomicBool::new(false),
        provider: provider.clone(),
    }))
}

struct RemoteModel {
    /// `provider/model`.
    name: String,
    model: String,
    provider: Provider,
    dialect: Dialect,
    client: OnceLock<reqwest::Client>,
    /// Whether the provider said that it takes no schema.
    schema_refused: AtomicBool,
}

#[async_trait]
impl LanguageModel for RemoteModel {
    fn name(&self) -> &str {
        &self.name
    }

    fn limits(&self) -> Limits {
        Limits {
            context: self.provider.context_tokens,
            output: self.provider.output_tokens,
            small: self.provider.small,
        }
    }

    async fn turn(
        &self,
        request: &Request,
        on_delta: &(dyn for<'a> Fn(Delta<'a>) + Send + Sync),
    ) -> Result<Answer, ModelError> {
        let key = key::read(&self.provider).await?;
        match self.ask_by_schema(request, on_delta).await {
            Err(ModelError::Auth { .. }) if key::is_replaced(&self.provider, key).await? => {
                tracing::info!(model = %self.name, "the key was replaced");
                self.ask_by_schema(request, on_delta).await
            }
            answer => answer,
        }
    }
}

impl RemoteModel {
    /// Asks, and once more where the provider does not take schemas.
    async fn ask_by_schema(
        &self,
        request: &Request,
        on_delta: &(dyn for<'a> Fn(Delta<'a>) + Send + Sync),
    ) -> Result<Answer, ModelError> {
        let schema_by = self.schema_by();
        let answer = self.ask(request, schema_by, on_delta).await;
        match answer {
            Err(ModelError::Rejected { message, .. })
                if request.schema.is_some()
                    && schema_by == SchemaBy::Field
                    && is_about_schemas(&message) =>
            {
                tracing::info!(model = %self.name, %message, "schemas go into the prompt from now on");
                self.schema_refused.store(true, Ordering::Relaxed);
                self.ask(request, SchemaBy::Prompt, on_delta).await
            }
            other => other,
        }
    }

    fn schema_by(&self) -> SchemaBy {
        if self.schema_refused.load(Ordering::Relaxed) {
            return SchemaBy::Prompt;
        }
        wire::schema_by(&self.provider, &self.model)
    }

    async fn ask(
        &self,
        request: &Request,
        schema_by: SchemaBy,
        on_delta: &(dyn for<'a> Fn(Delta<'a>) + Send + Sync),
    ) -> Result<Answer, ModelError> {
        let (provider, model, dialect) = (&self.provider, self.model.as_str(), self.dialect);
        let asked = Asked { provider, model, request, schema_by };
        let post =
            self.client()?.post(dialect.address(provider, model)).json(&dialect.body(&asked));
        let post = http::with_headers(post, provider);
        let teller = Teller { provider, model };
        Listener { teller, dialect, request, on_delta }.ask(post).await
    }

    /// The client, built at the first turn and kept with its connections.
    fn client(&self) -> Result<&reqwest::Client, ModelError> {
        if let Some(client) = self.client.get() {
            return Ok(client);
        }
        let client = http::client(&self.provider)?;
        Ok(self.client.get_or_init(|| client))
    }
}

/// Whether a provider's complaint is about the schema field, which not every model takes.
fn is_about_schemas(message: &str) -> bool {
    let message = message.to_lowercase();
    [
        "response_format",
        "response format",
        "json_schema",
        "output_config",
        "structured output",
        "text.format",
        "responsejsonschema",
        "response_json_schema",
    ]
    .iter()
    .any(|field| message.contains(field))
}
