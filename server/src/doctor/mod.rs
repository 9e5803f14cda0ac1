//! Is everything there that Devika needs? One file a check, for the command line, for editors and
//! for the log.

mod authentication;
mod breakers;
mod browser;
pub(crate) mod compare;
mod configuration;
mod database;
mod editor_models;
mod finding;
mod git;
mod local_model;
mod log_folder;
mod memory;
mod model;
mod permissions;
mod programs;
mod provider;
mod sandbox;

pub(crate) use self::authentication::authenticate;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use devika_config::{Config, Provider, ProviderKind};
use devika_protocol::{Check, Verdict};
use futures::future::BoxFuture;
use futures::stream::{FuturesOrdered, StreamExt as _};
use serde_json::Value;

pub(crate) use self::finding::Finding;
use crate::setup::Setup;

/// How long one check may take. All of them run at once, so that ten seconds are enough for all.
const LIMIT: Duration = Duration::from_millis(9_500);

/// What is examined.
pub(crate) struct Place {
    /// The environment and the folders.
    pub(crate) setup: Setup,
    /// The workspace, where one is meant.
    pub(crate) root: Option<PathBuf>,
    /// What the client configures over the user's file; null where it does not.
    pub(crate) overrides: Value,
}

/// Checks that run, in the order in which they are told.
pub(crate) struct Examination {
    names: Vec<String>,
    running: FuturesOrdered<BoxFuture<'static, Option<Check>>>,
}

impl Examination {
    /// Everything, with a minimal call to every provider that could be asked.
    pub(crate) fn whole(place: &Place) -> Self {
        let mut all = Self::new();
        let config = all.of_the_start(place);
        all.of_commits(place);
        let setup = &place.setup;
        let folder = setup.paths.log_dir.clone();
        all.wait_for("log", async move { log_folder::look(&folder) });
        let (file, store) = (setup.database(), database::open(setup.database()));
        let opened = store.clone();
        all.wait_for("database", async move { database::look(file, opened).await });
        let opened = store.clone();
        all.wait_for("breakers", async move { breakers::look(opened).await });
        let Some(config) = config else { return all };
        let (tried, of) = (setup.clone(), config.clone());
        all.wait_for("sandbox", async move { sandbox::look(tried, of).await });
        let (own, of) = (setup.clone(), config.clone());
        all.wait_for("browser", async move { browser::look(&own, &of).await });
        let (own, of) = (setup.clone(), config.clone());
        all.wait_for("memory", async move { memory::look(&own, &of).await });
        let models = setup.models(&config);
        let wanted = config.models.default.clone();
        all.wait_for("local model", async move { local_model::look(&models, wanted).await });
        for provider in providers(&config) {
            let name = format!("provider {}", provider.name);
            let model = model::of_provider(&config, provider);
            let provider = provider.clone();
            all.maybe(name, async move { provider::look(&provider, model).await });
        }
        let models = setup.models(&config);
        all.maybe("editor's models".to_owned(), async move { editor_models::look(&models).await });
        let models = setup.models(&config);
        let root = place.root.clone();
        all.wait_for("model", async move { model::look(&models, root, store).await });
        all
    }

    /// What a server that idles can afford: it takes a millisecond and no memory that stays.
    pub(crate) fn at_start(place: &Place) -> Self {
        let mut all = Self::new();
        // The configuration itself is for those who go on to ask providers.
        let _config = all.of_the_start(place);
        all
    }

    /// What a task needs besides its model: it opens no connection and no database.
    pub(crate) fn before_a_task(place: &Place) -> Self {
        let mut all = Self::new();
        all.of_commits(place);
        all
    }

    fn new() -> Self {
        Self { names: Vec::new(), running: FuturesOrdered::new() }
    }

    fn of_the_start(&mut self, place: &Place) -> Option<Config> {
        let setup = &place.setup;
        let begun = Instant::now();
        let loaded = setup.load(place.root.as_deref(), place.overrides.clone());
        let found = configuration::look(&setup.paths.config_file, &loaded);
        let check = found.named("configuration".to_owned(), begun.elapsed());
        self.push("configuration".to_owned(), Box::pin(async { Some(check) }));
        let found = permissions::look(&setup.paths.config_file, loaded.as_ref().err());
        self.wait_for("permissions", async { found });
        loaded.ok().map(|loaded| loaded.config)
    }

    fn of_commits(&mut self, place: &Place) {
        let root = place.root.clone();
        self.wait_for("git identity", async move { git::look(root).await });
    }

    fn wait_for<F>(&mut self, name: &str, look: F)
    where
        F: Future<Output = Finding> + Send + 'static,
    {
        self.maybe(name.to_owned(), async { Some(look.await) });
    }

    /// A check that may turn out to be of no interest.
    fn maybe<F>(&mut self, name: String, look: F)
    where
        F: Future<Output = Option<Finding>> + Send + 'static,
    {
        let check = name.clone();
        let timed = async move {
            let begun = Instant::now();
            let found = tokio::time::timeout(LIMIT, look).await.unwrap_or_else(|_| {
                Some(Finding::failed(format!("nothing was found within {} s", LIMIT.as_secs())))
            });
            found.map(|found| found.named(check, begun.elapsed()))
        };
        self.push(name, Box::pin(timed));
    }

    fn push(&mut self, name: String, check: BoxFuture<'static, Option<Check>>) {
        self.names.push(name);
        self.running.push_back(check);
    }

    /// Characters of the longest name.
    pub(crate) fn width(&self) -> usize {
        self.names.iter().map(|name| name.chars().count()).max().unwrap_or_default()
    }

    /// The next check, once it and those before it have ended; none after the last.
    pub(crate) async fn next(&mut self) -> Option<Check> {
        loop {
            if let Some(check) = self.running.next().await? {
                return Some(check);
            }
        }
    }

    /// All of them.
    pub(crate) async fn all(mut self) -> Vec<Check> {
        let mut checks = Vec::new();
        while let Some(check) = self.next().await {
            checks.push(check);
        }
        checks
    }

    /// Writes them to the log, those that are well at a lower level.
    pub(crate) async fn log(mut self) {
        while let Some(Check { name, verdict, text, mend, millis }) = self.next().await {
            match verdict {
                Verdict::Ok => tracing::info!(check = name, millis, "{text}"),
                Verdict::Warning | Verdict::Failed => {
                    tracing::warn!(check = name, millis, mend, "{text}");
                }
            }
        }
    }
}

/// The providers that can be asked: with a key, or without one that is needed. The managed local
/// model and the editor's models are looked at apart.
fn providers(config: &Config) -> impl Iterator<Item = &Provider> {
    let apart = |kind| matches!(kind, ProviderKind::Local | ProviderKind::Editor);
    let askable = |provider: &&Provider| provider.key.is_some() || provider.key_hint.is_none();
    config.providers.iter().filter(move |provider| !apart(provider.kind)).filter(askable)
}
