//! The key to a search engine.

use std::fmt;
use std::sync::Arc;

use secrecy::SecretString;

/// The key to a search engine, or how to get at it.
#[derive(Clone)]
pub struct EngineKey(Arc<dyn Fn() -> Result<SecretString, String> + Send + Sync>);

impl EngineKey {
    /// A key whose source is asked each time the engine is, on a thread that may block. What `read`
    /// says where it fails is shown to the user.
    pub fn read_by(
        read: impl Fn() -> Result<SecretString, String> + Send + Sync + 'static,
    ) -> Self {
        Self(Arc::new(read))
    }

    /// The key; or why there is none.
    pub(super) async fn secret(&self) -> Result<SecretString, String> {
        let read = Arc::clone(&self.0);
        let read = tokio::task::spawn_blocking(move || read()).await;
        read.map_err(|_| "reading it broke off".to_owned())?
    }
}

impl From<SecretString> for EngineKey {
    fn from(secret: SecretString) -> Self {
        Self::read_by(move || Ok(secret.clone()))
    }
}

impl fmt::Debug for EngineKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EngineKey")
    }
}
