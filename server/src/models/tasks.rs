//! The models of one task: a chain for each role, each model of it under the policy.

use std::sync::Arc;

use async_trait::async_trait;
use devika_agent::{Models, RoleModels, Wanted};
use devika_config::ProviderKind;
use devika_llm::{Chain, Chosen, Freed, Ledger, NoModel, Policed, Rates, Terms};
use devika_protocol::Agent;
use devika_store::{Store, StoreError};
use serde_json::json;

use super::ConfiguredModels;
use crate::reload::Reloaded;

/// Calls that a turn of the local model makes at the most: its server has minutes to start, each time.
const LOCAL_ATTEMPTS: u32 = 2;

/// The role whose answers are small and structured, for which `models.fast` is.
const SMALL_ANSWERS: Agent = Agent::Runner;

/// The models of tasks, whose calls the store accounts for.
pub(crate) struct TaskModels {
    configured: Reloaded<ConfiguredModels>,
    store: Store,
    freed: Freed,
}

type Say<'a> = &'a (dyn Fn(String) + Send + Sync);

impl TaskModels {
    pub(crate) fn new(configured: Reloaded<ConfiguredModels>, store: Store) -> Self {
        Self { configured, store, freed: Freed::default() }
    }

    /// Tells the audit log of a configuration that is another than before.
    async fn note_configuration(&self) {
        for (file, hash) in self.configured.files() {
            let file = file.display().to_string();
            let detail = json!({ "file": file, "sha256": hash });
            let noted = self.store.audit_change("configuration", ("file", file), detail).await;
            noted.unwrap_or_else(not_noted);
        }
    }
}

#[async_trait]
impl Models for TaskModels {
    /// The task's own model plays every role; else those do that are configured for roles, and the
    /// project's or the default one for the rest.
    async fn models(&self, wanted: &Wanted<'_>, say: Say<'_>) -> Result<RoleModels, String> {
        let configured = self.configured.current(say);
        self.note_configuration().await;
        let ledger = self.store.ledger(wanted.task, wanted.project, configured.caps());
        let crew = Crew {
            stand_ins: stand_ins(&configured, say).await,
            ledger: Arc::new(ledger),
            store: &self.store,
            freed: &self.freed,
            configured: &configured,
            say,
        };
        let chosen = configured.of_project(wanted.name, wanted.chosen).await;
        let second = crew.second(&chosen)?;
        let mut models = RoleModels::new(Arc::new(crew.chain(chosen).await?));
        if let Some(second) = second {
            models = models.with_second(Arc::new(second));
        }
        if wanted.name.is_none() {
            if let Some(name) = &configured.models.fast {
                let chosen = configured.choose(Some(name)).await;
                models = models.with(SMALL_ANSWERS, Arc::new(crew.chain(chosen).await?));
            }
            for (role, name) in &configured.models.roles {
                let chosen = configured.choose(Some(name)).await;
                models = models.with(*role, Arc::new(crew.chain(chosen).await?));
            }
        }
        Ok(models)
    }
}

/// The models that stand in, in their order. One that cannot be asked is left out.
async fn stand_ins(configured: &ConfiguredModels, say: Say<'_>) -> Vec<Chosen> {
    let mut stand_ins = Vec::new();
    for name in &configured.models.fallback {
        match configured.choose(Some(name)).await {
            Ok(chosen) => stand_ins.push(chosen),
            Err(error) => say(format!("`{name}` of `models.fallback` is left out: {error}")),
        }
    }
    stand_ins
}

/// What the chains of one task share.
struct Crew<'a> {
    configured: &'a ConfiguredModels,
    freed: &'a Freed,
    ledger: Arc<dyn Ledger>,
    store: &'a Store,
    stand_ins: Vec<Chosen>,
    say: Say<'a>,
}

impl Crew<'_> {
    /// The chosen model and those that stand in for it.
    async fn chain(&self, chosen: Result<Chosen, NoModel>) -> Result<Chain, String> {
        let first = chosen.map_err(|error| error.to_string())?;
        let Chosen { provider, model, why } = &first;
        tracing::info!(provider = provider.name, model, why, "model chosen");
        // Before the first turn, so that the user is told what takes long.
        self.configured.load(&first, self.say).await?;
        self.note_key(&first).await;
        let mut chain = Chain::new(self.policed(&first)?);
        for other in self.stand_ins.iter().filter(|other| !is_same(other, &first)) {
            self.note_key(other).await;
            chain = chain.or(self.policed(other)?);
        }
        Ok(chain)
    }

    /// The first that stands in, asked before the chosen model where that comes to nothing.
    fn second(&self, chosen: &Result<Chosen, NoModel>) -> Result<Option<Chain>, String> {
        let Ok(first) = chosen else { return Ok(None) };
        let Some(other) = self.stand_ins.iter().find(|other| !is_same(other, first)) else {
            return Ok(None);
        };
        Ok(Some(Chain::new(self.policed_again(other)?).or(self.policed_again(first)?)))
    }

    /// Tells the audit log where a provider's key comes from, where that is another place than
    /// before.
    async fn note_key(&self, Chosen { provider, .. }: &Chosen) {
        let Some(key) = &provider.key else { return };
        let detail = json!({ "provider": provider.name, "source": key.source() });
        let subject = ("provider", provider.name.clone());
        self.store.audit_change("key", subject, detail).await.unwrap_or_else(not_noted);
    }

    fn policed(&self, chosen: &Chosen) -> Result<Policed, String> {
        if self.terms(chosen).rates == Rates::ASSUMED {
            (self.say)(unknown_price(chosen));
        }
        self.policed_again(chosen)
    }

    /// [`Self::policed`], for a model whose price was told of.
    fn policed_again(&self, chosen: &Chosen) -> Result<Policed, String> {
        let model = self.configured.connect(chosen).map_err(|error| error.to_string())?;
        let terms = self.terms(chosen);
        Ok(Policed::new(model, Arc::clone(&self.ledger), terms).sharing(self.freed.clone()))
    }

    fn terms(&self, Chosen { provider, model, .. }: &Chosen) -> Terms {
        let terms =
            Terms { patience: self.configured.budget.patience, ..Terms::of(provider, model) };
        match provider.kind {
            ProviderKind::Local => Terms { attempts: LOCAL_ATTEMPTS, ..terms },
            _ => terms,
        }
    }
}

