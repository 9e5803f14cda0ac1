//! The models of a task: one a role, found when the task begins.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use devika_llm::LanguageModel;
use devika_protocol::{Agent, TaskId};

/// Finds the models of a task, when the task begins.
#[async_trait]
pub trait Models: Send + Sync {
    /// The models that answer this task's turns. `say` tells the user what takes long, such as a
    /// local model that has to be loaded.
    ///
    /// # Errors
    /// A text that says what is missing and the ways to get it.
    async fn models(
        &self,
        wanted: &Wanted<'_>,
        say: &(dyn Fn(String) + Send + Sync),
    ) -> Result<RoleModels, String>;
}

/// Whose models are wanted.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// The task, whose budget pays.
    pub task: TaskId,
    /// The workspace root, absolute.
    pub project: &'a str,
    /// `provider/model` where the task names its own, which then plays every role.
    pub name: Option<&'a str>,
    /// `provider/model` that the user chose for the project, which stands in for the configured
    /// default.
    pub chosen: Option<&'a str>,
}

/// A model for each role.
#[derive(Clone)]
pub struct RoleModels {
    default: Arc<dyn LanguageModel>,
    own: BTreeMap<Agent, Arc<dyn LanguageModel>>,
    second: Option<Arc<dyn LanguageModel>>,
}

impl RoleModels {
    /// One model for all roles.
    pub fn new(default: Arc<dyn LanguageModel>) -> Self {
        Self { default, own: BTreeMap::new(), second: None }
    }

    /// Gives a role a model of its own.
    #[must_use]
    pub fn with(mut self, agent: Agent, model: Arc<dyn LanguageModel>) -> Self {
        self.own.insert(agent, model);
        self
    }

    /// Gives the roles that write code another model to turn to where the first comes to nothing.
    #[must_use]
    pub fn with_second(mut self, model: Arc<dyn LanguageModel>) -> Self {
        self.second = Some(model);
        self
    }

    /// The model that writes code where that of the role comes to nothing; `None` where there is no
    /// other.
    pub fn second_of(&self, agent: Agent) -> Option<&dyn LanguageModel> {
        let writes = matches!(agent, Agent::Coder | Agent::Feature | Agent::Patcher);
        let second = self.second.as_deref().filter(|_| writes)?;
        (second.name() != self.of(agent).name()).then_some(second)
    }

    /// The model that plays a role: its own, else that of the role it is a kind of.
    pub fn of(&self, agent: Agent) -> &dyn LanguageModel {
        let own = self.own.get(&agent).or_else(|| self.own.get(&kin(agent)?));
        &**own.unwrap_or(&self.default)
    }
}

/// The role that another is a kind of.
fn kin(agent: Agent) -> Option<Agent> {
    match agent {
        Agent::Action | Agent::Runner => Some(Agent::Planner),
        Agent::Feature => Some(Agent::Coder),
        Agent::Reporter => Some(Agent::Answer),
        Agent::Planner | Agent::Coder | Agent::Patcher | Agent::Answer => None,
    }
}
