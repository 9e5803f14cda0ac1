//! All layers together, and what they come to.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

use devika_protocol::{Cap, GitMode, Joining, Mode};
use secrecy::SecretString;

use crate::Provider;
use crate::config::{
    Approval, Clones, Commands, Config, FailingStep, Git, Local, Log, Sandbox, SandboxFallback,
    Tasks,
};
use crate::deploy::Deploy;
use crate::keys::{self, Type, Workspace};
use crate::layer::Layer;
use crate::memory::Memory;
use crate::publish::Publish;
use crate::research::Research;
use crate::value::{Checked, Set};
use crate::{budget, checkpoints, commits, models, user_file};

/// The values of all layers.
#[derive(Default)]
pub(crate) struct Values {
    values: BTreeMap<String, Set>,
    providers: BTreeMap<String, String>,
    unfit: BTreeSet<String>,
}

/// The parts of the configuration that have keys.
pub(crate) struct Parts {
    pub(crate) providers: Vec<Provider>,
    pub(crate) deploy: Deploy,
    pub(crate) publish: Publish,
    pub(crate) memory: Memory,
    pub(crate) research: Research,
}

impl Values {
    /// Lays the layers over each other; later ones win.
    pub(crate) fn merged(layers: impl IntoIterator<Item = Layer>, wrong: &mut Vec<String>) -> Self {
        let mut merged = Self::default();
        for layer in layers {
            wrong.extend(layer.wrong);
            merged.values.extend(layer.values);
            merged.providers.extend(layer.providers);
            merged.unfit.extend(layer.unfit);
        }
        merged
    }

    /// Lets a workspace's file tighten what it may; the rest is ignored with a warning.
    pub(crate) fn tighten(&mut self, workspace: BTreeMap<String, Set>) -> Vec<String> {
        let mut warnings = Vec::new();
        for (name, set) in workspace {
            if self.is_tighter(&name, &set.value) {
                self.values.insert(name, set);
            } else {
                warnings.push(format!(
                    "{}: `{name}` is ignored: a file in the workspace can only make limits smaller and modes stricter",
                    set.place
                ));
            }
        }
        warnings
    }

    fn is_tighter(&self, name: &str, value: &Checked) -> bool {
        let Some(key) = keys::find(name) else { return false };
        let now = self.checked(name).cloned().or_else(|| default_of(name));
        match (key.workspace, value, now) {
            (Workspace::Less, Checked::Number(new), Some(Checked::Number(now))) => *new <= now,
            (Workspace::Less, Checked::Duration(new), Some(Checked::Duration(now))) => *new <= now,
            (Workspace::Less, Checked::Money(new), Some(Checked::Money(now))) => *new <= now,
            (Workspace::Less, Checked::Money(_) | Checked::Number(_), Some(Checked::NoCap)) => true,
            (Workspace::Later, Checked::Text(new), Some(Checked::Text(now))) => {
                let Type::Word(words) = key.kind else { return false };
                let rank = |word: &str| words.iter().position(|known| *known == word);
                rank(new) >= rank(&now)
            }
            (Workspace::Off, Checked::Flag(on), _) => !on,
            _ => false,
        }
    }

    fn checked(&self, name: &str) -> Option<&Checked> {
        self.values.get(name).map(|set| &set.value)
    }

    /// The place that set a key.
    pub(crate) fn place(&self, name: &str) -> &str {
        self.values.get(name).map_or("", |set| &set.place)
    }

    /// Whether a layer says anything about a key, if only something wrong.
    pub(crate) fn mentions(&self, name: &str) -> bool {
        self.values.contains_key(name) || self.unfit.contains(name)
    }

    /// The providers that are configured, with the places of their tables.
    pub(crate) fn providers(&self) -> &BTreeMap<String, String> {
        &self.providers
    }

    /// The secret of a key, and the place that set it.
    pub(crate) fn secret(&self, name: &str) -> Option<(SecretString, &str)> {
        match self.checked(name)? {
            Checked::Secret(secret) => Some((secret.clone(), self.place(name))),
            _ => None,
        }
    }

