//! The managed local model, whose server is started when it is asked.

use std::ffi::OsString;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use devika_config::Provider;
use devika_llm::local::{CONTEXT_TOKENS, Local, LocalError};
use devika_llm::{Answer, Chosen, Delta, LanguageModel, Limits, ModelError, Request};

/// The managed local model. Its server may end between two turns, and have another address then.
pub(super) struct LocalModel {
    local: Local,
    supervisor: Vec<OsString>,
    chosen: Chosen,
    name: String,
    connected: Mutex<Option<Connected>>,
}

/// The model at the address of a server that ran.
#[derive(Clone)]
struct Connected {
    address: String,
    model: Arc<dyn LanguageModel>,
}

impl LocalModel {
    pub(super) fn new(local: Local, supervisor: Vec<OsString>, chosen: Chosen) -> Self {
        let name = format!("{}/{}", chosen.provider.name, chosen.model);
        Self { local, supervisor, chosen, name, connected: Mutex::default() }
    }

    /// The model at the server that runs, which is started where there is none.
    async fn running(&self) -> Result<Arc<dyn LanguageModel>, ModelError> {
        let provider = self.local.provider(&self.chosen.provider, &self.supervisor, &|_| {}).await;
        let provider = provider.map_err(|error| self.failure(error))?;
        let mut connected = self.connected.lock().unwrap_or_else(PoisonError::into_inner);
        match &*connected {
            Some(Connected { address, model }) if *address == provider.base_url => {
                Ok(Arc::clone(model))
            }
            _ => Ok(Arc::clone(&connected.insert(self.connect(provider)?).model)),
        }
    }

    fn connect(&self, provider: Provider) -> Result<Connected, ModelError> {
        let model = devika_llm::connect(&provider, &self.chosen.model)?;
        Ok(Connected { address: provider.base_url, model })
    }

    fn failure(&self, error: LocalError) -> ModelError {
        let provider = self.chosen.provider.name.clone();
        match error {
            LocalError::NotInstalled => ModelError::UnknownModel {
                provider,
                model: self.chosen.model.clone(),
                message: error.to_string(),
            },
            other => ModelError::Unreachable {
                provider,
                address: "its server on this machine".to_owned(),
                why: other.to_string(),
            },
        }
    }
}

#[async_trait]
impl LanguageModel for LocalModel {
    fn name(&self) -> &str {
        &self.name
    }

    fn limits(&self) -> Limits {
        let Provider { context_tokens, output_tokens, small, .. } = self.chosen.provider;
        Limits { context: context_tokens.min(CONTEXT_TOKENS), output: output_tokens, small }
    }

    async fn turn(
        &self,
        request: &Request,
        on_delta: &(dyn for<'a> Fn(Delta<'a>) + Send + Sync),
    ) -> Result<Answer, ModelError> {
        let answer = self.running().await?.turn(request, on_delta).await;
        self.local.touch();
        answer
    }
}
