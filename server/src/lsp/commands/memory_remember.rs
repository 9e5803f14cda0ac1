//! `devika.memory.remember`: a note of the user's.

use std::sync::Arc;

use devika_protocol::MemoryRememberArgs;
use tower_lsp::jsonrpc::{Error, Result};

use super::{failed, refused};
use crate::lsp::session::Session;
use crate::memory::OfProject;

pub(super) async fn run(session: &Arc<Session>, args: MemoryRememberArgs) -> Result<()> {
    let root = session.state().roots.choose(args.root.as_deref()).map_err(Error::invalid_params)?;
    let memory = session.memory().map_err(failed)?;
    OfProject::new(&memory, &root).remember(&args.text, args.shared).await.map_err(refused)
}
