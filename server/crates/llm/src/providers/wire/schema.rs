//! How a model is told the schema of its answer.

use devika_config::{Provider, ProviderKind};
use serde_json::Value;

use super::Asked;

/// How the model is told the schema of its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SchemaBy {
    /// By the provider's own field, which also enforces it.
    Field,
    /// At the end of the prompt.
    Prompt,
}

/// How this model is told a schema until it says otherwise. Anthropic enforces schemas from
/// Claude 4.5 on; other servers of its protocol ignore the field.
pub(crate) fn schema_by(provider: &Provider, model: &str) -> SchemaBy {
    if provider.kind != ProviderKind::Anthropic {
        return SchemaBy::Field;
    }
    const WITHOUT: [&str; 6] = [
        "claude-2",
        "claude-3",
        "claude-sonnet-4-0",
        "claude-opus-4-0",
        "claude-sonnet-4-2",
        "claude-opus-4-2",
    ];
    let known = model.starts_with("claude-") && !WITHOUT.iter().any(|name| model.starts_with(name));
    if known { SchemaBy::Field } else { SchemaBy::Prompt }
}

impl Asked<'_> {
    /// Name and schema, where a field of the request carries it.
    pub(super) fn schema_field(&self) -> Option<(&'static str, Value)> {
        let schema = self.request.schema.as_ref()?;
        (self.schema_by == SchemaBy::Field).then(|| (schema.name, closed(&schema.json)))
    }
}

/// The schema with every object closed and all its properties required, which OpenAI and Anthropic
/// demand of a schema that they enforce.
fn closed(schema: &Value) -> Value {
    match schema {
        Value::Object(fields) => {
            let mut closed: serde_json::Map<String, Value> =
                fields.iter().map(|(name, value)| (name.clone(), self::closed(value))).collect();
            // A property may be called `properties`; only a schema's own is an object of schemas.
            if let Some(Value::Object(properties)) = fields.get("properties")
                && fields.get("type").is_some_and(|word| word == "object")
            {
                let names: Vec<&String> = properties.keys().collect();
                closed.insert("required".to_owned(), serde_json::json!(names));
                closed.entry("additionalProperties").or_insert(Value::Bool(false));
            }
            Value::Object(closed)
        }
        Value::Array(values) => Value::Array(values.iter().map(closed).collect()),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_object_of_a_schema_is_closed_and_all_is_required() {
        let inner = json!({"type": "object", "properties": {"b": {"type": "string"}}});
        let open =
            json!({"type": "object", "properties": {"a": {"type": "array", "items": inner}}});
        insta::assert_snapshot!(closed(&open), @r#"{"type":"object","properties":{"a":{"type":"array","items":{"type":"object","properties":{"b":{"type":"string"}},"required":["b"],"additionalProperties":false}}},"required":["a"],"additionalProperties":false}"#);
    }
}
