//! Configuration as it was written, in TOML or JSON, with the place of each key.

use toml_edit::{Array, Item, TableLike, Value};

/// A value, before anybody has asked whether it fits its key.
#[derive(Debug)]
pub(crate) enum Written {
    Table(Vec<Entry>),
    Text(String),
    Flag(bool),
    Number(i64),
    /// A number with decimals, as it was written: an amount must not pass through a float.
    Fraction(String),
    Texts(Vec<String>),
    /// Fits no key: a date, a list of anything but texts.
    Other,
}

/// A key with its value.
#[derive(Debug)]
pub(crate) struct Entry {
    /// The key, in as many parts as it has; more than one only in JSON.
    pub(crate) path: Vec<String>,
    /// `FILE:LINE:COLUMN`, or the name of another source.
    pub(crate) place: String,
    pub(crate) value: Written,
}

/// A text and the name of its file, in which bytes have lines and columns.
pub(crate) struct Source<'a> {
    pub(crate) file: &'a str,
    pub(crate) text: &'a str,
}

impl Source<'_> {
    /// `FILE:LINE:COLUMN` of a byte, both counted from 1, columns in characters.
    pub(crate) fn place(&self, offset: usize) -> String {
        let before = &self.text[..self.text.floor_char_boundary(offset)];
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().map_or(0, |start| start.chars().count()) + 1;
        format!("{}:{line}:{column}", self.file)
    }

    /// The entries of a table.
    pub(crate) fn entries(&self, table: &dyn TableLike) -> Vec<Entry> {
        let entry = |(name, item): (&str, &Item)| {
            let span = table.key(name).and_then(toml_edit::Key::span).or_else(|| item.span());
            Entry {
                path: vec![name.to_owned()],
                place: self.place(span.map_or(0, |span| span.start)),
                value: self.value(item),
            }
        };
        table.iter().map(entry).collect()
    }

    fn value(&self, item: &Item) -> Written {
        if let Some(table) = item.as_table_like() {
            return Written::Table(self.entries(table));
        }
        match item.as_value() {
            Some(Value::String(text)) => Written::Text(text.value().clone()),
            Some(Value::Integer(number)) => Written::Number(*number.value()),
            Some(Value::Float(_)) => {
                let digits = item.span().and_then(|span| self.text.get(span)).unwrap_or_default();
                Written::Fraction(digits.replace('_', ""))
            }
            Some(Value::Boolean(flag)) => Written::Flag(*flag.value()),
            Some(Value::Array(array)) => texts(array),
            _ => Written::Other,
        }
    }
}

fn texts(array: &Array) -> Written {
    let texts = array.iter().map(|value| value.as_str().map(str::to_owned));
    texts.collect::<Option<_>>().map_or(Written::Other, Written::Texts)
}

/// What a client wrote. A name with dots stands for tables in tables, as editors' settings do; what
/// is null is not set.
pub(crate) fn from_json(place: &str, value: &serde_json::Value) -> Written {
    use serde_json::Value::{Array, Bool, Number, Object, String};
    match value {
        Object(object) => {
            let set = object.iter().filter(|(_, value)| !value.is_null());
            let entry = |(name, value): (&std::string::String, _)| Entry {
                path: name.split('.').map(str::to_owned).collect(),
                place: place.to_owned(),
                value: from_json(place, value),
            };
            Written::Table(set.map(entry).collect())
        }
        String(text) => Written::Text(text.clone()),
        Number(number) => {
            number.as_i64().map_or_else(|| Written::Fraction(number.to_string()), Written::Number)
        }
        Bool(flag) => Written::Flag(*flag),
        Array(array) => {
            let texts = array.iter().map(|value| value.as_str().map(str::to_owned));
            texts.collect::<Option<_>>().map_or(Written::Other, Written::Texts)
        }
        serde_json::Value::Null => Written::Table(Vec::new()),
    }
}
