//! The plan: the planner's ordered answer.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The planner's ordered answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Plan {
    /// One sentence to the user.
    pub reply: String,
    /// What the task is about, in a few words; names the branch.
    pub focus: String,
    /// What is coded, verified and committed, in order.
    pub steps: Vec<Step>,
    /// The command lines that show that the work is right, run after each step that can be run.
    pub verify: Vec<String>,
}

/// The unit that is coded, verified and committed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Step {
    /// What is done, as an imperative sentence.
    pub text: String,
    /// The files it is expected to touch, relative to the workspace root.
    #[serde(default)]
    pub files: Vec<String>,
}
