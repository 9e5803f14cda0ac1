//! `devika.memory.search`: what is remembered of a folder, by what it says.

use std::sync::Arc;

use devika_memory::Found;
use devika_protocol::{MemoryPassage, MemorySearchArgs};
use tower_lsp::jsonrpc::{Error, Result};

use super::failed;
use crate::lsp::session::Session;
use crate::memory::{OfProject, kind};

/// How many passages are shown where the client does not say.
const USUAL_LIMIT: u32 = 5;

/// Passages that are looked for at the most.
const MOST: u32 = 100;

pub(super) async fn run(
    session: &Arc<Session>,
    args: MemorySearchArgs,
) -> Result<Vec<MemoryPassage>> {
    let root = session.state().roots.choose(args.root.as_deref()).map_err(Error::invalid_params)?;
    let kind = args.kind.as_deref().map(kind).transpose().map_err(Error::invalid_params)?;
    let limit = args.limit.unwrap_or(USUAL_LIMIT).min(MOST) as usize;
    let memory = session.memory().map_err(failed)?;
    let of = OfProject::new(&memory, &root);
    let found = of.search(&args.text, kind, limit).await.map_err(failed)?;
    Ok(found.into_iter().map(shown).collect())
}

fn shown(found: Found) -> MemoryPassage {
    let passage = found.passage;
    MemoryPassage {
        kind: passage.kind.word().to_owned(),
        source: passage.source,
        title: passage.title,
        text: passage.text,
        at: passage.at,
        shared: passage.shared,
    }
}
