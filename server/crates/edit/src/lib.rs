//! From a model's answer to checked edits: parse, locate, apply, merge. Pure: no I/O, no async.

mod file_edit;
mod path;

pub use file_edit::FileEdit;
pub use path::{PathError, RelPath};