    pub(crate) fn text(&self, name: &str) -> Option<String> {
        match self.or_default(name) {
            Some(Checked::Text(text)) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn texts(&self, name: &str) -> Vec<String> {
        match self.or_default(name) {
            Some(Checked::Texts(texts)) => texts,
            _ => Vec::new(),
        }
    }

    pub(crate) fn flag(&self, name: &str) -> Option<bool> {
        match self.or_default(name) {
            Some(Checked::Flag(flag)) => Some(flag),
            _ => None,
        }
    }

    pub(crate) fn number(&self, name: &str) -> Option<i64> {
        match self.or_default(name) {
            Some(Checked::Number(number)) => Some(number),
            _ => None,
        }
    }

    pub(crate) fn duration(&self, name: &str) -> Option<Duration> {
        match self.or_default(name) {
            Some(Checked::Duration(duration)) => Some(duration),
            _ => None,
        }
    }

    /// The caps that a key and its twin for tokens set.
    pub(crate) fn cap(&self, name: &str) -> Cap {
        let money = match self.or_default(name) {
            Some(Checked::Money(money)) => Some(money),
            _ => None,
        };
        let tokens = self.number(&format!("{name}_tokens")).map(i64::unsigned_abs);
        Cap { money, tokens }
    }

    /// What is set below a table, by the name of the provider or the like: `name` ends with a dot.
    pub(crate) fn below(&self, name: &str) -> impl Iterator<Item = &Set> {
        self.values.iter().filter(move |(key, _)| key.starts_with(name)).map(|(_, set)| set)
    }

    fn or_default(&self, name: &str) -> Option<Checked> {
        self.checked(name).cloned().or_else(|| default_of(name))
    }

    /// A path, with `~` as the user's home.
    pub(crate) fn path(
        &self,
        name: &str,
        home: Option<&Path>,
        wrong: &mut Vec<String>,
    ) -> Option<PathBuf> {
        let text = self.text(name)?;
        let Some(below) = text.strip_prefix('~') else { return Some(text.into()) };
        if home.is_none() {
            let place = self.place(name);
            wrong.push(format!("{place}: `{name}` begins with ~, but HOME is not set"));
        }
        home.map(|home| home.join(below.trim_start_matches('/')))
    }

    pub(crate) fn whole(&self, name: &str) -> usize {
        self.number(name).and_then(|number| usize::try_from(number).ok()).unwrap_or_default()
    }

    pub(crate) fn small(&self, name: &str) -> u32 {
        self.number(name).and_then(|number| u32::try_from(number).ok()).unwrap_or_default()
    }

    /// A number of megabytes, as of memory, in bytes.
    pub(crate) fn megabytes(&self, name: &str) -> u64 {
        (self.whole(name) as u64).saturating_mul(1 << 20)
    }

    fn sandbox(&self) -> Sandbox {
        Sandbox {
            on: self.text("sandbox.mode").as_deref() != Some("off"),
            fallback: match self.text("sandbox.fallback").as_deref() {
                Some("none") => SandboxFallback::None,
                Some("landlock") => SandboxFallback::Landlock,
                _ => SandboxFallback::Refuse,
            },
            hosts: self.texts("sandbox.hosts"),
            private_hosts: self.texts("sandbox.private_hosts"),
            cpu_time: self.duration("sandbox.cpu_time").unwrap_or_default(),
            memory_bytes: self.megabytes("sandbox.memory_mb"),
            processes: self.whole("sandbox.processes"),
            file_bytes: self.megabytes("sandbox.file_mb"),
            disk_bytes: self.megabytes("sandbox.disk_mb"),
        }
    }

    /// The configuration, with `~` as the user's home.
    pub(crate) fn resolve(
        &self,
        Parts { providers, deploy, publish, memory, research }: Parts,
        home: Option<&Path>,
        wrong: &mut Vec<String>,
    ) -> Config {
        Config {
            models: models::resolve(self, &providers, wrong),
            budget: budget::resolve(self),
            providers,
            tasks: Tasks {
                mode: match self.text("tasks.mode").as_deref() {
                    Some("plan") => Mode::Plan,
                    Some("review") => Mode::Review,
                    _ => Mode::Auto,
                },
                prompt_bytes: self.whole("tasks.prompt_bytes"),
                queue: self.whole("tasks.queue"),
                parallel: self.whole("tasks.parallel"),
                max_turns: self.small("tasks.max_turns"),
                max_steps: self.whole("tasks.max_steps"),
                repair_rounds: self.small("tasks.repair_rounds"),
                patch_rounds: self.small("tasks.patch_rounds"),
                failing_step: match self.text("tasks.failing_step").as_deref() {
                    Some("revert") => FailingStep::Revert,
                    _ => FailingStep::Keep,
                },
                keep: match self.whole("tasks.keep_days") as u64 {
                    0 => None,
                    days => Some(Duration::from_secs(days * 24 * 60 * 60)),
                },
            },
            commands: Commands {
                approve: match self.text("commands.approve").as_deref() {
                    Some("always") => Approval::Always,
                    _ => Approval::Ask,
                },
                time_limit: self.duration("commands.time_limit").unwrap_or_default(),
                output_bytes: self.whole("commands.output_bytes"),
                env_allow: self.texts("commands.env_allow"),
            },
            sandbox: self.sandbox(),
            git: Git {
                mode: match self.text("git.mode").as_deref() {
                    Some("current") => GitMode::Current,
                    Some("worktree") => GitMode::Worktree,
                    _ => GitMode::TaskBranch,
                },
                trailers: self.flag("git.trailers").unwrap_or(true),
                assisted_by: self.flag("git.assisted_by").unwrap_or(true),
                message: commits::message(self, wrong),
                checks: commits::checks(self),
                unsigned: commits::unsigned(self),
                accept: match self.text("git.accept").as_deref() {
                    Some("squash") => Joining::Squash,
                    Some("rebase") => Joining::Rebase,
                    _ => Joining::Merge,
                },
                remote: self.text("git.remote"),
                protected: self.texts("git.protected"),
            },
            checkpoints: checkpoints::resolve(self),
            projects_folder: self.path("projects.folder", home, wrong),
            clones: Clones {
                bytes: self.megabytes("projects.clone_mb"),
                time_limit: self.duration("projects.clone_time").unwrap_or_default(),
            },
            deploy,
            publish,
            memory,
            research,
            report_browser: self.path("report.browser", home, wrong),
            local: Local {
                idle: self.duration("local.idle").unwrap_or_default(),
                threads: self.number("local.threads").and_then(|number| u32::try_from(number).ok()),
            },
            log: Log {
                level: self.text("log.level").unwrap_or_default(),
                files: self.whole("log.files"),
            },
        }
    }
}

/// The default of a key: what `config.example.toml` shows for it, commented out.
fn default_of(name: &str) -> Option<Checked> {
    user_file::DEFAULTS.values.get(name).map(|set| set.value.clone())
}
