//! One scripted answer.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::Gate;

/// One scripted answer. Its serde form is what a script file holds; only `text` is needed.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Reply {
    /// The answer.
    pub text: String,
    /// Reasoning that is streamed before the answer.
    pub reasoning: String,
    /// Characters a streamed piece; 0 sends the text as one.
    pub chunk: usize,
    /// Bytes a write to the connection, so that characters are torn apart; 0 keeps events whole.
    pub tear: usize,
    /// The usage that is reported; counted from the texts where it is absent.
    pub usage: Option<Usage>,
    /// Whether no usage is reported at all.
    pub no_usage: bool,
    /// Why the answer stops.
    pub stop: Stop,
    /// A piece of the prompt that this answer is for; without one it is for the next request.
    pub when: Option<String>,
    /// Whether the request must carry a JSON schema.
    pub expect_schema: bool,
    /// Whether the reply stays in the script after its use.
    pub repeat: bool,
    /// What goes wrong.
    pub fault: Option<Fault>,
    /// Where the stream waits for the test: after so many pieces.
    #[serde(skip)]
    pub(crate) gate: Option<(usize, Gate)>,
}

/// Tokens as the server reports them; a broken server reports negative ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Of the prompt, those from the cache and into it included.
    pub input: i64,
    /// Of the prompt, from the cache.
    pub cached: i64,
    /// Of the prompt, into the cache; Anthropic alone says so.
    #[serde(default)]
    pub written: i64,
    /// Of the answer.
    pub output: i64,
}

/// Why the answer stops.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stop {
    /// All is said.
    #[default]
    Complete,
    /// The answer is as long as the request allowed.
    Length,
    /// A filter (OpenAI) or the model (Anthropic) refuses.
    Refused,
    /// The model declines, with the text as its words: in a field of its own with OpenAI, as
    /// [`Stop::Refused`] with Anthropic; with Gemini a filter stops the prompt.
    Declined,
    /// Something broke, and the provider says so as the reason of its stop.
    Failed,
}

/// What goes wrong. `after` counts the pieces of text that are still sent.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Fault {
    /// An HTTP error instead of an answer.
    Status {
        /// The HTTP status.
        status: u16,
        /// The provider's words.
        #[serde(default)]
        message: String,
        /// The body, where it is not the protocol's own form of `message`.
        #[serde(default)]
        body: Option<Value>,
        /// Headers such as `retry-after` or `location`.
        #[serde(default)]
        headers: BTreeMap<String, String>,
    },
    /// The stream ends in good order, without a stop.
    Close {
        /// Pieces before it.
        after: usize,
    },
    /// The stream ends in good order in the middle of an event.
    CloseMidEvent {
        /// Pieces before it.
        after: usize,
    },
    /// The connection breaks in the middle of the body.
    Abort {
        /// Pieces before it.
        after: usize,
    },
    /// The connection breaks in the middle of a character of an event.
    AbortMidBytes {
        /// Pieces before it.
        after: usize,
    },
    /// Nothing more is sent, and the connection stays open.
    Stall {
        /// Pieces before it.
        after: usize,
    },
    /// The protocol's error event, in an answer that began with status 200.
    ErrorEvent {
        /// Pieces before it.
        after: usize,
        /// The provider's words.
        message: String,
    },
    /// An event that is no JSON.
    BadJson {
        /// Pieces before it.
        after: usize,
    },
    /// A line without an end, of so many bytes.
    EndlessLine {
        /// Pieces before it.
        after: usize,
        /// Bytes of the line.
        bytes: usize,
    },
    /// The stop is sent, the protocol's end mark after it (`[DONE]`, `message_stop`) is not.
    NoEndMark,
    /// The stop is sent twice.
    DuplicateStop,
    /// A page for people instead of an answer, with status 200: somebody else answers at this address.
    SignInPage,
}

impl Reply {
    /// An answer of `text`, sent as one piece.
    pub fn text(text: impl Into<String>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }

