//! What Devika remembers: passages of what it read, wrote, was told and did, found again by what they
//! say. [`Memory`] is the port; where passages are kept is an adapter's matter.

pub mod bm25;
#[cfg(feature = "embedded")]
mod embedded;
mod fuse;
#[cfg(feature = "qdrant")]
mod migrate;
mod passage;
mod port;
#[cfg(feature = "qdrant")]
pub mod qdrant;
#[cfg(feature = "qdrant")]
mod queue;
#[cfg(feature = "qdrant")]
mod served;
pub mod tokens;

#[cfg(feature = "embedded")]
pub use embedded::Embedded;
pub use fuse::fuse;
#[cfg(feature = "qdrant")]
pub use migrate::{MigrateError, Migrated, Moved, migrate};
pub use passage::{Kind, Passage, PassageId};
pub use port::{Embedder, Filter, Found, KindCount, Memory, MemoryError, Query, Stats};
#[cfg(feature = "qdrant")]
pub use queue::{Queue, USUAL_QUEUE_BYTES};
#[cfg(feature = "qdrant")]
pub use served::{Fallback, Served};
