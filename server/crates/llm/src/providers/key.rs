//! The key of a request: read before it is sent, and read again where the provider refuses it.

use devika_config::{Key, KeyError, Provider};
use secrecy::SecretString;

use crate::ModelError;

/// Has the key read, where the provider has one, so that the headers can be made. What was read
/// already costs nothing.
///
/// # Errors
/// [`ModelError::NoKey`].
pub(crate) async fn read(provider: &Provider) -> Result<Option<SecretString>, ModelError> {
    let Some(key) = &provider.key else { return Ok(None) };
    if let Some(known) = key.known() {
        return Ok(Some(known));
    }
    ask(provider, key, Key::secret).await.map(Some)
}

/// Whether there is another key than the one that was refused.
///
/// # Errors
/// [`ModelError::NoKey`].
pub(crate) async fn is_replaced(
    provider: &Provider,
    refused: Option<SecretString>,
) -> Result<bool, ModelError> {
    let (Some(key), Some(refused)) = (&provider.key, refused) else { return Ok(false) };
    ask(provider, key, move |key| key.reread(&refused)).await
}

/// Asks a key's source, which may run a program, on a thread that may block.
async fn ask<T: Send + 'static>(
    provider: &Provider,
    key: &Key,
    question: impl FnOnce(&Key) -> Result<T, KeyError> + Send + 'static,
) -> Result<T, ModelError> {
    let key = key.clone();
    let answer = tokio::task::spawn_blocking(move || question(&key)).await;
    let answer = answer.unwrap_or_else(|died| std::panic::resume_unwind(died.into_panic()));
    answer.map_err(|error| ModelError::NoKey {
        provider: provider.name.clone(),
        message: error.to_string(),
    })
}
