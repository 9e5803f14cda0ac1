//! `devika.memory.forget`: forgets what is named.

use std::sync::Arc;

use devika_protocol::{MemoryForgetArgs, MemoryForgetReply};
use tower_lsp::jsonrpc::{Error, Result};

use super::{failed, refused};
use crate::lsp::session::Session;
use crate::memory::{Forgettable, OfProject, kind};

pub(super) async fn run(
    session: &Arc<Session>,
    args: MemoryForgetArgs,
) -> Result<MemoryForgetReply> {
    let MemoryForgetArgs { kind: word, source, everything, root } = args;
    let root = session.state().roots.choose(root.as_deref()).map_err(Error::invalid_params)?;
    let kind = word.as_deref().map(kind).transpose().map_err(Error::invalid_params)?;
    let memory = session.memory().map_err(failed)?;
    let what = Forgettable { kind, source, everything };
    let forgotten = OfProject::new(&memory, &root).forget(what).await.map_err(refused)?;
    Ok(MemoryForgetReply { forgotten })
}
