//! The `LanguageModel` port: what the pipeline asks of a model, whoever serves it.

use std::time::Duration;

use async_trait::async_trait;
use devika_protocol::{CapScope, CapUse, Money};
use serde_json::Value;

/// Answers turns.
#[async_trait]
pub trait LanguageModel: Send + Sync {
    /// `provider/model`.
    fn name(&self) -> &str;

    /// What one turn may hold.
    fn limits(&self) -> Limits;

    /// Asks for one answer. `on_delta` is called for each piece as it arrives. Dropping the future
    /// closes the connection, which stops the provider's work.
    ///
    /// # Errors
    /// [`ModelError`], named by what the caller does next. An answer is only returned after the
    /// provider's explicit stop.
    async fn turn(
        &self,
        request: &Request,
        on_delta: &(dyn for<'a> Fn(Delta<'a>) + Send + Sync),
    ) -> Result<Answer, ModelError>;
}

/// What one turn may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Tokens of prompt and answer together.
    pub context: u32,
    /// Tokens of the answer.
    pub output: u32,
    /// Whether the model is small (a few billion parameters): it gets whole-file answers for
    /// short files and shorter contexts.
    pub small: bool,
}

/// One request. The parts that stay the same from turn to turn come first, so that the provider's
/// prompt cache holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// The fixed instructions.
    pub system: String,
    /// The conversation; roles alternate and the last is the user's.
    pub messages: Vec<Message>,
    /// The JSON schema of a structured answer.
    pub schema: Option<Schema>,
    /// Tokens of the answer at the most.
    pub max_tokens: u32,
}

/// One entry of the conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Who speaks.
    pub role: Role,
    /// What is said.
    pub text: String,
}

/// Who speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Devika, on behalf of the user.
    User,
    /// The model.
    Assistant,
}

/// The JSON schema of a structured answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Schema {
    /// A name for providers that want one.
    pub name: &'static str,
    /// The schema.
    pub json: Value,
}

impl Schema {
    /// A prompt with the schema at its end, for a model that is told it in no other way.
    pub fn told_after(&self, prompt: &str) -> String {
        let json = &self.json;
        format!(
            "{prompt}\n\nAnswer with one JSON value and nothing else, by this JSON schema:\n{json}"
        )
    }
}

/// A piece of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delta<'a> {
    /// Of the answer itself.
    Text(&'a str),
    /// Of the model's reasoning, shown and never parsed.
    Reasoning(&'a str),
    /// What the user should know of how the answer comes about. After [`Notice::Retry`] and
    /// [`Notice::Fallback`] the answer begins anew: what was streamed before is void.
    Notice(&'a Notice),
}

/// What the policy around a model did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// A transient failure; the same model is asked again after a while.
    Retry {
        /// `provider/model`.
        model: String,
        /// What failed.
        error: ModelError,
        /// How long is waited.
        wait: Duration,
    },
    /// The model cannot answer, and the next of the chain is asked.
    Fallback {
        /// `provider/model` that cannot.
        from: String,
        /// `provider/model` that is asked.
        to: String,
        /// Why.
        error: ModelError,
    },
    /// The provider failed so often in a row that it is left alone.
    Down {
        /// The provider's name.
        provider: String,
        /// For how long.
        wait: Duration,
    },
    /// Four fifths of a cap are used up; told once a cap.
    Budget {
        /// What the cap is for.
        scope: CapScope,
        /// How far it is used up.
        used: CapUse,
    },
}

/// A whole answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// `provider/model` that answered.
    pub model: String,
    /// The text.
    pub text: String,
    /// Why the model stopped.
    pub stop: Stop,
    /// Tokens of the prompt, those from the cache and into it included.
    pub input_tokens: u64,
    /// Tokens of the prompt that the provider had cached.
    pub cached_tokens: u64,
    /// Tokens of the prompt that the provider put into its cache.
    pub cache_written_tokens: u64,
    /// Tokens of the answer.
    pub output_tokens: u64,
    /// What the turn cost, failed attempts included. A bare adapter leaves it at nothing; the policy
    /// around it knows the prices.
    pub cost: Money,
}

/// Why the model stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// It said all.
    Complete,
    /// It reached `max_tokens`.
    Length,
}

