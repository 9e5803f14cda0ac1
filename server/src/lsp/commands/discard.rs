//! `devika.task.discard`: takes all of a task back, and its branch away.

use std::sync::Arc;

use devika_protocol::DiscardArgs;
use tower_lsp::jsonrpc::Result;

use super::later;
use crate::lsp::session::Session;

pub(super) async fn run(session: &Arc<Session>, args: DiscardArgs) -> Result<()> {
    later(session, args.task, async move |engine, workspace| {
        engine.discard(args.task, &workspace).await
    })
    .await
}
