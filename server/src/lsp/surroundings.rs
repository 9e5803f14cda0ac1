//! What a session knows of this machine without an engine: the configuration and its models.

use std::path::Path;
use std::sync::Arc;

use super::pages::Pages;
use super::session::Session;
use crate::doctor::{self, Examination, Place};
use crate::memory::ConfiguredMemory;
use crate::models::{ConfiguredModels, EditorModels};

impl Session {
    /// What the doctor examines: this machine, with the configuration of this session.
    pub(super) fn place(&self) -> Place {
        let setup = self.connect.setup.with_editor(self.editor_models());
        let state = self.state();
        Place { setup, root: state.roots.all().into_iter().next(), overrides: state.config.clone() }
    }

    /// The editor's own models, where it lets them be asked.
    pub(super) fn editor_models(&self) -> Option<Arc<dyn EditorModels>> {
        let declared = self.negotiated().devika.models;
        declared.then(|| Arc::clone(&self.language_models) as Arc<dyn EditorModels>)
    }

    /// The models of this session's configuration.
    ///
    /// # Errors
    /// Everything that is wrong with the configuration.
    pub(super) fn models(&self) -> Result<ConfiguredModels, String> {
        let Place { setup, root, overrides } = self.place();
        let loaded = setup.load(root.as_deref(), overrides).map_err(|error| error.to_string())?;
        Ok(setup.models(&loaded.config))
    }

    /// The memory of this session's configuration; opened when it is first asked.
    ///
    /// # Errors
    /// Everything that is wrong with the configuration; that the memory is off.
    pub(super) fn memory(&self) -> Result<Arc<ConfiguredMemory>, String> {
        if let Some(memory) = self.memory.get() {
            return Ok(Arc::clone(memory));
        }
        let Place { setup, root, overrides } = self.place();
        let loaded = setup.load(root.as_deref(), overrides).map_err(|error| error.to_string())?;
        if !loaded.config.memory.on {
            return Err("nothing is remembered: the memory is off (`memory.on`)".to_owned());
        }
        Ok(Arc::clone(self.memory.get_or_init(|| Arc::new(setup.memory(&loaded.config)))))
    }

    /// Where tasks are told in files.
    pub(super) fn pages(&self) -> Pages {
        Pages::below(&self.connect.setup.paths.state_dir)
    }

    /// Has the log say, in the background, what a task will find: once a session how commands and
    /// commits will fare, and once a provider whether it takes the key.
    pub(super) fn look_around(self: &Arc<Self>, root: &Path, own: Option<String>) {
        let (session, root) = (Arc::clone(self), root.to_owned());
        drop(tokio::spawn(async move {
            let first = !std::mem::replace(&mut session.state().looked_around, true);
            if first {
                Examination::before_a_task(&session.place()).log().await;
            }
            let Ok(models) = session.models() else { return };
            let remembered = session.chosen_model(&root).await;
            let chosen = models.of_project(own.as_deref(), remembered.as_deref()).await;
            // Why there is none is told by the task.
            let Ok(chosen) = chosen else { return };
            if session.state().authenticated.insert(chosen.provider.name.clone()) {
                doctor::authenticate(&chosen.provider).await;
            }
        }));
    }

    /// The `provider/model` that a task of this root gets, where there is one.
    pub(super) async fn current_model(
        self: &Arc<Self>,
        models: &ConfiguredModels,
        root: Option<&Path>,
    ) -> Option<String> {
        let remembered = match root {
            Some(root) => self.chosen_model(root).await,
            None => None,
        };
        let chosen = models.of_project(None, remembered.as_deref()).await.ok()?;
        Some(format!("{}/{}", chosen.provider.name, chosen.model))
    }

    /// The model that the user chose for the tasks of a root that name none.
    async fn chosen_model(self: &Arc<Self>, root: &Path) -> Option<String> {
        self.engine().await.ok()?.chosen_model(root).await.ok()?
    }
}
