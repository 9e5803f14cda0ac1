//! Finds models: the configured ones, or whatever answers; and puts those of a task under the policy.

mod editor;
mod local;
mod tasks;

use std::collections::HashMap;
use std::ffi::OsString;
use std::sync::{Arc, Mutex, PoisonError};

use devika_config::{Budget, Config, Models, Paths, Provider, ProviderKind};
use devika_llm::local::Local;
use devika_llm::{Chosen, LanguageModel, ModelError, NoModel, Rates};
use devika_protocol::Price;
use devika_store::Caps;

use editor::{EditorChoice, EditorModel};
pub(crate) use editor::{EditorModels, EditorTurn};
use local::LocalModel;
pub(crate) use tasks::TaskModels;

/// The models that one configuration, the environment and this machine offer. Another configuration
/// gets another of these, and so other connections.
pub(crate) struct ConfiguredModels {
    /// All providers that could be asked.
    pub(crate) providers: Vec<Provider>,
    /// Which of their models are.
    pub(crate) models: Models,
    budget: Budget,
    /// The managed local model.
    pub(crate) local: Local,
    program: Vec<OsString>,
    /// The editor, where it lets its own models be asked.
    pub(crate) editor: Option<Arc<dyn EditorModels>>,
    /// By `provider/model`, kept with their connections and with what they learned.
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
            editor: None,
            connected: Mutex::default(),
        }
    }

    /// With the models of this editor.
    #[must_use]
    pub(crate) fn with_editor(self, editor: Option<Arc<dyn EditorModels>>) -> Self {
        Self { editor, ..self }
    }

    /// Which model a task would get. Where nothing says which, and no other is there, one of the
    /// editor's own.
    ///
    /// # Errors
    /// What is missing, and the ways to get it.
    pub(crate) async fn choose(&self, name: Option<&str>) -> Result<Chosen, NoModel> {
        let default = self.models.default.as_deref();
        let editor = self.editor_choice();
        if let (Some(editor), Some(wanted)) = (&editor, name.or(default))
            && let Some(model) = editor.named(wanted)
        {
            return editor.choose(model, name.is_some()).await;
        }
        let installed = || self.local.installed();
        match devika_llm::choose(&self.providers, default, name, &installed).await {
            Err(NoModel::None) => match editor {
                Some(editor) => editor.usual().await.ok_or(NoModel::None),
                None => Err(NoModel::None),
            },
            chosen => chosen,
        }
    }

    fn editor_choice(&self) -> Option<EditorChoice<'_>> {
        let provider = self.providers.iter().find(|one| one.kind == ProviderKind::Editor)?;
        Some(EditorChoice { provider, editor: self.editor.as_deref()? })
    }

    /// Which model a task of a project would get: its own, else the one that the user chose for the
    /// project.
    ///
    /// # Errors
    /// As [`Self::choose`].
    pub(crate) async fn of_project(
        &self,
        own: Option<&str>,
        remembered: Option<&str>,
    ) -> Result<Chosen, NoModel> {
        match (own, remembered) {
            (None, Some(remembered)) => {
                let why = "it was chosen for this project".to_owned();
                Ok(Chosen { why, ..self.choose(Some(remembered)).await? })
            }
            (own, _) => self.choose(own).await,
        }
    }

    /// The model itself, without the policy. Nothing is sent or started before its first turn.
    ///
    /// # Errors
    /// Why it can never be asked.
    pub(crate) fn connect(&self, chosen: &Chosen) -> Result<Arc<dyn LanguageModel>, ModelError> {
        let name = format!("{}/{}", chosen.provider.name, chosen.model);
        let mut connected = self.connected.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(model) = connected.get(&name) {
            return Ok(Arc::clone(model));
        }
        let model: Arc<dyn LanguageModel> = match chosen.provider.kind {
            ProviderKind::Local => {
                Arc::new(LocalModel::new(self.local.clone(), self.supervisor(), chosen.clone()))
            }
            ProviderKind::Editor => {
                let no_editor = || ModelError::NoKey {
                    provider: chosen.provider.name.clone(),
                    message: NoModel::NoEditor { name: name.clone() }.to_string(),
                };
                let editor = self.editor.clone().ok_or_else(no_editor)?;
                Arc::new(EditorModel::new(editor, chosen.clone()))
            }
            _ => devika_llm::connect(&chosen.provider, &chosen.model)?,
        };
        connected.insert(name, Arc::clone(&model));
        Ok(model)
    }

    /// A model as it is, without the policy: for looking at it. The managed local one is started.
    ///
    /// # Errors
    /// Why it cannot be asked.
    pub(crate) async fn bare(&self, chosen: &Chosen) -> Result<Arc<dyn LanguageModel>, String> {
        self.load(chosen, &|_| {}).await?;
        self.connect(chosen).map_err(|error| error.to_string())
    }

    /// Loads the chosen model where it is the managed local one; `say` is told where that takes long.
    async fn load(
        &self,
        chosen: &Chosen,
        say: &(dyn Fn(String) + Send + Sync),
    ) -> Result<(), String> {
        if chosen.provider.kind != ProviderKind::Local {
            return Ok(());
        }
        let loaded = self.local.ensure_running(&self.supervisor(), say).await;
        loaded.map(drop).map_err(|error| error.to_string())
    }

    /// The command line that runs the local model's server.
    fn supervisor(&self) -> Vec<OsString> {
        let mut supervisor = self.program.clone();
        supervisor.extend(["models".into(), "serve-local".into()]);
        supervisor
    }

    /// How much the tasks may spend.
    fn caps(&self) -> Caps {
        let Budget { task, day, project, .. } = self.budget;
        Caps { task, day, project }
    }
}

/// What a model's tokens cost, where that is known; for a prompt of the usual length.
pub(crate) fn price(provider: &Provider, model: &str) -> Option<Price> {
    Rates::known(provider, model).map(|rates| rates.of(0))
}
