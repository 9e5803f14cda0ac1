//! `devika.task.show`: one task with everything that is stored of it.

use std::sync::Arc;

use devika_protocol::{ShowArgs, TaskView};
use tower_lsp::jsonrpc::Result;

use super::{engine_error, failed};
use crate::lsp::session::Session;

pub(super) async fn run(session: &Arc<Session>, args: ShowArgs) -> Result<TaskView> {
    let engine = session.engine().await.map_err(failed)?;
    engine.show(args.task).await.map_err(engine_error)
}
