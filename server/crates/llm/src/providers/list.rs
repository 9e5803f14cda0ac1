//! Which models a provider has.

use std::time::Duration;

use devika_config::Provider;
use serde_json::Value;
use tokio::time::timeout;

use super::failure::Teller;
use super::{http, wire};
use crate::ModelError;

/// How long the list may take, once connected.
const LIST_TIMEOUT: Duration = Duration::from_secs(10);

/// Bytes of the list at the most.
const LIST_LIMIT: usize = 8 << 20;

/// The names of a provider's models, in its own order.
///
/// # Errors
/// [`ModelError`] as for a turn; [`ModelError::Stalled`] after ten seconds.
pub async fn list_models(provider: &Provider) -> Result<Vec<String>, ModelError> {
    let teller = Teller { provider, model: "models" };
    let limit = provider.connect_timeout + LIST_TIMEOUT;
    timeout(limit, ask(teller)).await.unwrap_or_else(|_| Err(teller.stalled(limit)))
}

async fn ask(teller: Teller<'_>) -> Result<Vec<String>, ModelError> {
    let provider = teller.provider;
    let url = format!("{}/models", provider.base_url.trim_end_matches('/'));
    let mut get = http::client(provider)?.get(url);
    for (name, value) in wire::headers(provider) {
        get = get.header(name, value);
    }
    let mut response = get.send().await.map_err(|e| teller.of_transport(e, false))?;
    let mut body = Vec::new();
    while let Some(part) = response.chunk().await.map_err(|e| teller.of_transport(e, true))? {
        body.extend_from_slice(&part);
        if body.len() > LIST_LIMIT {
            return Err(teller.broken(format!("the list is longer than {LIST_LIMIT} bytes")));
        }
    }
    let (status, body) = (response.status(), String::from_utf8_lossy(&body));
    if !status.is_success() {
        return Err(teller.of_status(status, response.headers(), &body));
    }
    names(&body).ok_or_else(|| teller.broken("the answer is not a list of models"))
}

/// Reads `{data: [{id}]}`; some list `models` with a `name`, and Gemini puts `models/` before it.
fn names(body: &str) -> Option<Vec<String>> {
    let value: Value = serde_json::from_str(body).ok()?;
    let list = value["data"].as_array().or_else(|| value["models"].as_array())?;
    let name = |model: &Value| {
        let name = model["id"].as_str().or_else(|| model["name"].as_str())?;
        Some(name.strip_prefix("models/").unwrap_or(name).to_owned())
    };
    Some(list.iter().filter_map(name).collect())
}
