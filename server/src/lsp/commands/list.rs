//! `devika.task.list`: the tasks of the open folders, newest first.

use std::sync::Arc;

use devika_protocol::{ListArgs, TaskSummary};
use tower_lsp::jsonrpc::Result;

use super::{engine_error, failed};
use crate::lsp::session::Session;

/// How many tasks are listed where the client does not say.
const USUAL_LIMIT: u32 = 50;

pub(super) async fn run(session: &Arc<Session>, args: ListArgs) -> Result<Vec<TaskSummary>> {
    let roots = session.roots();
    // The engine takes no roots as all projects, and another project's tasks are nobody's business.
    if roots.is_empty() {
        return Ok(Vec::new());
    }
    let engine = session.engine().await.map_err(failed)?;
    engine.list(&roots, args.limit.unwrap_or(USUAL_LIMIT)).await.map_err(engine_error)
}
