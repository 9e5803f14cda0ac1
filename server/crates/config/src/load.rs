//! From sources to the resolved configuration.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use crate::config::Config;
use crate::error::ConfigError;
use crate::file::{GitState, ReadFile};
use crate::key::KeyTable;
use crate::layer::Layer;
use crate::paths::home;
use crate::values::{Parts, Values};
use crate::{deploy, memory, providers, publish, research};

/// Variables of the environment that set a key.
const VARIABLES: [(&str, &str); 3] = [
    ("DEVIKA_MODEL", "models.default"),
    ("DEVIKA_MODE", "tasks.mode"),
    ("DEVIKA_LOG", "log.level"),
];

/// Where the configuration comes from.
#[derive(Clone, Default)]
pub struct Sources {
    /// The user's file; none where it does not exist.
    pub user_file: Option<PathBuf>,
    /// The captured environment.
    pub env: BTreeMap<String, String>,
    /// What the client or the command line sets: an object of tables.
    pub overrides: serde_json::Value,
    /// A file in the workspace, which can only tighten; none where it does not exist.
    pub workspace_file: Option<PathBuf>,
    /// How a git repository holds a file that lies in one. Without it, a file with a key is refused
    /// in every repository.
    pub git: Option<fn(&Path) -> GitState>,
}

impl fmt::Debug for Sources {
    /// Without the environment and the options: they may hold secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sources")
            .field("user_file", &self.user_file)
            .field("workspace_file", &self.workspace_file)
            .finish_non_exhaustive()
    }
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
/// [`ConfigError`]: everything that is wrong at once, each with file, line, column and the nearest
/// key.
pub fn load(sources: &Sources) -> Result<Loaded, ConfigError> {
    let mut warnings = Vec::new();
    let user = user_layer(sources, &mut warnings)?;
    let workspace = match read(sources.workspace_file.as_deref())? {
        Some(file) => Layer::parse(&file.name(), &file.text),
        None => Layer::default(),
    };
    let mut wrong = Vec::new();
    let layers = [user, environment_layer(&sources.env), options_layer(&sources.overrides)];
    let mut values = Values::merged(layers, &mut wrong);
    wrong.extend(workspace.wrong);
    warnings.extend(values.tighten(workspace.values));

    let home = home(&sources.env);
    let keys = KeyTable::new(&values, sources);
    let providers = providers::resolve(&values, &keys, home.as_deref(), &mut wrong);
    let deploy = deploy::resolve(&values, &keys, &mut wrong);
    let memory = memory::resolve(&values, &keys);
    let research = research::resolve(&values, &keys, home.as_deref(), &mut wrong);
    let publish = publish::resolve(&values, &keys, &mut wrong);
    let parts = Parts { providers, deploy, publish, memory, research };
    let config = values.resolve(parts, home.as_deref(), &mut wrong);
    if wrong.is_empty() { Ok(Loaded { config, warnings }) } else { Err(ConfigError::Wrong(wrong)) }
}

fn user_layer(sources: &Sources, warnings: &mut Vec<String>) -> Result<Layer, ConfigError> {
    let Some(file) = read(sources.user_file.as_deref())? else {
        let named = sources.env.get("DEVIKA_CONFIG").filter(|named| !named.is_empty());
        warnings.extend(named.map(|named| {
            format!("DEVIKA_CONFIG names {named}, which does not exist: `devika init` writes it")
        }));
        return Ok(Layer::default());
    };
    let layer = Layer::parse(&file.name(), &file.text);
    if layer.secrets().next().is_some() {
        file.check_secrecy(sources.git)?;
    }
    Ok(layer)
}

fn environment_layer(env: &BTreeMap<String, String>) -> Layer {
    let mut layer = Layer::default();
    for (variable, key) in VARIABLES {
        if let Some(value) = env.get(variable).filter(|value| !value.is_empty()) {
            layer.put(key, format!("environment variable {variable}"), value);
        }
    }
    layer
}

/// Options pass through editors' settings and other programs' arguments: no place for a key. Editors
/// also take settings from the workspace's own files, which must not name a command.
fn options_layer(options: &serde_json::Value) -> Layer {
    let place = "the client's options";
    let mut layer = Layer::from_json(place, options);
    let secrets = layer.secrets().map(|name| {
        format!(
            "{place}: `{name}` is refused here; put the key into an environment variable or into \
             the user's configuration file"
        )
    });
    let commands = layer.commands().map(|name| {
        format!("{place}: `{name}` is refused here; put it into the user's configuration file")
    });
    let refused: Vec<String> = secrets.chain(commands).collect();
    layer.wrong.extend(refused);
    layer
}

fn read(path: Option<&Path>) -> Result<Option<ReadFile>, ConfigError> {
    path.map_or(Ok(None), ReadFile::open)
}
