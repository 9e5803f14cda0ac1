//! `devika.task.open`: shows a task as a file to read.

use std::sync::Arc;

use devika_protocol::OpenArgs;
use tower_lsp::jsonrpc::Result;

use super::{engine_error, failed};
use crate::lsp::session::Session;

pub(super) async fn run(session: &Arc<Session>, args: OpenArgs) -> Result<()> {
    let engine = session.engine().await.map_err(failed)?;
    let view = engine.show(args.task).await.map_err(engine_error)?;
    let file = session.pages().write(&view).await.map_err(failed)?;
    let message = format!("Devika: task {} is told in {}", args.task, file.display());
    session.show_file(&file, message);
    Ok(())
}
