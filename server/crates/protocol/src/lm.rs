//! The editor's own language models: what a client that declares `models` tells of them, and how the
//! server asks one.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The notification by which a client tells the models it has: [`LmModels`], once it is initialized
/// and whenever they change.
pub const LM_MODELS_METHOD: &str = "devika/lm/models";

/// The request for one turn of a model: [`LmArgs`] → [`LmReply`]. `$/cancelRequest` ends it.
pub const LM_METHOD: &str = "devika/lm";

/// The notification of a piece of an answer that is on its way: [`LmChunk`].
pub const LM_CHUNK_METHOD: &str = "devika/lm/chunk";

/// All models that the client has, in its own order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LmModels {
    /// The models.
    pub models: Vec<LmModel>,
}

/// A model that the client has.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LmModel {
    /// What names it and no other.
    pub id: String,
    /// What it is a version of, e.g. `gpt-4.1`.
    #[serde(default)]
    pub family: String,
    /// Tokens of the prompt at the most, where the client knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input_tokens: Option<u32>,
}

/// Asks for one turn.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LmArgs {
    /// The id of this request, for the chunks of its answer.
    pub id: i64,
    /// The model's id.
    pub model: String,
    /// The fixed instructions; may be empty.
    pub system: String,
    /// The conversation; roles alternate and the last is the user's.
    pub messages: Vec<LmMessage>,
}

/// One entry of the conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LmMessage {
    /// Who speaks.
    pub role: LmRole,
    /// What is said.
    pub text: String,
}

/// Who speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LmRole {
    /// Devika, on behalf of the user.
    User,
    /// The model.
    Assistant,
}

/// A piece of an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LmChunk {
    /// The id of the request.
    pub id: i64,
    /// The text that follows what was sent before.
    pub text: String,
}

/// How a turn ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "outcome", rename_all = "snake_case", rename_all_fields = "camelCase")]
pub enum LmReply {
    /// The model said all.
    Answered {
        /// The whole answer, with what the chunks told.
        text: String,
        /// Tokens of the prompt, where the client counts them.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        input_tokens: Option<u32>,
        /// Tokens of the answer, where the client counts them.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        output_tokens: Option<u32>,
    },
    /// There is no answer.
    Failed {
        /// What kind of failure it is.
        reason: LmFailure,
        /// The editor's words.
        message: String,
    },
}

/// Why the editor's model gave no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LmFailure {
    /// The user does not let Devika use the editor's models.
    Consent,
    /// The plan's quota is used up.
    Quota,
    /// Too many requests: may be tried again.
    Busy,
    /// The request, or the answer, was filtered.
    Refused,
    /// The editor does not have the model any more.
    Gone,
    /// The prompt is larger than the model takes.
    Overflow,
    /// Anything else: may be tried again.
    Broken,
}
