//! `devika.task.restore`: makes files what they were at a checkpoint of a task.

use std::sync::Arc;

use devika_protocol::RestoreArgs;
use tower_lsp::jsonrpc::Result;
use tower_lsp::ls_types::MessageType;

use super::later;
use crate::lsp::session::Session;

pub(super) async fn run(session: &Arc<Session>, args: RestoreArgs) -> Result<()> {
    let client = session.client.clone();
    later(session, args.task, async move |engine, workspace| {
        let RestoreArgs { task, checkpoint, path } = args;
        let restored = engine.restore(task, &checkpoint, path.as_deref(), &workspace).await?;
        let typ = match restored.kept.is_empty() {
            true => MessageType::INFO,
            false => MessageType::WARNING,
        };
        client.show_later(typ, format!("Devika: task {task}: {restored}"));
        Ok(())
    })
    .await
}
