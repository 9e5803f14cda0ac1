//! From a model's answer to checked edits: parse, locate, apply, merge. Pure: no I/O, no async.

mod block;
mod complaint;
mod diff;
mod elision;
mod file_edit;
mod hunks;
mod locate;
mod merge;
mod parse;
mod path;
mod resolve;
mod text;

pub use block::{Answer, Block};
pub use complaint::Complaint;
pub use diff::{Added, Diff, added, unified};
pub use file_edit::FileEdit;
pub use hunks::{Hunks, count, without};
pub use merge::{Conflict, merge3};
pub use parse::parse;
pub use path::{PathError, RelPath};
pub use resolve::{Files, resolve};
