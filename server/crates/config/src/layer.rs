//! One layer: what was written, checked against the list of keys.

use std::collections::{BTreeMap, BTreeSet};

use toml_edit::Document;

use crate::headers;
use crate::keys::{self, Shape, Type};
use crate::value::{Checked, Set, describe, fit};
use crate::written::{Entry, Source, Written, from_json};

/// The values of one layer by dotted key, and what is wrong with the rest.
#[derive(Debug, Default)]
pub(crate) struct Layer {
    pub(crate) values: BTreeMap<String, Set>,
    /// The providers that have a table, perhaps an empty one, and where.
    pub(crate) providers: BTreeMap<String, String>,
    /// The keys whose values do not fit.
    pub(crate) unfit: BTreeSet<String>,
    pub(crate) wrong: Vec<String>,
}

impl Layer {
    /// Reads TOML; `file` names it in messages.
    pub(crate) fn parse(file: &str, text: &str) -> Self {
        let source = Source { file, text };
        let mut layer = Self::default();
        match Document::parse(text) {
            Ok(document) => layer.table(&[], source.entries(document.as_table())),
            // The words are the parser's own and quote nothing of the file, which may hold a key.
            Err(error) => {
                let place = source.place(error.span().map_or(0, |span| span.start));
                layer.wrong.push(format!("{place}: {}", error.message().trim()));
            }
        }
        layer
    }

    /// Takes what a client or the command line sets: an object of tables, or null.
    pub(crate) fn from_json(place: &str, options: &serde_json::Value) -> Self {
        let mut layer = Self::default();
        match from_json(place, options) {
            Written::Table(entries) => layer.table(&[], entries),
            _ => layer.wrong.push(format!("{place} must be an object of tables")),
        }
        layer
    }

    /// Takes one value of another source, e.g. of an environment variable.
    pub(crate) fn put(&mut self, name: &str, place: String, text: &str) {
        let path = name.split('.').map(str::to_owned).collect();
        self.table(&[], vec![Entry { path, place, value: Written::Text(text.to_owned()) }]);
    }

    /// The secrets that are set here.
    pub(crate) fn secrets(&self) -> impl Iterator<Item = &str> {
        let secrets = self.values.iter().filter(|(_, set)| matches!(set.value, Checked::Secret(_)));
        secrets.map(|(name, _)| name.as_str())
    }

    /// The commands that are set here.
    pub(crate) fn commands(&self) -> impl Iterator<Item = &str> {
        let is_command = |name: &&String| keys::find(name).is_some_and(|k| k.kind == Type::Command);
        self.values.keys().filter(is_command).map(String::as_str)
    }

    fn table(&mut self, above: &[&str], entries: Vec<Entry>) {
        for entry in entries {
            // A name that the user chooses may have dots: `gpt-4.1` is one name in JSON, too.
            let whole = [entry.path.join(".")];
            let names = if keys::is_free(above) { &whole[..] } else { &entry.path[..] };
            let path: Vec<&str> =
                above.iter().copied().chain(names.iter().map(String::as_str)).collect();
            self.entry(&path, entry.place, entry.value);
        }
    }

    fn entry(&mut self, path: &[&str], place: String, value: Written) {
        let name = shown(path);
        if let ["providers", provider, ..] = path
            && let Err(why) = self.provider(provider, &place)
        {
            return self.wrong.push(why);
        }
        match (keys::shape(path), value) {
            (Shape::Key(key), value) => self.key(path, key.kind, place, value),
            (Shape::Table, Written::Table(entries)) => self.table(path, entries),
            (Shape::Table, _) => {
                self.wrong.push(format!("{place}: `{name}` is a table: write [{name}]"));
            }
            (Shape::Unknown, Written::Table(_)) if path.len() == 1 => {
                let instead = keys::instead_of_table(path[0]);
                self.wrong.push(format!("{place}: there is no table `[{name}]`{instead}"));
            }
            (Shape::Unknown, _) => {
                let instead = keys::instead_of_key(path);
                self.wrong.push(format!("{place}: there is no key `{name}`{instead}"));
            }
        }
    }

    fn key(&mut self, path: &[&str], kind: Type, place: String, value: Written) {
        let name = shown(path);
        if kind == Type::Header && !headers::is_name(path[path.len() - 1]) {
            return self.wrong.push(format!("{place}: `{name}` is no name of an HTTP header"));
        }
        match fit(kind, value).map(|value| headers::hidden(path, value)) {
            Some(value) => {
                let path = path.iter().map(|part| (*part).to_owned()).collect();
                self.values.insert(name, Set { value, place, path });
            }
            None => {
                self.wrong.push(format!("{place}: `{name}` must be {}", describe(kind)));
                self.unfit.insert(name);
            }
        }
    }

    /// Notes a provider; its name goes before the slash in `provider/model`.
    fn provider(&mut self, name: &str, place: &str) -> Result<(), String> {
        if !is_bare(name) {
            return Err(format!(
                "{place}: a provider cannot be called {name:?}: use letters, digits, - and _"
            ));
        }
        self.providers.entry(name.to_owned()).or_insert_with(|| place.to_owned());
        Ok(())
    }
}

/// The path as one would write it in TOML.
fn shown(path: &[&str]) -> String {
    let part = |part: &&str| if is_bare(part) { (*part).to_owned() } else { format!("{part:?}") };
    path.iter().map(part).collect::<Vec<_>>().join(".")
}

/// Whether a name needs no quotes in TOML.
fn is_bare(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c))
}
