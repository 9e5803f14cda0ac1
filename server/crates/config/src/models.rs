//! Which models are asked: by default, for each role, and where one fails.

use std::collections::BTreeMap;

use devika_protocol::Agent;

use crate::keys::nearest;
use crate::provider::Provider;
use crate::values::Values;

/// Which models are asked, each named as `provider/model`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Models {
    /// Where nothing else says which; may be a provider alone, for its own default.
    pub default: Option<String>,
    /// For a role of its own.
    pub roles: BTreeMap<Agent, String>,
    /// For small structured answers.
    pub fast: Option<String>,
    /// Instead of one that fails, in this order.
    pub fallback: Vec<String>,
}

/// The keys of the roles.
const ROLES: [(Agent, &str); 4] = [
    (Agent::Planner, "models.planner"),
    (Agent::Coder, "models.coder"),
    (Agent::Patcher, "models.patcher"),
    (Agent::Answer, "models.answer"),
];

pub(crate) fn resolve(values: &Values, providers: &[Provider], wrong: &mut Vec<String>) -> Models {
    let mut checked = |key: &str, name: String| match fault(&name, providers) {
        None => Some(name),
        Some(fault) => {
            wrong.push(format!("{}: `{key}` names \"{name}\", but {fault}", values.place(key)));
            None
        }
    };
    let roles = ROLES.iter().filter_map(|(role, key)| {
        let name = values.text(key)?;
        Some((*role, checked(key, name)?))
    });
    Models {
        // Checked when it is needed: a task that names its own model does without.
        default: values.text("models.default"),
        roles: roles.collect(),
        fast: values.text("models.fast").and_then(|name| checked("models.fast", name)),
        fallback: values
            .texts("models.fallback")
            .into_iter()
            .filter_map(|name| checked("models.fallback", name))
            .collect(),
    }
}

/// What is wrong with the name of a model.
fn fault(name: &str, providers: &[Provider]) -> Option<String> {
    let names = || providers.iter().map(|provider| provider.name.as_str());
    let (provider, model) = name.split_once('/').unwrap_or((name, ""));
    if !names().any(|known| known == provider) {
        let instead = match nearest(provider, names()) {
            Some(near) => format!("did you mean \"{near}/{model}\"?"),
            None => format!("there are: {}", names().collect::<Vec<_>>().join(", ")),
        };
        return Some(format!("there is no provider `{provider}`; {instead}"));
    }
    model.is_empty().then(|| format!("no model of it: write \"{provider}/MODEL\""))
}
