//! `devika.memory.stats`: how much is remembered of the open folders, and where.

use std::sync::Arc;

use devika_memory::Memory as _;
use devika_protocol::{MemoryCount, MemoryStats, MemoryStatsArgs};
use tower_lsp::jsonrpc::Result;

use super::failed;
use crate::lsp::session::Session;

pub(super) async fn run(session: &Arc<Session>, _: MemoryStatsArgs) -> Result<MemoryStats> {
    let roots: Vec<String> =
        session.roots().iter().map(|root| root.display().to_string()).collect();
    let stats = session.memory().map_err(failed)?.stats().await.map_err(failed)?;
    let counts = stats.counts.into_iter().filter(|count| roots.contains(&count.project));
    let counts = counts.map(|count| MemoryCount {
        project: count.project,
        kind: count.kind.word().to_owned(),
        passages: count.passages,
    });
    Ok(MemoryStats {
        place: stats.place,
        bytes: stats.bytes,
        without_vector: stats.without_vector,
        counts: counts.collect(),
    })
}
