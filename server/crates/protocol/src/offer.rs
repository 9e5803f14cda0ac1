//! The models there are, and choosing among them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Price;

/// Lists the models of all providers that can be asked. Answered by an array of [`ModelOffer`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ModelListArgs {
    /// A `file:` URI of, or in, the workspace folder whose choice is meant; needed where several are
    /// open and the choice is of interest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub root: Option<String>,
}

/// A model that a provider offers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ModelOffer {
    /// The provider's name.
    pub provider: String,
    /// The model's name there; `provider/model` is what tasks and `devika.model.select` take.
    pub model: String,
    /// Tokens of prompt and answer together, where the provider says.
    pub context: Option<u32>,
    /// Tokens of an answer at the most, where the provider says.
    pub output: Option<u32>,
    /// What it costs, where that is known.
    pub price: Option<Price>,
    /// Whether a task that names no model gets this one.
    pub current: bool,
}

/// Chooses the model of a workspace's tasks that name none. The choice is remembered.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ModelSelectArgs {
    /// `provider/model`; null forgets the choice, so that the configuration decides again.
    pub model: Option<String>,
    /// A `file:` URI of, or in, the workspace folder that is meant; needed where several are open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub root: Option<String>,
}
