//! `devika.task.resume`: takes up a task that was interrupted, paused or failed.

use std::sync::Arc;

use devika_protocol::ResumeArgs;
use tower_lsp::jsonrpc::{Error, Result};

use super::{engine_error, failed};
use crate::lsp::session::Session;

pub(super) async fn run(session: &Arc<Session>, args: ResumeArgs) -> Result<()> {
    let engine = session.engine().await.map_err(failed)?;
    let task = engine.show(args.task).await.map_err(engine_error)?.summary;
    let budget = args.budget.as_deref().map(str::parse).transpose();
    let budget = budget.map_err(|error| Error::invalid_params(format!("`budget` is {error}")))?;
    session.resume(&engine, task, budget).await.map_err(Error::invalid_params)
}
