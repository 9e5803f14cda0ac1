//! `devika.task.cancel`: stops a task, or the one that runs.

use std::sync::Arc;

use devika_protocol::CancelArgs;
use tower_lsp::jsonrpc::{Error, Result};

use super::{engine_error, failed};
use crate::lsp::session::Session;

pub(super) async fn run(session: &Arc<Session>, args: CancelArgs) -> Result<()> {
    let engine = session.engine().await.map_err(failed)?;
    if let Some(task) = args.task {
        return engine.cancel(task).await.map_err(engine_error);
    }
    let running: Vec<_> = session.roots().iter().filter_map(|root| engine.running(root)).collect();
    match running.as_slice() {
        [task] => engine.cancel(*task).await.map_err(engine_error),
        [] => Err(Error::invalid_params("no task runs in the open folders")),
        several => {
            let ids: Vec<String> = several.iter().map(ToString::to_string).collect();
            Err(Error::invalid_params(format!(
                "several tasks run: name one as `task`, one of {}",
                ids.join(", ")
            )))
        }
    }
}
