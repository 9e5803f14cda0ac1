//! Finds the model of a task: the configured one, or whatever answers. Starts the managed local one.

use std::ffi::OsString;
use std::sync::Arc;

use async_trait::async_trait;
use devika_agent::{Models, RoleModels, Wanted};
use devika_config::{Config, Paths, Provider, ProviderKind};
use devika_llm::local::Local;
use devika_llm::{
    Answer, Chosen, Delta, LanguageModel, Limits, ModelError, NoModel, Request, Retrying,
};

/// The models that the configuration, the environment and this machine offer.
pub(crate) struct ConfiguredModels {
    /// All providers that could be asked.
    pub(crate) providers: Vec<Provider>,
    default_model: Option<String>,
    /// The managed local model.
    pub(crate) local: Local,
    program: Vec<OsString>,
}

impl ConfiguredModels {
    /// `program` is the command line of this program, which also runs the local model's supervisor.
    /// `search_path` is where `llama-server` is looked for.
    pub(crate) fn new(
        config: &Config,
        paths: &Paths,
        program: Vec<OsString>,
        search_path: Option<OsString>,
    ) -> Self {
        Self {
            providers: config.providers.clone(),
            default_model: config.models.default.clone(),
            local: Local::new(paths.cache_dir.join("local-model")).with_search_path(search_path),
            program,
        }
    }

    /// Which model a task would get.
    ///
    /// # Errors
    /// What is missing, and the ways to get it.
    pub(crate) async fn choose(&self, name: Option<&str>) -> Result<Chosen, NoModel> {
        let installed = || self.local.installed();
        devika_llm::choose(&self.providers, self.default_model.as_deref(), name, &installed).await
    }
}

#[async_trait]
impl Models for ConfiguredModels {
    async fn models(
        &self,
        wanted: &Wanted<'_>,
        say: &(dyn Fn(String) + Send + Sync),
    ) -> Result<RoleModels, String> {
        let chosen = self.choose(wanted.name).await.map_err(|error| error.to_string())?;
        tracing::info!(
            provider = chosen.provider.name,
            model = chosen.model,
            why = chosen.why,
            "model chosen"
        );
        if chosen.provider.kind == ProviderKind::Local {
            return Ok(RoleModels::new(self.local_model(chosen, say).await?));
        }
        let model = devika_llm::connect(&chosen.provider, &chosen.model);
        Ok(RoleModels::new(Arc::new(Retrying::new(model.map_err(|error| error.to_string())?))))
    }
}

impl ConfiguredModels {
    async fn local_model(
        &self,
        chosen: Chosen,
        say: &(dyn Fn(String) + Send + Sync),
    ) -> Result<Arc<dyn LanguageModel>, String> {
        let mut supervisor = self.program.clone();
        supervisor.extend(["models".into(), "serve-local".into()]);
        let provider = self
            .local
            .provider(&chosen.provider, &supervisor, say)
            .await
            .map_err(|error| error.to_string())?;
        let model =
            devika_llm::connect(&provider, &chosen.model).map_err(|error| error.to_string())?;
        Ok(Arc::new(LocalModel { local: self.local.clone(), model: Retrying::new(model) }))
    }
}

/// The local model: every turn tells its server that it is still wanted.
struct LocalModel<M> {
    local: Local,
    model: M,
}

#[async_trait]
impl<M: LanguageModel> LanguageModel for LocalModel<M> {
    fn name(&self) -> &str {
        self.model.name()
    }

    fn limits(&self) -> Limits {
        self.model.limits()
    }

    async fn turn(
        &self,
        request: &Request,
        on_delta: &(dyn for<'a> Fn(Delta<'a>) + Send + Sync),
    ) -> Result<Answer, ModelError> {
        self.local.touch();
        let answer = self.model.turn(request, on_delta).await;
        self.local.touch();
        answer
    }
}
