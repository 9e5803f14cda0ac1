//! Looking at the memory without making or changing anything.

use devika_config::MemoryKind;
use devika_memory::qdrant::QdrantMemory;
use devika_memory::{Embedded, Memory as _, MemoryError, Stats};

use super::ConfiguredMemory;

/// What the memory was found to be.
pub(crate) enum Examined {
    /// A file that is not there yet.
    New {
        /// Where it will be.
        place: String,
    },
    /// A file that opens.
    File {
        /// The format of the file.
        format: u32,
        /// What is in it.
        stats: Stats,
    },
    /// A server that answers.
    Server {
        /// Where.
        place: String,
        /// Its version.
        version: String,
        /// How much its collection holds; none where there is no collection yet.
        passages: Option<u64>,
    },
}

/// Looks at the memory.
///
/// # Errors
/// Why it cannot be used, a wrong collection included.
pub(crate) async fn examine(memory: &ConfiguredMemory) -> Result<Examined, MemoryError> {
    let embedder = memory.embedder()?;
    if memory.config.kind == MemoryKind::Qdrant {
        let place = memory.config.qdrant.url.clone();
        let server = QdrantMemory::new(memory.options().await?, embedder)?.examine().await?;
        return Ok(Examined::Server { place, version: server.version, passages: server.passages });
    }
    if memory.is_new() {
        return Ok(Examined::New { place: memory.file.display().to_string() });
    }
    let file = Embedded::open_read_only(&memory.file, embedder).await?;
    Ok(Examined::File { format: Embedded::format(), stats: file.stats().await? })
}
