//! `devika.task.start`: journals and queues a task, and answers with its id at once.

use std::sync::Arc;

use devika_agent::StartTask;
use devika_protocol::{StartArgs, StartReply};
use tower_lsp::jsonrpc::{Error, Result};

use super::{engine_error, failed};
use crate::lsp::session::Session;

pub(super) async fn run(session: &Arc<Session>, args: StartArgs) -> Result<StartReply> {
    let (root, trusted) = {
        let state = session.state();
        let root = state.roots.choose(args.root.as_deref()).map_err(Error::invalid_params)?;
        (root, state.trusted)
    };
    let engine = session.engine().await.map_err(failed)?;
    session.look_around(&root, args.model.clone());
    let StartArgs { prompt, mode, model, git, .. } = args;
    let request = StartTask { prompt, mode, model, git, trusted };
    let workspace = session.workspace(root);
    // A request that is cancelled now must not leave a task that is journaled and never queued.
    let started = tokio::spawn(async move { engine.start(request, workspace).await });
    let task = started.await.map_err(failed)?.map_err(engine_error)?;
    Ok(StartReply { task })
}
