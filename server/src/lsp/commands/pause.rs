//! `devika.task.pause`: pauses a task, or the one that runs, after what it does at the moment.

use std::sync::Arc;

use devika_protocol::PauseArgs;
use tower_lsp::jsonrpc::Result;

use super::{engine_error, failed, meant};
use crate::lsp::session::Session;

pub(super) async fn run(session: &Arc<Session>, args: PauseArgs) -> Result<()> {
    let engine = session.engine().await.map_err(failed)?;
    let task = meant(session, &engine, args.task)?;
    engine.pause(task).await.map_err(engine_error)
}
