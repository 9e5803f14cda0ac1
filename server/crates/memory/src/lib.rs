//! What Devika remembers: passages of what it read, wrote, was told and did, found again by what they
//! say. [`Memory`] is the port; where passages are kept is an adapter's matter.

pub mod bm25;
mod fuse;
mod migrate;
mod passage;
mod port;
#[cfg(feature = "qdrant")]
pub mod qdrant;
mod queue;
mod served;
pub mod tokens;

pub use fuse::fuse;
pub use migrate::{MigrateError, Migrated, Moved, migrate};
pub use passage::{Kind, Passage, PassageId};
pub use port::{Embedder, Filter, Found, KindCount, Memory, MemoryError, Query, Stats};
pub use queue::{Queue, USUAL_QUEUE_BYTES};
pub use served::{Fallback, Served};
