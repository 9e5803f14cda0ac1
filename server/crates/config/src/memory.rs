//! Where Devika remembers, resolved from the configuration.

use std::time::Duration;

use crate::key::{Key, KeyTable};
use crate::values::Values;

/// What is remembered, and where.
#[derive(Debug, Clone)]
pub struct Memory {
    /// Whether tasks remember and look up what was remembered.
    pub on: bool,
    /// Where passages are kept.
    pub kind: MemoryKind,
    /// `provider/model` that makes vectors; without one, passages are found by their words.
    pub embeddings: Option<String>,
    /// For how long pages of the web are remembered.
    pub keep_pages: Duration,
    /// The Qdrant server, where passages are kept on one.
    pub qdrant: Qdrant,
}

/// Where passages are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MemoryKind {
    /// In one file of this machine.
    Embedded,
    /// On a Qdrant server or cluster.
    Qdrant,
}

/// A Qdrant server or cluster.
#[derive(Debug, Clone)]
pub struct Qdrant {
    /// Where it answers over gRPC; `https` for TLS.
    pub url: String,
    /// Its API key, where it has one.
    pub key: Option<Key>,
    /// The collection.
    pub collection: String,
    /// Whether searches are answered from the file of this machine while the server is away.
    pub reads_file_meanwhile: bool,
    /// Bytes of writes that wait on disk while it is away.
    pub queue_bytes: u64,
    /// Shards of a collection that Devika makes.
    pub shards: Option<u32>,
    /// Copies of each shard.
    pub replication: Option<u32>,
    /// Copies that must have taken a write before it counts.
    pub write_consistency: Option<u32>,
}

pub(crate) fn resolve(values: &Values, keys: &KeyTable<'_>) -> Memory {
    let table = "memory.qdrant";
    let variable = values.text("memory.qdrant.key_env");
    let small = |name| values.number(name).and_then(|number| u32::try_from(number).ok());
    Memory {
        on: values.flag("memory.on").unwrap_or(true),
        kind: match values.text("memory.kind").as_deref() {
            Some("qdrant") => MemoryKind::Qdrant,
            _ => MemoryKind::Embedded,
        },
        embeddings: values.text("memory.embeddings").filter(|model| !model.is_empty()),
        keep_pages: Duration::from_secs(values.whole("memory.page_days") as u64 * 24 * 60 * 60),
        qdrant: Qdrant {
            url: values.text("memory.qdrant.url").unwrap_or_default(),
            key: keys.key(table, "qdrant", Some(variable.as_deref().unwrap_or("QDRANT_API_KEY"))),
            collection: values.text("memory.qdrant.collection").unwrap_or_default(),
            reads_file_meanwhile: values.text("memory.qdrant.fallback").as_deref()
                != Some("refuse"),
            queue_bytes: values.megabytes("memory.qdrant.queue_mb"),
            shards: small("memory.qdrant.shards"),
            replication: small("memory.qdrant.replication"),
            write_consistency: small("memory.qdrant.write_consistency"),
        },
    }
}
