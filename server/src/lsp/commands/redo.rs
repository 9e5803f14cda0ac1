//! `devika.task.redo`: makes changes of a task again, around what came after.

use std::sync::Arc;

use devika_agent::Way;
use devika_protocol::UndoArgs;
use tower_lsp::jsonrpc::Result;

use super::later;
use crate::lsp::session::Session;

pub(super) async fn run(session: &Arc<Session>, args: UndoArgs) -> Result<()> {
    later(session, args.task, async move |engine, workspace| {
        engine.undo(args.task, args.step, Way::Redo, &workspace).await
    })
    .await
}
