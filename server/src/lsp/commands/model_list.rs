//! `devika.model.list`: the models of all providers that can be asked.

use std::sync::Arc;

use devika_protocol::{ModelListArgs, ModelOffer};
use tower_lsp::jsonrpc::{Error, Result};

use super::failed;
use crate::lsp::session::Session;
use crate::offers;

pub(super) async fn run(session: &Arc<Session>, args: ModelListArgs) -> Result<Vec<ModelOffer>> {
    let root = session.state().roots.choose(args.root.as_deref());
    // Without a folder there is no choice of one, and the list is the same.
    let root =
        if args.root.is_some() { Some(root.map_err(Error::invalid_params)?) } else { root.ok() };
    let models = session.models().map_err(failed)?;
    let current = session.current_model(&models, root.as_deref()).await;
    let offers = offers::all(&models, current.as_deref()).await;
    Ok(offers.into_iter().filter_map(|offers| offers.models.ok()).flatten().collect())
}
