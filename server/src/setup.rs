//! From the process's environment and the configuration to an engine: the only place that knows all
//! the crates and reads the environment.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use devika_agent::{Engine, KnowledgeBounds, Mask, ReadAndRemember, Settings, Trajectory};
use devika_config::{Config, ConfigError, GitState, Loaded, Paths, SandboxFallback, Sources};
use devika_memory::Memory;
use devika_sandbox::{Fallback, Limits, PlainRunner, Runner, Sandbox, SandboxRunner};
use devika_store::{OpenOptions, Store, StoreError};
use secrecy::ExposeSecret as _;
use serde_json::Value;

use crate::atlas::Atlas;
use crate::memory::ConfiguredMemory;
use crate::models::{ConfiguredModels, EditorModels, TaskModels};
use crate::printer::Browser;
use crate::reload::Reloaded;

/// What a program that signs commits needs besides what commands get: where keys and their agents are.
const SIGNERS: [&str; 4] = ["GNUPGHOME", "SSH_AUTH_SOCK", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME"];

/// What the process was started with. Not `Debug`: the environment holds keys.
#[derive(Clone)]
pub(crate) struct Setup {
    /// The environment, captured once.
    env: BTreeMap<String, String>,
    /// Where Devika keeps its own files.
    pub(crate) paths: Paths,
    /// The editor that started the process, where it lets its own models be asked.
    editor: Option<Arc<dyn EditorModels>>,
}

impl Setup {
    /// Captures the process's environment.
    pub(crate) fn from_process() -> Self {
        // A variable that is not text is none that Devika or a command it runs could use.
        let text = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        };
        Self::with_env(std::env::vars_os().filter_map(text).collect())
    }

    /// As in a process with this environment.
    pub(crate) fn with_env(env: BTreeMap<String, String>) -> Self {
        Self { paths: Paths::from_env(&env), env, editor: None }
    }

    /// The same in a session with this editor.
    #[must_use]
    pub(crate) fn with_editor(&self, editor: Option<Arc<dyn EditorModels>>) -> Self {
        Self { editor, ..self.clone() }
    }

    /// The resolved configuration, and the log begun as it says.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub(crate) fn config(
        &self,
        root: Option<&Path>,
        overrides: Value,
    ) -> Result<Config, ConfigError> {
        let loaded = self.load(root, overrides)?;
        let log = &loaded.config.log;
        crate::logging::start(&self.paths.log_dir, &log.level, log.files);
        for warning in loaded.warnings {
            tracing::warn!("{warning}");
        }
        Ok(loaded.config)
    }

    /// The resolved configuration and what the user should know about it, without a log.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub(crate) fn load(
        &self,
        root: Option<&Path>,
        overrides: Value,
    ) -> Result<Loaded, ConfigError> {
        devika_config::load(&self.sources(root, overrides))
    }

    /// Where the configuration comes from.
    pub(crate) fn sources(&self, root: Option<&Path>, overrides: Value) -> Sources {
        Sources {
            user_file: Some(self.paths.config_file.clone()),
            env: self.env.clone(),
            overrides,
            workspace_file: root.map(|root| root.join(".devika.toml")),
            git: Some(held_by_git),
        }
    }

    /// The models of a configuration.
    pub(crate) fn models(&self, config: &Config) -> ConfiguredModels {
        ConfiguredModels::new(config, &self.paths, self.program(), self.search_path())
            .with_editor(self.editor.clone())
    }

    /// The memory of a configuration; opened when it is first asked.
    pub(crate) fn memory(&self, config: &Config) -> ConfiguredMemory {
        ConfiguredMemory::new(config, &self.paths.state_dir)
    }

    /// Where programs are looked for.
    pub(crate) fn search_path(&self) -> Option<std::ffi::OsString> {
        self.env.get("PATH").map(Into::into)
    }

    /// The environment of a program that is only asked for its version: nothing secret.
    pub(crate) fn tool_env(&self) -> BTreeMap<String, String> {
        devika_sandbox::base_env(&self.env, &[])
    }

    /// The file of the database.
    pub(crate) fn database(&self) -> std::path::PathBuf {
        self.paths.state_dir.join("devika.db")
    }

    /// An engine over a configuration that was read from `sources`; opens the database, from which old tasks are forgotten, and nothing else before it is needed.
    ///
    /// # Errors
    /// Why the database cannot be opened.
    pub(crate) async fn engine(
        &self,
        config: &Config,
        sources: Sources,
    ) -> Result<Engine, StoreError> {
        let path = self.database();
        let options = OpenOptions { crash_after: self.crash_after() };
        let store = tokio::task::spawn_blocking(move || Store::open_with(&path, options))
            .await
            .unwrap_or_else(|panicked| std::panic::resume_unwind(panicked.into_panic()))?;
        if let Some(age) = config.tasks.keep {
            store.forget_tasks_older_than(age).await?;
        }
        let setup = self.clone();
        let configured = Reloaded::new(config, sources, move |config| setup.models(config));
        let models = Arc::new(TaskModels::new(configured, store.clone()));
        let runner: Arc<dyn Runner> = match config.sandbox.on {
            true => Arc::new(self.sandbox(config)),
            false => Arc::new(PlainRunner::new(self.supervisor())),
        };
        Ok(Engine::new(store, models, runner, self.settings(config)))
    }

    /// The model that the user chose for a project; none also where the database cannot be asked,
    /// which others tell. No database is made for this.
    pub(crate) async fn chosen_model(&self, root: &Path) -> Option<String> {
        let (file, root) = (self.database(), root.display().to_string());
        if !file.exists() {
            return None;
        }
        let store = tokio::task::spawn_blocking(move || Store::open(&file)).await.ok()?.ok()?;
        store.chosen_model(&root).await.ok()?
    }

    /// The sandbox of a configuration.
    pub(crate) fn sandbox(&self, config: &Config) -> SandboxRunner {
        let (paths, sandbox) = (&self.paths, &config.sandbox);
        for entry in sandbox.hosts.iter().chain(&sandbox.private_hosts) {
            if !devika_sandbox::is_host_entry(entry) {
                tracing::warn!("{entry:?} in `sandbox` is no host such as \"*.example.org\"");
            }
        }
        let own = [&paths.config_file, &paths.state_dir, &paths.log_dir, &paths.cache_dir];
        SandboxRunner::new(Sandbox {
            supervisor: self.supervisor(),
            search_path: self.search_path(),
            home: self.env.get("HOME").map(Into::into),
            hidden: own.into_iter().cloned().collect(),
            scratch: paths.state_dir.join("sandbox"),
            downloads: Some(paths.cache_dir.join("downloads")),
            hosts: sandbox.hosts.clone(),
            private_hosts: sandbox.private_hosts.clone(),
            limits: Limits {
                cpu_time: sandbox.cpu_time,
                memory_bytes: sandbox.memory_bytes,
                processes: sandbox.processes,
                file_bytes: sandbox.file_bytes,
                disk_bytes: sandbox.disk_bytes,
            },
            fallback: match sandbox.fallback {
                SandboxFallback::Refuse => Fallback::Refuse,
                SandboxFallback::Landlock => Fallback::Landlock,
                SandboxFallback::None => Fallback::None,
            },
        })
    }

    /// The command line that supervises a command.
    fn supervisor(&self) -> Vec<std::ffi::OsString> {
        let mut program = self.program();
        program.extend(["supervise".into(), "--".into()]);
        program
    }

    /// Covers what must not leave the machine with a trajectory: the keys of the providers that it
    /// used and those that are known, and who and where the user is. `root` is the project whose git
    /// identity counts as well. Blocks while keys are read.
    pub(crate) fn mask(&self, config: &Config, root: &Path, trajectory: &Trajectory) -> Mask {
        let mut mask = Mask::new();
        let env = |names: &[&'static str]| -> Vec<String> {
            names.iter().filter_map(|name| self.env.get(*name).cloned()).collect()
        };
        if let Some(home) = env(&["HOME", "USERPROFILE"]).first() {
            mask = mask.home(home);
        }
        let kernel = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
        for host in
            env(&["HOSTNAME", "COMPUTERNAME"]).iter().map(String::as_str).chain([kernel.trim()])
        {
            mask = mask.host(host);
        }
        for user in env(&["USER", "LOGNAME", "USERNAME"]) {
            mask = mask.user(&user);
        }
        let own = devika_vcs::Repository::open(root).ok().flatten();
        let authors = [devika_vcs::user().ok(), own.and_then(|own| own.author().ok())];
        for author in authors.into_iter().flatten().filter(|author| !author.is_default) {
            mask = mask.user(&author.email).user(&author.name);
        }
        let used = trajectory.providers();
        for provider in &config.providers {
            let Some(key) = &provider.key else { continue };
            // A key that cannot be read was not sent to anybody either.
            let asked = used.contains(provider.name.as_str()).then(|| key.secret().ok()).flatten();
            for secret in asked.into_iter().chain(key.known()) {
                mask = mask.secret(secret.expose_secret());
            }
        }
        let tokens = devika_config::tokens(config).filter_map(|(_, key)| key.known());
        let tokens: Vec<_> = tokens.collect();
        mask = tokens.iter().fold(mask, |mask, token| mask.secret(token.expose_secret()));
        let secret = self.env.iter().filter(|(name, _)| devika_sandbox::looks_secret(name));
        secret.fold(mask, |mask, (_, value)| mask.secret(value))
    }

    /// What tasks work under.
    pub(crate) fn settings(&self, config: &Config) -> Settings {
        Settings {
            tasks: config.tasks.clone(),
            commands: config.commands.clone(),
            git: config.git.clone(),
            checkpoints: config.checkpoints,
            command_env: devika_sandbox::base_env(&self.env, &config.commands.env_allow),
            signing_env: devika_sandbox::base_env(&self.env, &SIGNERS.map(str::to_owned)),
            leases: self.paths.state_dir.join("leases"),
            worktrees: self.paths.state_dir.join("worktrees"),
            key_in: {
                let config = config.clone();
                Arc::new(move |text| devika_config::find_in(text, &config).map(str::to_owned))
            },
            reports: self.paths.state_dir.join("reports"),
            outside: crate::outside::of(config, &self.paths),
            printer: Some(Arc::new(Browser::new(
                config.report_browser.clone(),
                self.search_path(),
                self.supervisor(),
                self.tool_env(),
            ))),
            knowledge: self.knowledge(config),
        }
    }

    /// What there is to know besides a project's files; nothing of it is opened yet.
    fn knowledge(&self, config: &Config) -> Option<Arc<ReadAndRemember>> {
        let web = crate::web::web(&config.research, &self.paths.cache_dir, self.started());
        let memory = config.memory.on.then(|| Arc::new(self.memory(config)) as Arc<dyn Memory>);
        if web.is_none() && memory.is_none() {
            return None;
        }
        let bounds =
            KnowledgeBounds { pages: config.research.pages, keep_pages: config.memory.keep_pages };
        let knowledge = ReadAndRemember::new(web, memory.clone(), bounds);
        Some(Arc::new(match memory {
            Some(memory) => {
                let atlas = Atlas::new(memory, self.paths.state_dir.join("index"));
                knowledge.with_map(Arc::new(atlas))
            }
            None => knowledge,
        }))
    }

    /// What the browser is started with.
    fn started(&self) -> crate::web::Started {
        crate::web::Started {
            search_path: self.search_path(),
            env: self.tool_env(),
            supervisor: self.supervisor(),
        }
    }

    /// The browser that reads pages, where there is one that may; it is not started yet.
    pub(crate) fn browser(&self, config: &Config) -> Option<devika_browser::Chrome> {
        crate::web::chrome(&config.research, &self.paths.cache_dir, self.started())
    }

    /// The command line that starts this program.
    fn program(&self) -> Vec<std::ffi::OsString> {
        vec![std::env::current_exe().unwrap_or_else(|_| "devika".into()).into_os_string()]
    }

    /// Where a test wants the process to die: after so many writes to the journal.
    fn crash_after(&self) -> Option<u64> {
        self.env.get("DEVIKA_CRASH_AFTER")?.parse().ok()
    }
}

/// How git holds a file that has a key in it.
fn held_by_git(file: &Path) -> GitState {
    match devika_vcs::held(file) {
        devika_vcs::Held::Ignored => GitState::Ignored,
        devika_vcs::Held::Untracked => GitState::Untracked,
        devika_vcs::Held::Tracked => GitState::Tracked,
    }
}