/// A task's own rows are written with its events; where those cannot be written it fails by itself.
fn not_noted(error: StoreError) {
    tracing::error!(%error, "the audit log is not written");
}

fn is_same(one: &Chosen, other: &Chosen) -> bool {
    (&one.provider.name, &one.model) == (&other.provider.name, &other.model)
}

fn unknown_price(Chosen { provider, model, .. }: &Chosen) -> String {
    let (name, price) = (&provider.name, Rates::ASSUMED.of(0));
    format!(
        "What {name}/{model} costs is not known: a million tokens are counted as {} (prompt) and {} (answer). `[providers.{name}.prices.\"{model}\"]` of the configuration says better.",
        price.input, price.output
    )
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Mutex;

    use devika_config::{Config, Paths, Sources};
    use devika_protocol::TaskId;
    use serde_json::Value;

    use super::*;

    /// A configuration with two providers of which nobody knows the prices.
    fn sources(names: Value) -> Sources {
        let provider = json!({ "kind": "openai", "base_url": "http://models.invalid/v1/", "default_model": "m" });
        let overrides =
            json!({ "models": names, "providers": { "one": provider, "two": provider } });
        Sources { overrides, ..Sources::default() }
    }

    fn configured(config: &Config) -> ConfiguredModels {
        let nowhere = BTreeMap::from([("DEVIKA_HOME".to_owned(), "/nowhere".to_owned())]);
        ConfiguredModels::new(config, &Paths::from_env(&nowhere), Vec::new(), None)
    }

    fn wanted(name: Option<&str>) -> Wanted<'_> {
        Wanted { task: TaskId(1), project: "/project", name, chosen: None }
    }

    /// What the user is told.
    async fn told(names: Value, name: Option<&str>) -> (Result<RoleModels, String>, Vec<String>) {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("devika.db")).unwrap();
        let config = devika_config::load(&sources(names.clone())).unwrap().config;
        let models = TaskModels::new(Reloaded::new(&config, sources(names), configured), store);
        let said = Mutex::new(Vec::new());
        let say = |text| said.lock().unwrap().push(text);
        let found = models.models(&wanted(name), &say).await;
        (found, said.into_inner().unwrap())
    }

    #[tokio::test]
    async fn each_role_has_its_model() {
        let names = json!({ "default": "one/m", "coder": "two/big" });
        let found = told(names, None).await.0.unwrap();
        let names = [Agent::Planner, Agent::Coder, Agent::Answer].map(|role| found.of(role).name());
        assert_eq!(names, ["one/m", "two/big", "one/m"]);
    }

    #[tokio::test]
    async fn a_model_that_the_task_names_plays_every_role() {
        let names = json!({ "default": "one/m", "coder": "two/big" });
        let found = told(names, Some("two/small")).await.0.unwrap();
        assert_eq!(found.of(Agent::Coder).name(), "two/small");
    }

    #[tokio::test]
    async fn a_price_that_nobody_knows_is_told_with_the_way_to_mend_it() {
        let (_, said) = told(json!({ "default": "one/m" }), None).await;
        insta::assert_snapshot!(said.join("\n"), @r#"What one/m costs is not known: a million tokens are counted as $15.00 (prompt) and $75.00 (answer). `[providers.one.prices."m"]` of the configuration says better."#);
    }

    #[tokio::test]
    async fn a_stand_in_that_cannot_be_asked_is_left_out_and_told() {
        let names = json!({ "default": "one/m", "fallback": ["anthropic/claude-sonnet-5"] });
        let (found, said) = told(names, None).await;
        assert_eq!(found.unwrap().of(Agent::Planner).name(), "one/m");
        insta::assert_snapshot!(said[0], @"`anthropic/claude-sonnet-5` of `models.fallback` is left out: anthropic has no key: it is read from environment variable ANTHROPIC_API_KEY");
    }

    #[tokio::test]
    async fn connections_are_kept_from_task_to_task() {
        let sources = sources(json!({ "default": "one/m" }));
        let models = configured(&devika_config::load(&sources).unwrap().config);
        let chosen = models.choose(None).await.unwrap();
        let [first, second] = [models.connect(&chosen), models.connect(&chosen)];
        assert!(Arc::ptr_eq(&first.unwrap(), &second.unwrap()));
    }
}
