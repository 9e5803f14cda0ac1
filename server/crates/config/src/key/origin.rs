//! The sources of a key.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use secrecy::SecretString;

use super::{KeyError, command, keyring};
use crate::file::{GitState, ReadFile};
use crate::layer::Layer;
use crate::value::Checked;

/// The captured environment, which programs get besides the process's own.
pub(crate) type Env = Arc<BTreeMap<String, String>>;

/// Where a key is read from.
pub(crate) enum Origin {
    /// It was read once and cannot change while the program runs.
    Fixed,
    /// The user's configuration file.
    File {
        path: PathBuf,
        /// The dotted name of its key in there.
        name: String,
        git: Option<fn(&std::path::Path) -> GitState>,
    },
    /// What a command prints.
    Command { line: String, env: Env },
    /// The system's keyring.
    Keyring { service: String, user: String, env: Env },
}

impl Origin {
    /// Asks the source, which `source` names in messages. Blocks.
    pub(super) fn read(&self, source: &str) -> Result<SecretString, KeyError> {
        match self {
            Self::Fixed => Err(KeyError::Missing {
                source_name: source.to_owned(),
                fix: "Start Devika anew".to_owned(),
            }),
            Self::File { path, name, git } => in_file(path, name, *git, source),
            Self::Command { line, env } => command::ask(line, env, source),
            Self::Keyring { service, user, env } => keyring::ask(service, user, env, source),
        }
    }
}

fn in_file(
    path: &std::path::Path,
    name: &str,
    git: Option<fn(&std::path::Path) -> GitState>,
    source: &str,
) -> Result<SecretString, KeyError> {
    let unreadable = |why: String| KeyError::Unreadable {
        source_name: source.to_owned(),
        why,
        fix: "`devika doctor` checks the file".to_owned(),
    };
    let missing =
        || KeyError::Missing { source_name: source.to_owned(), fix: format!("Set `{name}` there") };
    let file = ReadFile::open(path).map_err(|error| unreadable(error.to_string()))?;
    let file = file.ok_or_else(missing)?;
    let layer = Layer::parse(&file.name(), &file.text);
    file.check_secrecy(git).map_err(|error| unreadable(error.to_string()))?;
    match layer.values.get(name).map(|set| &set.value) {
        Some(Checked::Secret(secret)) => Ok(secret.clone()),
        // An editor may be writing the file at this moment.
        _ if !layer.wrong.is_empty() => Err(unreadable("it has a mistake".to_owned())),
        _ => Err(missing()),
    }
}
