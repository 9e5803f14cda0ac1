//! `devika.task.checkpoints`: what was kept while a task worked.

use std::path::Path;
use std::sync::Arc;

use devika_protocol::{CheckpointsArgs, TaskCheckpoint};
use tower_lsp::jsonrpc::Result;

use super::{engine_error, failed};
use crate::lsp::session::Session;

pub(super) async fn run(
    session: &Arc<Session>,
    args: CheckpointsArgs,
) -> Result<Vec<TaskCheckpoint>> {
    let engine = session.engine().await.map_err(failed)?;
    let project = engine.show(args.task).await.map_err(engine_error)?.summary.project;
    engine.checkpoints(args.task, Path::new(&project)).await.map_err(engine_error)
}
