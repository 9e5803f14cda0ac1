//! `devika.task.cancel`: stops a task, or the one that runs.

use std::sync::Arc;

use devika_protocol::CancelArgs;
use tower_lsp::jsonrpc::Result;

use super::{engine_error, failed, meant};
use crate::lsp::session::Session;

pub(super) async fn run(session: &Arc<Session>, args: CancelArgs) -> Result<()> {
    let engine = session.engine().await.map_err(failed)?;
    let task = meant(session, &engine, args.task)?;
    engine.cancel(task).await.map_err(engine_error)
}
