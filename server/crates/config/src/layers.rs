//! From layers to the resolved configuration.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use devika_protocol::Mode;
use serde_json::json;

use crate::config::{Approval, Commands, Config, Git, GitMode, Local, Log, Tasks};
use crate::error::ConfigError;
use crate::keys::{self, Type, Workspace};
use crate::providers;
use crate::user_file;
use crate::value::{Checked, Layer, Set};

/// Variables of the environment that set a key.
const VARIABLES: [(&str, &str); 3] = [
    ("DEVIKA_MODEL", "models.default"),
    ("DEVIKA_MODE", "tasks.mode"),
    ("DEVIKA_LOG", "log.level"),
];

/// Where the configuration comes from.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    /// The user's file; none where it does not exist.
    pub user_file: Option<PathBuf>,
    /// The captured environment.
    pub env: BTreeMap<String, String>,
    /// What the client or the command line sets: an object of tables.
    pub overrides: serde_json::Value,
    /// A file in the workspace, which can only tighten; none where it does not exist.
    pub workspace_file: Option<PathBuf>,
}

/// The resolved configuration, and what the user should know about it.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The configuration.
    pub config: Config,
    /// What was ignored, and why.
    pub warnings: Vec<String>,
}

/// Reads and resolves all layers.
///
/// # Errors
/// [`ConfigError`]: everything that is wrong at once, each with file, line and the nearest key.
pub fn load(sources: &Sources) -> Result<Loaded, ConfigError> {
    let user = match &sources.user_file {
        Some(path) => read(path)?,
        None => Layer::default(),
    };
    if let Some(path) = &sources.user_file
        && user.values.keys().any(|key| key.starts_with("providers.") && key.ends_with(".key"))
    {
        user_file::check_secrecy(path)?;
    }
    let mut environment = Layer::default();
    for (variable, key) in VARIABLES {
        if let Some(value) = sources.env.get(variable).filter(|value| !value.is_empty()) {
            environment.put(key, &format!("environment variable {variable}"), &json!(value));
        }
    }
    let overrides = Layer::from_json("the client's options", &sources.overrides);
    let workspace = match &sources.workspace_file {
        Some(path) => read(path)?,
        None => Layer::default(),
    };

    let mut wrong = Vec::new();
    let mut values = BTreeMap::new();
    for layer in [user, environment, overrides] {
        wrong.extend(layer.wrong);
        values.extend(layer.values);
    }
    wrong.extend(workspace.wrong);
    let mut values = Values(values);
    let warnings = values.tighten(workspace.values);
    let providers = providers::resolve(&values, &sources.env, &mut wrong);
    if !wrong.is_empty() {
        return Err(ConfigError::Wrong(wrong));
    }
    Ok(Loaded { config: values.resolve(providers), warnings })
}

fn read(path: &Path) -> Result<Layer, ConfigError> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Layer::parse(&path.display().to_string(), &text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Layer::default()),
        Err(error) => {
            Err(ConfigError::Unreadable { path: path.to_path_buf(), why: error.to_string() })
        }
    }
}

/// The values of all layers.
pub(crate) struct Values(BTreeMap<String, Set>);

