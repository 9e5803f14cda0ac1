//! `devika.task.approve`: answers an approval.

use std::sync::Arc;

use devika_protocol::ApproveArgs;
use tower_lsp::jsonrpc::Result;

use super::{engine_error, failed};
use crate::lsp::session::Session;

pub(super) async fn run(session: &Arc<Session>, args: ApproveArgs) -> Result<()> {
    let engine = session.engine().await.map_err(failed)?;
    engine.approve(args.task, args.ask, args.allow).await.map_err(engine_error)
}
