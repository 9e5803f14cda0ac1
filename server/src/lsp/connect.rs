//! How a session gets its engine.

use std::path::PathBuf;
use std::sync::Arc;

use devika_agent::Engine;
use futures::future::BoxFuture;
use serde_json::Value;

use crate::setup::Setup;

/// What the client gave that an engine is built with.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Options {
    /// `initializationOptions.config`: configuration over the user's file, with its keys; null
    /// where none is given.
    pub(crate) config: Value,
    /// The first open folder, whose own file may tighten the configuration.
    pub(crate) root: Option<PathBuf>,
}

/// Connects the engine, when it is first needed; again where that failed. The error is for the user.
pub(crate) struct Connect(Arc<dyn Fn(Options) -> Connecting + Send + Sync>);

type Connecting = BoxFuture<'static, Result<Engine, String>>;

impl Connect {
    pub(super) fn by<F, C>(connect: F) -> Self
    where
        F: Fn(Options) -> C + Send + Sync + 'static,
        C: Future<Output = Result<Engine, String>> + Send + 'static,
    {
        Self(Arc::new(move |options| Box::pin(connect(options))))
    }

    pub(super) fn engine(&self, options: Options) -> Connecting {
        (self.0)(options)
    }
}

impl From<Setup> for Connect {
    fn from(setup: Setup) -> Self {
        Self::by(move |options: Options| {
            let setup = setup.clone();
            async move {
                let sources = setup.sources(options.root.as_deref(), options.config.clone());
                let config = setup.config(options.root.as_deref(), options.config);
                let config = config.map_err(|error| error.to_string())?;
                setup.engine(&config, sources).await.map_err(|error| error.to_string())
            }
        })
    }
}
