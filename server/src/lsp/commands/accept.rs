//! `devika.task.accept`: brings a task's work to the branch that it began on.

use std::sync::Arc;

use devika_protocol::AcceptArgs;
use tower_lsp::jsonrpc::Result;

use super::later;
use crate::lsp::session::Session;

pub(super) async fn run(session: &Arc<Session>, args: AcceptArgs) -> Result<()> {
    later(session, args.task, async move |engine, workspace| {
        engine.accept(args.task, args.by, args.onto.as_deref(), &workspace).await
    })
    .await
}
