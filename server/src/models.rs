//! The models of tasks: chosen, connected, and put under the policy.

use std::collections::HashMap;
use std::ffi::OsString;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use devika_agent::{Models, RoleModels, Wanted};
use devika_config::{Config, Paths, Provider, ProviderKind};
use devika_llm::local::Local;
use devika_llm::{Chain, Chosen, LanguageModel, Ledger, NoModel, Policed, Terms};
use devika_protocol::Price;
use devika_store::{Caps, Store};

use crate::reload::Reloaded;

/// The models that the configuration, the environment and this machine offer.
pub(crate) struct ConfiguredModels {
    /// All providers that could be asked.
    pub(crate) providers: Vec<Provider>,
    /// Which of their models are.
    pub(crate) models: devika_config::Models,
    budget: devika_config::Budget,
    /// The managed local model.
    pub(crate) local: Local,
    program: Vec<OsString>,
    /// Connected models by name, kept with their connections and what was learnt of them.
    connected: Mutex<HashMap<String, Arc<dyn LanguageModel>>>,
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
            models: config.models.clone(),
            budget: config.budget,
            local: Local::new(paths.cache_dir.join("local-model")).with_search_path(search_path),
            program,
            connected: Mutex::default(),
        }
    }

    /// Which model a task would get.
    ///
    /// # Errors
    /// What is missing, and the ways to get it.
    pub(crate) async fn choose(&self, name: Option<&str>) -> Result<Chosen, NoModel> {
        let installed = || self.local.installed();
        let default = self.models.default.as_deref();
        devika_llm::choose(&self.providers, default, name, &installed).await
    }

    /// How much the tasks may spend.
    fn caps(&self) -> Caps {
        let devika_config::Budget { task, day, project, .. } = self.budget;
        Caps { task, day, project }
    }

    /// The chosen model and those that stand in for it, each under the policy.
    async fn chain(
        &self,
        chosen: Chosen,
        ledger: &Arc<dyn Ledger>,
        say: &(dyn Fn(String) + Send + Sync),
    ) -> Result<Arc<dyn LanguageModel>, String> {
        let name = format!("{}/{}", chosen.provider.name, chosen.model);
        let first = self.policed(chosen, ledger, say).await?;
        let mut others = Vec::new();
        for other in self.models.fallback.iter().filter(|other| **other != name) {
            match self.choose(Some(other)).await {
                // A local model is slow to load; it is loaded when the task begins, as it is wanted
                // when nothing else answers.
                Ok(chosen) => others.push(self.policed(chosen, ledger, say).await?),
                Err(error) => say(format!("`models.fallback` names {other}: {error}")),
            }
        }
        Ok(Arc::new(Chain::new(first, others, self.budget.patience)))
    }

    async fn policed(
        &self,
        chosen: Chosen,
        ledger: &Arc<dyn Ledger>,
        say: &(dyn Fn(String) + Send + Sync),
    ) -> Result<Arc<dyn LanguageModel>, String> {
        let Chosen { provider, model, why } = chosen;
        tracing::info!(provider = provider.name, model, why, "model chosen");
        let is_local = provider.kind == ProviderKind::Local;
        let local = self.local.clone();
        let terms = Terms {
            price: price(&provider, &model).unwrap_or_else(|| {
                tracing::warn!(
                    provider = provider.name,
                    model,
                    "no price is known: a high one counts"
                );
                devika_llm::UNKNOWN
            }),
            concurrency: provider.concurrency,
            queue: provider.queue,
            patience: self.budget.patience,
            touch: is_local.then(|| Arc::new(move || local.touch()) as Arc<dyn Fn() + Send + Sync>),
            provider: provider.name.clone(),
            model: model.clone(),
        };
        let bare = match is_local {
            true => self.local_model(&provider, &model, say).await?,
            false => self.remote(&provider, &model)?,
        };
        Ok(Arc::new(Policed::new(bare, Arc::clone(ledger), terms)))
    }

    fn remote(&self, provider: &Provider, model: &str) -> Result<Arc<dyn LanguageModel>, String> {
        let mut connected = self.connected.lock().unwrap_or_else(PoisonError::into_inner);
        let name = format!("{}/{model}", provider.name);
        if let Some(known) = connected.get(&name) {
            return Ok(Arc::clone(known));
        }
        let new = devika_llm::connect(provider, model).map_err(|error| error.to_string())?;
        connected.insert(name, Arc::clone(&new));
        Ok(new)
    }

    async fn local_model(
        &self,
        provider: &Provider,
        model: &str,
        say: &(dyn Fn(String) + Send + Sync),
    ) -> Result<Arc<dyn LanguageModel>, String> {
        let mut supervisor = self.program.clone();
        supervisor.extend(["models".into(), "serve-local".into()]);
        let running = self.local.provider(provider, &supervisor, say).await;
        let running = running.map_err(|error| error.to_string())?;
        devika_llm::connect(&running, model).map_err(|error| error.to_string())
    }
}

/// What a model's tokens cost: as the user says, nothing on a machine of their own, else by the list;
/// `None` where nobody knows.
pub(crate) fn price(provider: &Provider, model: &str) -> Option<Price> {
    let free = || devika_llm::is_on_this_machine(provider).then(Price::default);
    provider.price(model).or_else(free).or_else(|| devika_llm::price(&provider.name, model))
}

/// The models of tasks whose calls the store accounts for.
pub(crate) struct TaskModels {
    pub(crate) configured: Reloaded<ConfiguredModels>,
    pub(crate) store: Store,
}

#[async_trait]
impl Models for TaskModels {
    /// The task's own model, or the one chosen for the project, plays every role; else the configured
    /// ones do.
    async fn models(
        &self,
        wanted: &Wanted<'_>,
        say: &(dyn Fn(String) + Send + Sync),
    ) -> Result<RoleModels, String> {
        let configured = self.configured.current(say);
        let ledger = self.store.ledger(wanted.task, wanted.project, configured.caps());
        let ledger: Arc<dyn Ledger> = Arc::new(ledger);
        let remembered = match wanted.name {
            Some(_) => None,
            None => self.store.chosen_model(wanted.project).await.map_err(|e| e.to_string())?,
        };
        let name = wanted.name.or(remembered.as_deref());
        let chosen = configured.choose(name).await.map_err(|error| error.to_string())?;
        let mut models = RoleModels::new(configured.chain(chosen, &ledger, say).await?);
        if name.is_none() {
            for (role, name) in &configured.models.roles {
                let chosen = configured.choose(Some(name)).await;
                let chosen = chosen.map_err(|error| error.to_string())?;
                models = models.with(*role, configured.chain(chosen, &ledger, say).await?);
            }
        }
        Ok(models)
    }
}