    /// An HTTP error with the protocol's own error body.
    pub fn status(status: u16, message: impl Into<String>) -> Self {
        let (message, body, headers) = (message.into(), None, BTreeMap::new());
        Self::fault(Fault::Status { status, message, body, headers })
    }

    /// An HTTP error with this body.
    pub fn status_with_body(status: u16, body: Value) -> Self {
        Self::fault(Fault::Status {
            status,
            message: String::new(),
            body: Some(body),
            headers: BTreeMap::new(),
        })
    }

    fn fault(fault: Fault) -> Self {
        Self { fault: Some(fault), ..Self::default() }
    }

    /// Adds a header to an HTTP error; other replies have none to change.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        if let Some(Fault::Status { headers, .. }) = &mut self.fault {
            headers.insert(name.to_owned(), value.to_owned());
        }
        self
    }

    /// Streams the text in pieces of `characters`.
    #[must_use]
    pub fn chunks(mut self, characters: usize) -> Self {
        self.chunk = characters;
        self
    }

    /// Writes the body in pieces of `bytes`, which tears events and characters apart.
    #[must_use]
    pub fn torn(mut self, bytes: usize) -> Self {
        self.tear = bytes;
        self
    }

    /// Streams this reasoning before the answer.
    #[must_use]
    pub fn reasoning(mut self, text: impl Into<String>) -> Self {
        self.reasoning = text.into();
        self
    }

    /// Reports these tokens; `cached` is a part of `input`.
    #[must_use]
    pub fn usage(mut self, input: i64, cached: i64, output: i64) -> Self {
        self.usage = Some(Usage { input, cached, written: 0, output });
        self
    }

    /// Reports so many tokens of the prompt as written into the cache, where usage is reported.
    #[must_use]
    pub fn cache_written(mut self, written: i64) -> Self {
        if let Some(usage) = &mut self.usage {
            usage.written = written;
        }
        self
    }

    /// Reports no usage.
    #[must_use]
    pub fn no_usage(mut self) -> Self {
        self.no_usage = true;
        self
    }

    /// Stops for this reason.
    #[must_use]
    pub fn stop(mut self, stop: Stop) -> Self {
        self.stop = stop;
        self
    }

    /// Answers the first request whose system text or messages contain `needle`, whenever it comes.
    #[must_use]
    pub fn when(mut self, needle: impl Into<String>) -> Self {
        self.when = Some(needle.into());
        self
    }

    /// Stays in the script after its use.
    #[must_use]
    pub fn repeated(mut self) -> Self {
        self.repeat = true;
        self
    }

    /// Demands a JSON schema in the request.
    #[must_use]
    pub fn expect_schema(mut self) -> Self {
        self.expect_schema = true;
        self
    }

    /// Goes wrong in this way.
    #[must_use]
    pub fn with_fault(mut self, fault: Fault) -> Self {
        self.fault = Some(fault);
        self
    }

    /// Waits at `gate` after so many pieces of text.
    #[must_use]
    pub fn gate(mut self, after: usize, gate: &Gate) -> Self {
        self.gate = Some((after, gate.clone()));
        self
    }

    /// The text as it is streamed.
    pub(crate) fn pieces(&self) -> Vec<String> {
        if self.chunk == 0 {
            return if self.text.is_empty() { Vec::new() } else { vec![self.text.clone()] };
        }
        let characters: Vec<char> = self.text.chars().collect();
        characters.chunks(self.chunk).map(|piece| piece.iter().collect()).collect()
    }

    /// What is reported as usage: as scripted, else a token for four characters.
    pub(crate) fn reported_usage(&self, prompt_chars: usize) -> Option<Usage> {
        let counted = Usage {
            input: tokens(prompt_chars),
            cached: 0,
            written: 0,
            output: tokens(self.text.chars().count()),
        };
        (!self.no_usage).then(|| self.usage.unwrap_or(counted))
    }
}

fn tokens(characters: usize) -> i64 {
    i64::try_from(characters.div_ceil(4)).unwrap_or(i64::MAX)
}
