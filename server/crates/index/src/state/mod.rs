//! What is known of a project's files, in one SQLite file that can be made again at any time.

mod open;
mod read;
mod write;

use std::path::PathBuf;

use rusqlite::Connection;

use crate::admit::LeftOut;
use crate::error::IndexError;
use crate::language::Language;
use crate::outline::Symbol;
use crate::stamp::Stamp;

pub(crate) use read::{Known, Reader, Row};

/// The connection that writes.
pub(crate) struct State {
    file: PathBuf,
    connection: Connection,
}

/// SHA-256 of a file's bytes, its first half.
pub(crate) type Hash = [u8; 16];

/// What is kept of a file.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) path: String,
    pub(crate) stamp: Stamp,
    pub(crate) hash: Hash,
    pub(crate) language: Option<Language>,
    pub(crate) left_out: Option<LeftOut>,
    pub(crate) lines: usize,
    pub(crate) passages: usize,
    pub(crate) symbols: Vec<Symbol>,
    /// The names that it mentions, with how often.
    pub(crate) mentions: Vec<(String, u32)>,
}

/// Says which file failed.
fn failed(file: &std::path::Path, why: &dyn std::fmt::Display) -> IndexError {
    IndexError::File { file: file.into(), why: why.to_string() }
}
