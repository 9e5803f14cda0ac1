//! JSON schemas as TypeScript.

use std::collections::BTreeMap;

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, SchemaGenerator};
use serde_json::Value;

/// Prints types as clients write them to the server and read them from it.
pub(crate) struct Printer {
    /// What the server writes: a field that is left out is never null.
    sent: SchemaGenerator,
    /// What the server reads: what may be left out may be null, too.
    taken: SchemaGenerator,
}

impl Default for Printer {
    fn default() -> Self {
        let settings = SchemaSettings::draft2020_12;
        Self {
            sent: settings().for_serialize().into_generator(),
            taken: settings().for_deserialize().into_generator(),
        }
    }
}

impl Printer {
    /// The expression for a type that the server writes.
    pub(crate) fn sent<T: JsonSchema>(&mut self) -> String {
        expression(self.sent.subschema_for::<T>().as_value(), Nulls::Dropped)
    }

    /// The expression for a type that the server reads.
    pub(crate) fn taken<T: JsonSchema>(&mut self) -> String {
        expression(self.taken.subschema_for::<T>().as_value(), Nulls::Kept)
    }

    /// All types that were named, in the order of their names.
    pub(crate) fn definitions(mut self) -> String {
        let sent = self.sent.take_definitions(true);
        let taken = self.taken.take_definitions(true);
        let flattened = sent.get("Event").and_then(|event| event.get("oneOf")).cloned();
        let mut texts = BTreeMap::new();
        for (name, schema) in taken {
            texts.insert(name.clone(), definition(&name, &schema, Nulls::Kept));
        }
        for (name, mut schema) in sent {
            if name != "Event" {
                refer_to_event(&mut schema, flattened.as_ref());
            }
            texts.insert(name.clone(), definition(&name, &schema, Nulls::Dropped));
        }
        texts.into_values().collect()
    }
}

/// Whether a field that may be left out may be null instead.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Nulls {
    Kept,
    Dropped,
}

/// A record that an event is flattened into says so, instead of all events once more.
fn refer_to_event(schema: &mut Value, event: Option<&Value>) {
    let Some(object) = schema.as_object_mut() else { return };
    if event.is_some() && object.get("oneOf") == event {
        object.insert("oneOf".to_owned(), serde_json::json!([{ "$ref": "#/$defs/Event" }]));
    }
}

fn definition(name: &str, schema: &Value, nulls: Nulls) -> String {
    let doc = doc(schema, "");
    match fields(schema).filter(|_| schema.get("oneOf").is_none()) {
        Some(_) => format!("\n{doc}export interface {name} {}\n", expression(schema, nulls)),
        None => format!("\n{doc}export type {name} ={};\n", alternatives(schema, nulls)),
    }
}

/// What a type is equal to: on the same line where it is short, else an alternative a line.
fn alternatives(schema: &Value, nulls: Nulls) -> String {
    let documented = schema.get("oneOf").and_then(Value::as_array);
    let Some(all) = documented.filter(|_| fields(schema).is_none()) else {
        return format!(" {}", expression(schema, nulls));
    };
    let line = |one: &Value| {
        format!("\n{}  | {}", doc(one, "  "), expression(one, nulls).replace('\n', "\n    "))
    };
    all.iter().map(line).collect()
}

fn expression(schema: &Value, nulls: Nulls) -> String {
    parts(schema, nulls).join(" | ")
}

/// The alternatives of a type.
fn parts(schema: &Value, nulls: Nulls) -> Vec<String> {
    if let Some(name) = schema.get("$ref").and_then(Value::as_str) {
        return vec![name.rsplit('/').next().unwrap_or(name).to_owned()];
    }
    if let Some(value) = schema.get("const") {
        return vec![value.to_string()];
    }
    if let Some(values) = schema.get("enum").and_then(Value::as_array) {
        return values.iter().map(Value::to_string).collect();
    }
    let choice = schema.get("oneOf").or_else(|| schema.get("anyOf")).and_then(Value::as_array);
    match (choice, fields(schema)) {
        (Some(all), None) => all.iter().flat_map(|one| parts(one, nulls)).collect(),
        (Some(all), Some(_)) => {
            let all: Vec<String> = all.iter().flat_map(|one| parts(one, nulls)).collect();
            let all = if all.len() == 1 { all.concat() } else { format!("({})", all.join(" | ")) };
            vec![format!("{all} & {}", object(schema, nulls))]
        }
        (None, _) => typed(schema, nulls),
    }
}

fn typed(schema: &Value, nulls: Nulls) -> Vec<String> {
    let named = |name: &str| match name {
        "integer" | "number" => "number".to_owned(),
        "array" => list(schema, nulls),
        "object" => object(schema, nulls),
        other => other.to_owned(),
    };
    match schema.get("type") {
        Some(Value::String(name)) => vec![named(name)],
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).map(named).collect(),
        _ => vec!["unknown".to_owned()],
    }
}

fn list(schema: &Value, nulls: Nulls) -> String {
    let item = schema.get("items").map_or_else(|| "unknown".to_owned(), |of| expression(of, nulls));
    if item.contains([' ', '\n']) { format!("({item})[]") } else { format!("{item}[]") }
}

fn object(schema: &Value, nulls: Nulls) -> String {
    let Some(fields) = fields(schema) else {
        return match schema.get("additionalProperties") {
            Some(value) if value.is_object() => {
                format!("Record<string, {}>", expression(value, nulls))
            }
            _ => "Record<string, never>".to_owned(),
        };
    };
    let required: Vec<&str> = schema
        .get("required")
        .and_then(Value::as_array)
        .map(|names| names.iter().filter_map(Value::as_str).collect())
        .unwrap_or_default();
    let field = |(name, of): (&String, &Value)| {
        let is_optional = !required.contains(&name.as_str());
        let mut types = parts(of, nulls);
        if is_optional && nulls == Nulls::Dropped {
            types.retain(|part| part != "null");
        }
        let mark = if is_optional { "?" } else { "" };
        let types = types.join(" | ").replace('\n', "\n  ");
        format!("{}  {name}{mark}: {types};\n", doc(of, "  "))
    };
    format!("{{\n{}}}", fields.iter().map(field).collect::<String>())
}

fn fields(schema: &Value) -> Option<&serde_json::Map<String, Value>> {
    schema.get("properties").and_then(Value::as_object).filter(|fields| !fields.is_empty())
}

/// What the type's documentation says, without the links of Rust.
fn doc(schema: &Value, indent: &str) -> String {
    let Some(text) = schema.get("description").and_then(Value::as_str) else {
        return String::new();
    };
    let text = text.replace("[`", "`").replace("`]", "`");
    match text.contains('\n') {
        false => format!("{indent}/** {text} */\n"),
        true => {
            let lines: String = text
                .lines()
                .map(|line| format!("{indent} * {line}").trim_end().to_owned() + "\n")
                .collect();
            format!("{indent}/**\n{lines}{indent} */\n")
        }
    }
}
