//! `devika.task.diff`: what a task, or a step of it, has changed.

use std::path::Path;
use std::sync::Arc;

use devika_protocol::{DiffArgs, DiffReply};
use tower_lsp::jsonrpc::Result;

use super::{engine_error, failed};
use crate::lsp::session::Session;

pub(super) async fn run(session: &Arc<Session>, args: DiffArgs) -> Result<DiffReply> {
    let engine = session.engine().await.map_err(failed)?;
    let project = engine.show(args.task).await.map_err(engine_error)?.summary.project;
    let diff = engine.diff(args.task, args.step, Path::new(&project)).await;
    Ok(DiffReply { diff: diff.map_err(engine_error)? })
}
