//! The code index: the definitions of a project as passages for the memory, and a map of the
//! repository that is ranked by who refers to whom.

mod admit;
mod chunk;
mod entry;
mod error;
mod index;
mod language;
mod limits;
mod map;
mod outline;
mod reading;
mod refresh;
mod stamp;
mod state;
mod trees;
mod walk;

pub use admit::LeftOut;
pub use error::IndexError;
pub use index::{Change, Definition, Index, Stats, SymbolAnswer};
pub use language::Language;
pub use limits::Limits;
pub use map::{Focus, Ranked};
pub use outline::{Symbol, SymbolKind};
pub use refresh::{Progress, Refreshed};
