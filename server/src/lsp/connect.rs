//! How a session gets its engine, and what else it knows of this machine.

use std::path::PathBuf;
use std::sync::Arc;

use devika_agent::Engine;
use futures::future::BoxFuture;
use serde_json::Value;

use crate::models::EditorModels;
use crate::setup::Setup;

/// What the client gave that an engine is built with.
#[derive(Clone)]
pub(crate) struct Options {
    /// `initializationOptions.config`: configuration over the user's file, with its keys; null
    /// where none is given.
    pub(crate) config: Value,
    /// The first open folder, whose own file may tighten the configuration.
    pub(crate) root: Option<PathBuf>,
    /// The editor's own models, where it lets them be asked.
    pub(crate) editor: Option<Arc<dyn EditorModels>>,
}

/// Connects the engine, when it is first needed; again where that failed. The error is for the user.
pub(crate) struct Connect {
    engine: Arc<dyn Fn(Options) -> Connecting + Send + Sync>,
    /// What the process was started with, for what is looked at without an engine.
    pub(super) setup: Setup,
}

type Connecting = BoxFuture<'static, Result<Engine, String>>;

impl Connect {
    pub(super) fn by<F, C>(setup: Setup, connect: F) -> Self
    where
        F: Fn(Options) -> C + Send + Sync + 'static,
        C: Future<Output = Result<Engine, String>> + Send + 'static,
    {
        Self { engine: Arc::new(move |options| Box::pin(connect(options))), setup }
    }

    pub(super) fn engine(&self, options: Options) -> Connecting {
        (self.engine)(options)
    }
}

impl From<Setup> for Connect {
    fn from(setup: Setup) -> Self {
        let own = setup.clone();
        Self::by(setup, move |options: Options| {
            let setup = own.with_editor(options.editor);
            async move {
                let sources = setup.sources(options.root.as_deref(), options.config.clone());
                let config = setup.config(options.root.as_deref(), options.config);
                let config = config.map_err(|error| error.to_string())?;
                setup.engine(&config, sources).await.map_err(|error| error.to_string())
            }
        })
    }
}
