//! Circles: a model that answers the same to the same will do so again, and each time costs a turn.

use devika_llm::Request;

use crate::stages::apply::StoredEdit;
use crate::stages::code::Written;

/// The turns of a step's repair so far.
#[derive(Default)]
pub(crate) struct Circles {
    turns: Vec<(Request, String, Vec<StoredEdit>)>,
    closed: bool,
}

impl Circles {
    /// Takes note of a turn.
    pub(crate) fn follow(&mut self, request: Request, written: &Written) {
        let turn = (request, written.model.clone(), written.edits.clone());
        self.closed = self.turns.contains(&turn);
        self.turns.push(turn);
    }

    /// Whether the last turn was one that had been before: the same request, and the same edits of the
    /// same model.
    pub(crate) fn are_closed(&self) -> bool {
        self.closed
    }
}
