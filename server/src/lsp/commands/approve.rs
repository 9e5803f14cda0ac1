//! `devika.task.approve`: answers an approval.

use std::sync::Arc;

use devika_protocol::{ApprovalScope, ApproveArgs};
use tower_lsp::jsonrpc::Result;

use super::{engine_error, failed};
use crate::lsp::session::Session;

pub(super) async fn run(session: &Arc<Session>, args: ApproveArgs) -> Result<()> {
    let engine = session.engine().await.map_err(failed)?;
    if args.allow && !args.refused.is_empty() {
        let ApproveArgs { task, ask, refused, .. } = args;
        return engine.approve_but(task, ask, refused).await.map_err(engine_error);
    }
    let scope = args.scope.unwrap_or(ApprovalScope::Task);
    engine.approve(args.task, args.ask, args.allow.then_some(scope)).await.map_err(engine_error)
}
