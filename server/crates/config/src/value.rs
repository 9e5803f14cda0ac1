//! One layer's values: keys with the place they were written at, checked against the list of keys.

use std::collections::BTreeMap;
use std::time::Duration;

use toml_edit::{Document, Item, TableLike, Value};

use crate::keys::{self, Key, Type};

/// A checked value and where it was written.
#[derive(Debug, Clone)]
pub(crate) struct Set {
    pub(crate) value: Checked,
    pub(crate) place: String,
}

/// A value of the type that its key wants.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Checked {
    Text(String),
    Flag(bool),
    Texts(Vec<String>),
    Number(i64),
    Duration(Duration),
}

/// The values of one layer by dotted key, and what is wrong with the rest.
#[derive(Debug, Default)]
pub(crate) struct Layer {
    pub(crate) values: BTreeMap<String, Set>,
    pub(crate) wrong: Vec<String>,
}

impl Layer {
    /// Reads TOML; `file` names it in messages.
    pub(crate) fn parse(file: &str, text: &str) -> Self {
        let mut layer = Self::default();
        match Document::parse(text) {
            Ok(document) => layer.table(file, text, "", document.as_table()),
            Err(error) => {
                let line = error.span().map_or(1, |span| line_of(text, span.start));
                layer.wrong.push(format!("{file}:{line}: {}", error.message().trim()));
            }
        }
        layer
    }

    /// Takes a client's options, an object of tables.
    pub(crate) fn from_json(place: &str, options: &serde_json::Value) -> Self {
        let mut layer = Self::default();
        layer.object(place, "", options);
        layer
    }

    /// Takes one value, e.g. of an environment variable.
    pub(crate) fn put(&mut self, name: &str, place: &str, value: &serde_json::Value) {
        self.check(name, place, convert_json(value));
    }

    fn object(&mut self, place: &str, prefix: &str, value: &serde_json::Value) {
        match value {
            serde_json::Value::Object(object) if keys::find(prefix).is_none() => {
                for (name, value) in object {
                    self.object(place, &joined(prefix, name), value);
                }
            }
            serde_json::Value::Null => {}
            value => self.put(prefix, place, value),
        }
    }

    fn table(&mut self, file: &str, text: &str, prefix: &str, table: &dyn TableLike) {
        for (name, item) in table.iter() {
            let full = joined(prefix, name);
            match item.as_table_like().filter(|_| keys::find(&full).is_none()) {
                Some(inner) => self.table(file, text, &full, inner),
                None => {
                    let span =
                        table.key(name).and_then(toml_edit::Key::span).or_else(|| item.span());
                    let line = span.map_or(1, |span| line_of(text, span.start));
                    self.check(&full, &format!("{file}:{line}"), convert_toml(item));
                }
            }
        }
    }

    fn check(&mut self, name: &str, place: &str, value: Option<Raw>) {
        let Some(key) = keys::find(name) else {
            let hint = keys::nearest(name)
                .map(|near| format!("; did you mean `{near}`?"))
                .unwrap_or_default();
            self.wrong.push(format!("{place}: there is no key `{name}`{hint}"));
            return;
        };
        match value.and_then(|value| fit(key, value)) {
            Some(value) => {
                drop(self.values.insert(name.to_owned(), Set { value, place: place.to_owned() }))
            }
            None => self.wrong.push(format!("{place}: `{name}` must be {}", describe(key.kind))),
        }
    }
}

fn joined(prefix: &str, name: &str) -> String {
    if prefix.is_empty() { name.to_owned() } else { format!("{prefix}.{name}") }
}

fn line_of(text: &str, offset: usize) -> usize {
    text.as_bytes().iter().take(offset).filter(|byte| **byte == b'\n').count() + 1
}

/// A value before its key's type is known.
enum Raw {
    Text(String),
    Flag(bool),
    Number(i64),
    Texts(Vec<String>),
}

fn convert_toml(item: &Item) -> Option<Raw> {
    match item.as_value()? {
        Value::String(text) => Some(Raw::Text(text.value().clone())),
        Value::Integer(number) => Some(Raw::Number(*number.value())),
        Value::Boolean(flag) => Some(Raw::Flag(*flag.value())),
        Value::Array(array) => {
            let texts = array.iter().map(|value| value.as_str().map(str::to_owned));
            texts.collect::<Option<_>>().map(Raw::Texts)
        }
        _ => None,
    }
}

fn convert_json(value: &serde_json::Value) -> Option<Raw> {
    match value {
        serde_json::Value::String(text) => Some(Raw::Text(text.clone())),
        serde_json::Value::Number(number) => number.as_i64().map(Raw::Number),
        serde_json::Value::Bool(flag) => Some(Raw::Flag(*flag)),
        serde_json::Value::Array(array) => {
            let texts = array.iter().map(|value| value.as_str().map(str::to_owned));
            texts.collect::<Option<_>>().map(Raw::Texts)
        }
        _ => None,
    }
}

fn fit(key: &Key, value: Raw) -> Option<Checked> {
    match (key.kind, value) {
        (Type::Text, Raw::Text(text)) if !text.is_empty() => Some(Checked::Text(text)),
        (Type::Flag, Raw::Flag(flag)) => Some(Checked::Flag(flag)),
        (Type::Texts, Raw::Texts(texts)) => Some(Checked::Texts(texts)),
        (Type::Number(least, most), Raw::Number(number)) if (least..=most).contains(&number) => {
            Some(Checked::Number(number))
        }
        (Type::Word(words), Raw::Text(text)) if words.contains(&text.as_str()) => {
            Some(Checked::Text(text))
        }
        (Type::Duration, Raw::Number(seconds)) => duration(seconds, 1),
        (Type::Duration, Raw::Text(text)) => {
            let (digits, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit())?);
            let seconds = match unit.trim() {
                "s" => 1,
                "m" => 60,
                "h" => 3_600,
                _ => return None,
            };
            duration(digits.parse().ok()?, seconds)
        }
        _ => None,
    }
}

/// At least a second, at most a week.
fn duration(count: i64, seconds: i64) -> Option<Checked> {
    let total = count.checked_mul(seconds)?;
    let total = u64::try_from(total).ok().filter(|total| (1..=7 * 24 * 3_600).contains(total))?;
    Some(Checked::Duration(Duration::from_secs(total)))
}

fn describe(kind: Type) -> String {
    match kind {
        Type::Text => "a text in quotes".to_owned(),
        Type::Flag => "true or false".to_owned(),
        Type::Texts => "a list of texts".to_owned(),
        Type::Number(least, most) => format!("a whole number from {least} to {most}"),
        Type::Duration => "a time such as \"30s\", \"5m\" or \"1h\", or whole seconds".to_owned(),
        Type::Word(words) => {
            let words: Vec<String> = words.iter().map(|word| format!("\"{word}\"")).collect();
            format!("one of {}", words.join(", "))
        }
    }
}
