//! The reader of streamed events, which is private to its crate.

#[path = "../../server/crates/llm/src/providers/splitter.rs"]
mod splitter;

use std::collections::VecDeque;

pub(super) use splitter::Framing;
use splitter::SplitError;

/// The events of bytes that arrive in these pieces.
pub(super) fn split<'a>(
    pieces: impl Iterator<Item = &'a [u8]>,
    framing: Framing,
    ready: &mut VecDeque<String>,
) -> Result<(), SplitError> {
    let mut splitter = splitter::Splitter::default();
    for piece in pieces {
        splitter.take(piece, framing, ready)?;
    }
    splitter.end(framing, ready)
}
