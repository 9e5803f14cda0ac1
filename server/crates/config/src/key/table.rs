//! The keys of tables such as `[providers.mine]`: which of their sources is asked.

use std::sync::Arc;

use super::{Env, Key, Origin};
use crate::load::Sources;
use crate::values::Values;

/// Finds the keys that tables of the configuration name.
pub(crate) struct KeyTable<'a> {
    values: &'a Values,
    sources: &'a Sources,
    env: Env,
}

impl<'a> KeyTable<'a> {
    pub(crate) fn new(values: &'a Values, sources: &'a Sources) -> Self {
        Self { values, sources, env: Arc::new(sources.env.clone()) }
    }

    /// The key of a table, from the first source that is configured: the file itself, a command, the
    /// keyring (by default its entry `devika/OWNER`), the environment variable.
    pub(crate) fn key(&self, table: &str, owner: &str, variable: Option<&str>) -> Option<Key> {
        self.in_file(table)
            .or_else(|| self.of_command(table))
            .or_else(|| self.in_keyring(table, owner))
            .or_else(|| self.in_environment(variable?))
    }

    fn in_file(&self, table: &str) -> Option<Key> {
        let name = format!("{table}.key");
        let (secret, place) = self.values.secret(&name)?;
        let source = format!("{name} in {place}");
        let git = self.sources.git;
        let origin = Origin::File { path: self.sources.user_file.clone()?, name, git };
        Some(Key::seen(origin, source, secret))
    }

    fn of_command(&self, table: &str) -> Option<Key> {
        let name = format!("{table}.key_command");
        let line = self.values.text(&name)?;
        let source = format!("{name} in {}", self.values.place(&name));
        Some(Key::unread(Origin::Command { line, env: Arc::clone(&self.env) }, source))
    }

    fn in_keyring(&self, table: &str, owner: &str) -> Option<Key> {
        let name = format!("{table}.key_keyring");
        let entry = match self.values.text(&name) {
            Some(entry) => entry,
            None => self.values.flag(&name).map(|_| format!("devika/{owner}"))?,
        };
        let (service, user) = entry.split_once('/')?;
        let (service, user) = (service.to_owned(), user.to_owned());
        let origin = Origin::Keyring { service, user, env: Arc::clone(&self.env) };
        Some(Key::unread(origin, format!("keyring entry {entry}")))
    }

    fn in_environment(&self, variable: &str) -> Option<Key> {
        let text = self.env.get(variable).map(|text| text.trim());
        let text = text.filter(|text| !text.is_empty())?;
        Some(Key::fixed(text.into(), hint(variable)))
    }
}

/// How an environment variable is named as the source of a key.
pub(crate) fn hint(variable: &str) -> String {
    format!("environment variable {variable}")
}
