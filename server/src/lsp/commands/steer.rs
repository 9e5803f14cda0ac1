//! `devika.task.steer`: says more to a task, or to the one that runs.

use std::sync::Arc;

use devika_protocol::SteerArgs;
use tower_lsp::jsonrpc::Result;

use super::{engine_error, failed, meant};
use crate::lsp::session::Session;

pub(super) async fn run(session: &Arc<Session>, args: SteerArgs) -> Result<()> {
    let engine = session.engine().await.map_err(failed)?;
    let task = meant(session, &engine, args.task)?;
    engine.steer(task, &args.text).await.map_err(engine_error)
}
