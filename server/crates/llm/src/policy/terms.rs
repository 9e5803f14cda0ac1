//! The terms on which a model is asked.

use std::time::Duration;

#[cfg(feature = "providers")]
use devika_config::{Provider, ProviderKind};

use super::prices::Rates;

/// How a model is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// The provider's name.
    pub provider: String,
    /// What the model's tokens cost.
    pub rates: Rates,
    /// Calls to the provider at one time at the most, over all of the user's processes.
    pub concurrency: u32,
    /// Calls that may wait for a place there at the most, over all of the user's processes.
    pub queue: u32,
    /// The longest wait that a provider may ask for; beyond it the turn fails and says how long.
    pub patience: Duration,
    /// Calls that one turn makes at the most.
    pub attempts: u32,
}

impl Terms {
    /// The usual terms: four calls at one time, 32 that wait, two minutes of patience, four attempts.
    pub fn new(provider: impl Into<String>, rates: Rates) -> Self {
        Self {
            provider: provider.into(),
            rates,
            concurrency: 4,
            queue: 32,
            patience: Duration::from_secs(120),
            attempts: 4,
        }
    }

    /// The terms of a configured provider; a price that nobody knows is [`Rates::ASSUMED`].
    #[cfg(feature = "providers")]
    pub fn of(provider: &Provider, model: &str) -> Self {
        let rates = Rates::known(provider, model).unwrap_or(Rates::ASSUMED);
        let (concurrency, queue) = (provider.concurrency, provider.queue);
        Self { concurrency, queue, ..Self::new(&provider.name, rates) }
    }
}

#[cfg(feature = "providers")]
impl Rates {
    /// What a model costs: what the user says; else nothing, where it runs on a server of the user's
    /// own, or is the editor's, whose plan pays for it; else its list price. `None` where nobody knows.
    pub fn known(provider: &Provider, model: &str) -> Option<Self> {
        let own = || is_own(provider).then_some(Self::FREE);
        let configured = provider.price(model).map(Self::flat);
        configured.or_else(own).or_else(|| Self::listed(&provider.name, model))
    }
}

/// Whether a provider is a server of the user's own, by its kind or because it is on this machine, or
/// the user's editor.
#[cfg(feature = "providers")]
fn is_own(provider: &Provider) -> bool {
    matches!(provider.kind, ProviderKind::Ollama | ProviderKind::Editor)
        || provider.name == "lmstudio"
        || crate::providers::is_on_this_machine(provider)
}
