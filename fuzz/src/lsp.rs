//! The framer in front of the language server. It is private to the program, so its files are read here as
//! they are.
#![expect(dead_code, reason = "the program uses more of it")]

#[path = "../../server/src/lsp/bodies.rs"]
mod bodies;
#[path = "../../server/src/lsp/frames.rs"]
mod frames;

use frames::{Frame, Frames};

/// The bodies of the messages, and how many frames were refused.
pub(super) fn read<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> (Vec<Vec<u8>>, usize) {
    let (mut frames, mut messages, mut refused) = (Frames::default(), Vec::new(), 0);
    for piece in pieces {
        frames.push(piece);
        while let Some(frame) = frames.next() {
            match frame {
                Frame::Message(body) => messages.push(body),
                Frame::Refused { .. } => refused += 1,
            }
        }
    }
    refused += usize::from(frames.end().is_some());
    (messages, refused)
}
