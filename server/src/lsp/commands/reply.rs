//! `devika.task.reply`: answers a question.

use std::sync::Arc;

use devika_protocol::ReplyArgs;
use tower_lsp::jsonrpc::Result;

use super::{engine_error, failed};
use crate::lsp::session::Session;

pub(super) async fn run(session: &Arc<Session>, args: ReplyArgs) -> Result<()> {
    let engine = session.engine().await.map_err(failed)?;
    engine.reply(args.task, args.answer).await.map_err(engine_error)
}
