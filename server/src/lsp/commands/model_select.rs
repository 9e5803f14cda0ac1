//! `devika.model.select`: chooses the model of a folder's tasks that name none.

use std::sync::Arc;

use devika_protocol::ModelSelectArgs;
use tower_lsp::jsonrpc::{Error, Result};

use super::{engine_error, failed};
use crate::lsp::session::Session;

/// What cannot be asked now, for want of a key say, cannot be chosen.
pub(super) async fn run(session: &Arc<Session>, args: ModelSelectArgs) -> Result<()> {
    let root = session.state().roots.choose(args.root.as_deref()).map_err(Error::invalid_params)?;
    let model = match args.model {
        None => None,
        Some(name) => {
            let models = session.models().map_err(failed)?;
            let chosen = models.choose(Some(&name)).await;
            let chosen = chosen.map_err(|error| Error::invalid_params(error.to_string()))?;
            Some(format!("{}/{}", chosen.provider.name, chosen.model))
        }
    };
    let engine = session.engine().await.map_err(failed)?;
    engine.choose_model(&root, model.as_deref()).await.map_err(engine_error)
}