impl Values {
    /// Lets a workspace's file tighten what it may; the rest is ignored with a warning.
    fn tighten(&mut self, workspace: BTreeMap<String, Set>) -> Vec<String> {
        let mut warnings = Vec::new();
        for (name, set) in workspace {
            if self.is_tighter(&name, &set.value) {
                self.0.insert(name, set);
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
            (Workspace::Later, Checked::Text(new), Some(Checked::Text(now))) => {
                let Type::Word(words) = key.kind else { return false };
                let rank = |word: &str| words.iter().position(|known| *known == word);
                rank(new) >= rank(&now)
            }
            _ => false,
        }
    }

    fn checked(&self, name: &str) -> Option<&Checked> {
        self.0.get(name).map(|set| &set.value)
    }

    /// The place that set a key.
    pub(crate) fn place(&self, name: &str) -> &str {
        self.0.get(name).map_or("", |set| &set.place)
    }

    /// The names that stand after `prefix` and before the next dot.
    pub(crate) fn names_below(&self, prefix: &str) -> Vec<String> {
        let names = self.0.keys().filter_map(|key| key.strip_prefix(prefix)?.split('.').next());
        let mut names: Vec<String> = names.map(str::to_owned).collect();
        names.dedup();
        names
    }

    pub(crate) fn text(&self, name: &str) -> Option<String> {
        match self.or_default(name) {
            Some(Checked::Text(text)) => Some(text),
            _ => None,
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

    fn or_default(&self, name: &str) -> Option<Checked> {
        self.checked(name).cloned().or_else(|| default_of(name))
    }

    fn whole(&self, name: &str) -> usize {
        self.number(name).and_then(|number| usize::try_from(number).ok()).unwrap_or_default()
    }

    fn small(&self, name: &str) -> u32 {
        self.number(name).and_then(|number| u32::try_from(number).ok()).unwrap_or_default()
    }

    fn resolve(&self, providers: Vec<crate::Provider>) -> Config {
        let env_allow = match self.checked("commands.env_allow") {
            Some(Checked::Texts(names)) => names.clone(),
            _ => Vec::new(),
        };
        Config {
            default_model: self.text("models.default"),
            providers,
            tasks: Tasks {
                mode: match self.text("tasks.mode").as_deref() {
                    Some("plan") => Mode::Plan,
                    Some("review") => Mode::Review,
                    _ => Mode::Auto,
                },
                prompt_bytes: self.whole("tasks.prompt_bytes"),
                queue: self.whole("tasks.queue"),
                max_turns: self.small("tasks.max_turns"),
                max_steps: self.whole("tasks.max_steps"),
                repair_rounds: self.small("tasks.repair_rounds"),
                patch_rounds: self.small("tasks.patch_rounds"),
            },
            commands: Commands {
                approve: match self.text("commands.approve").as_deref() {
                    Some("always") => Approval::Always,
                    _ => Approval::Ask,
                },
                time_limit: self.duration("commands.time_limit").unwrap_or_default(),
                output_bytes: self.whole("commands.output_bytes"),
                env_allow,
            },
            git: Git {
                mode: match self.text("git.mode").as_deref() {
                    Some("current") => GitMode::Current,
                    _ => GitMode::TaskBranch,
                },
                trailers: self.flag("git.trailers").unwrap_or(true),
                assisted_by: self.flag("git.assisted_by").unwrap_or(true),
            },
            projects_folder: self.text("projects.folder").map(PathBuf::from),
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

#[cfg(test)]
mod tests {
    use devika_protocol::Mode;

    use super::*;

    /// A folder with a user's file and, perhaps, a workspace's.
    struct World(tempfile::TempDir);

    impl World {
        fn new(user: &str) -> Self {
            let world = Self(tempfile::tempdir().unwrap());
            std::fs::write(world.user_file(), user).unwrap();
            world
        }

        fn user_file(&self) -> PathBuf {
            self.0.path().join("config.toml")
        }

        fn sources(&self) -> Sources {
            Sources { user_file: Some(self.user_file()), ..Sources::default() }
        }

        fn in_workspace(&self, text: &str) -> Sources {
            let file = self.0.path().join(".devika.toml");
            std::fs::write(&file, text).unwrap();
            Sources { workspace_file: Some(file), ..self.sources() }
        }

        /// The messages of a refused configuration, without the folder.
        fn refusal(&self, sources: &Sources) -> String {
            let folder = format!("{}/", self.0.path().display());
            load(sources).unwrap_err().to_string().replace(&folder, "")
        }
    }

    #[test]
    fn every_mistake_is_told_at_once_with_file_line_and_the_nearest_key() {
        let world = World::new(
            "[tasks]\nmode = \"wild\"\n\npatch_round = 2\nqueue = \"many\"\n[comands]\napprove = \"ask\"\n",
        );
        insta::assert_snapshot!(world.refusal(&world.sources()), @r#"
        config.toml:2: `tasks.mode` must be one of "auto", "review", "plan"
        config.toml:4: there is no key `tasks.patch_round`; did you mean `tasks.patch_rounds`?
        config.toml:5: `tasks.queue` must be a whole number from 0 to 1000
        config.toml:7: there is no key `comands.approve`; did you mean `commands.approve`?
        "#);
    }

    #[test]
    fn broken_toml_names_the_line() {
        let world = World::new("[tasks]\nmode = \n");
        assert!(world.refusal(&world.sources()).starts_with("config.toml:2: "));
    }

    #[test]
    fn later_layers_win() {
        let world = World::new(
            "[models]\ndefault = \"file/m\"\n[tasks]\nmode = \"plan\"\npatch_rounds = 7\n",
        );
        let mut sources = world.sources();
        sources.env = [("DEVIKA_MODEL".to_owned(), "env/m".to_owned())].into();
        sources.overrides = serde_json::json!({ "tasks": { "mode": "review" } });
        let config = load(&sources).unwrap().config;
        assert_eq!(config.default_model.as_deref(), Some("env/m"));
        assert_eq!((config.tasks.mode, config.tasks.patch_rounds), (Mode::Review, 7));
    }

    #[test]
    fn a_workspace_can_tighten_and_nothing_else() {
        let world = World::new("");
        let sources = world.in_workspace(
            "[tasks]\nmode = \"plan\"\nmax_turns = 9999\n[commands]\napprove = \"always\"\ntime_limit = \"10s\"\n[models]\ndefault = \"evil/m\"\n",
        );
        let loaded = load(&sources).unwrap();
        assert_eq!(loaded.config.tasks.mode, Mode::Plan);
        assert_eq!(loaded.config.commands.time_limit, Duration::from_secs(10));
        assert_eq!(loaded.config.commands.approve, Approval::Ask);
        assert_eq!(loaded.config.tasks.max_turns, 40);
        assert_eq!(loaded.config.default_model, None);
        assert_eq!(loaded.warnings.len(), 3, "{:?}", loaded.warnings);
    }

    #[cfg(unix)]
    #[test]
    fn a_key_in_a_file_that_others_can_read_is_refused_with_the_way_out() {
        use std::os::unix::fs::PermissionsExt as _;
        let world = World::new("[providers.openai]\nkey = \"sk-secret\"\n");
        std::fs::set_permissions(world.user_file(), std::fs::Permissions::from_mode(0o644))
            .unwrap();
        let refusal = world.refusal(&world.sources());
        assert!(refusal.contains("chmod 600") && !refusal.contains("sk-secret"), "{refusal}");
        std::fs::set_permissions(world.user_file(), std::fs::Permissions::from_mode(0o600))
            .unwrap();
        let loaded = load(&world.sources()).unwrap();
        assert!(!format!("{loaded:?}").contains("sk-secret"), "a key can be printed");
        std::fs::create_dir(world.0.path().join(".git")).unwrap();
        assert!(world.refusal(&world.sources()).contains("lies in a git repository"));
    }

    #[test]
    fn a_provider_of_ones_own_comes_first_and_needs_an_address() {
        let world = World::new(
            "[providers.mine]\nkind = \"anthropic\"\nbase_url = \"http://h/v1\"\n[providers.half]\nkind = \"openai\"\n",
        );
        assert!(world.refusal(&world.sources()).contains("`providers.half.base_url` is missing"));
        let world =
            World::new("[providers.mine]\nkind = \"anthropic\"\nbase_url = \"http://h/v1\"\n");
        let providers = load(&world.sources()).unwrap().config.providers;
        assert_eq!(
            (providers[0].name.as_str(), providers[0].base_url.as_str()),
            ("mine", "http://h/v1/")
        );
        assert_eq!(providers[0].kind, crate::ProviderKind::Anthropic);
    }
}
