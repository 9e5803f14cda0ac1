//! `devika.task.push`: pushes a task's branch to the forge of a remote, after asking.

use std::sync::Arc;

use devika_agent::Publishing;
use devika_protocol::PublishArgs;
use tower_lsp::jsonrpc::Result;

use super::later;
use crate::lsp::session::Session;

pub(super) async fn run(session: &Arc<Session>, args: PublishArgs) -> Result<()> {
    later(session, args.task, async move |engine, workspace| {
        let remote = args.remote.as_deref();
        engine.publish(args.task, Publishing::Branch, remote, &workspace).await
    })
    .await
}