/// A failed turn, named by what the caller does next. Messages carry the provider's own words and
/// never a key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ModelError {
    /// No connection, or it broke: may be tried again.
    #[error(
        "cannot reach {provider} at {address}: {why}. Is it running, and is the address right?"
    )]
    Unreachable {
        /// The provider's name.
        provider: String,
        /// The address that was tried.
        address: String,
        /// The transport's words.
        why: String,
    },
    /// The provider refused the key; nothing but another key helps.
    #[error("{provider} refused the key ({key_source}): {message}")]
    Auth {
        /// The provider's name.
        provider: String,
        /// Where the key was read from, e.g. `environment variable OPENAI_API_KEY`.
        key_source: String,
        /// The provider's words.
        message: String,
    },
    /// The key cannot be read from where the configuration says that it is, or the editor lets nobody
    /// ask its models.
    #[error("{provider} was not asked: {message}")]
    NoKey {
        /// The provider's name.
        provider: String,
        /// What went wrong, and what to do.
        message: String,
    },
    /// The provider does not have the model.
    #[error("{provider} has no model `{model}`: {message}. `devika models` lists what there is.")]
    UnknownModel {
        /// The provider's name.
        provider: String,
        /// The model that was asked for.
        model: String,
        /// The provider's words.
        message: String,
    },
    /// Too many requests, or overloaded: may be tried again after a while.
    #[error("{provider} is busy ({status}): {message}")]
    Busy {
        /// The provider's name.
        provider: String,
        /// The HTTP status.
        status: u16,
        /// The provider's words.
        message: String,
        /// How long the provider asks to wait.
        retry_after: Option<Duration>,
    },
    /// The prompt is larger than the model's context.
    #[error("the prompt is too large for {model}: {message}")]
    ContextOverflow {
        /// `provider/model`.
        model: String,
        /// The provider's words.
        message: String,
    },
    /// The model or a filter refused to answer.
    #[error("{model} declined to answer: {message}")]
    Refused {
        /// `provider/model`.
        model: String,
        /// The provider's words.
        message: String,
    },
    /// The stream ended without a stop: what arrived is discarded. May be tried again.
    #[error("the answer of {model} broke off: {why}")]
    Broken {
        /// `provider/model`.
        model: String,
        /// What was seen.
        why: String,
    },
    /// Nothing arrived for too long. May be tried again.
    #[error("{model} sent nothing for {seconds} s")]
    Stalled {
        /// `provider/model`.
        model: String,
        /// The limit that was passed.
        seconds: u64,
    },
    /// The call would cross a cap: it was not made. Nothing but a raised cap helps.
    #[error("the budget of the {} does not allow another call, with which it would be {used}", scope.word())]
    OverBudget {
        /// What the cap is for.
        scope: CapScope,
        /// How far it is used up, and by how much the call would.
        used: CapUse,
    },
    /// The provider is left alone after failures in a row, and no model of the chain is left.
    #[error("{provider} failed several times in a row and is left alone for {} s", wait.as_secs().max(1))]
    Resting {
        /// The provider's name.
        provider: String,
        /// For how long still.
        wait: Duration,
    },
    /// All places at the provider are taken, and it took too long to get one or too many wait. The
    /// call was not made.
    #[error(
        "there is no place for another call to {provider}: {why}. Raise its `concurrency` or `queue`, or let other tasks end."
    )]
    Crowded {
        /// The provider's name.
        provider: String,
        /// Which bound was met.
        why: String,
    },
    /// The call cannot be accounted for, so it was not made.
    #[error("the state database cannot account for the call, so it was not made: {why}")]
    Unaccounted {
        /// The database's words.
        why: String,
    },
    /// The provider found the request itself wrong, or answered what cannot be read.
    #[error("{provider} answered {status}: {message}")]
    Rejected {
        /// The provider's name.
        provider: String,
        /// The HTTP status.
        status: u16,
        /// The provider's words.
        message: String,
    },
}

impl ModelError {
    /// Whether the same request may succeed later.
    pub fn is_transient(&self) -> bool {
        matches!(
            self,
            Self::Unreachable { .. }
                | Self::Busy { .. }
                | Self::Broken { .. }
                | Self::Stalled { .. }
        )
    }

    /// After how long the failure is over, where that is known.
    pub fn over_after(&self) -> Option<Duration> {
        match self {
            Self::Busy { retry_after, .. } => *retry_after,
            Self::Resting { wait, .. } => Some(*wait),
            _ => None,
        }
    }
}
