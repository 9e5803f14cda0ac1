//! What the events of a stream amount to, whatever their protocol.

use serde_json::Value;

use super::tokens::Reported;

/// What was read and not told yet, and what the stream has said about its end.
#[derive(Debug, Default)]
pub(crate) struct Reading {
    /// Pieces in the order of their coming.
    pub(crate) pieces: Vec<Piece>,
    /// Why the model stopped, once it said so.
    pub(crate) stop: Option<Reason>,
    /// Whether nothing more is to come.
    pub(crate) done: bool,
    /// The words of a refusal.
    pub(crate) refusal: String,
    /// The provider's error.
    pub(crate) error: Option<Value>,
    /// The usage.
    pub(crate) reported: Reported,
}

/// A piece of an answer.
#[derive(Debug)]
pub(crate) enum Piece {
    /// Of the answer itself.
    Text(String),
    /// Of the reasoning before it.
    Reasoning(String),
}

/// Why a model stopped, with the provider's word for it.
#[derive(Debug, Clone)]
pub(crate) enum Reason {
    /// It said all.
    Complete,
    /// It reached the length that was allowed, or the end of its context.
    Length,
    /// It refused, or a filter did.
    Refused(String),
    /// Something else, with which no answer ends.
    Other(String),
}

impl Reading {
    /// Takes a text of the answer; anything else is none.
    pub(crate) fn text(&mut self, value: &Value) {
        self.pieces.extend(non_empty(value).map(Piece::Text));
    }

    /// Takes a text of the reasoning; anything else is none.
    pub(crate) fn reasoning(&mut self, value: &Value) {
        self.pieces.extend(non_empty(value).map(Piece::Reasoning));
    }

    /// Takes a text of a refusal; anything else is none.
    pub(crate) fn refuse(&mut self, value: &Value) {
        self.refusal.extend(non_empty(value));
    }

    /// Takes the reason of the stop; anything but a text is none.
    pub(crate) fn stop(&mut self, value: &Value) {
        if let Some(word) = non_empty(value) {
            self.stop = Some(Reason::of(word));
        }
    }
}

impl Reason {
    fn of(word: String) -> Self {
        match word.as_str() {
            "stop" | "STOP" | "end_turn" | "stop_sequence" | "completed" => Self::Complete,
            // What text-generation servers call their end-of-text token.
            eos if eos.starts_with("eos") => Self::Complete,
            "length"
            | "max_tokens"
            | "MAX_TOKENS"
            | "max_output_tokens"
            | "model_length"
            | "model_context_window_exceeded" => Self::Length,
            "content_filter" | "refusal" | "SAFETY" | "RECITATION" | "BLOCKLIST" | "LANGUAGE"
            | "PROHIBITED_CONTENT" | "SPII" => Self::Refused(word),
            _ => Self::Other(word),
        }
    }
}

fn non_empty(value: &Value) -> Option<String> {
    value.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
}
