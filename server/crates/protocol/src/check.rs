//! What is well, and what is not: the answers to `devika.doctor`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How one thing was found to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Check {
    /// What was looked at, e.g. `database` or `provider openai`.
    pub name: String,
    /// How it is.
    pub verdict: Verdict,
    /// What was found, in words.
    pub text: String,
    /// The one command line that mends it, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mend: Option<String>,
    /// How long the look took, in milliseconds.
    pub millis: u64,
}

/// How a thing is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// As it should be.
    Ok,
    /// Devika works, but the user should know.
    Warning,
    /// Something that is needed does not work.
    Failed,
}
