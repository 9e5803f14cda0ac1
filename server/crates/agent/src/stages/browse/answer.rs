//! What the model wants done to a page: one small JSON object a turn.

use devika_llm::Schema;
use serde::Deserialize;
use serde_json::json;

use crate::stages::decision::{object_in, one_line};

/// Characters that are typed into one input.
const MAX_TYPED: usize = 500;

/// What the model chooses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Choice {
    Act(Wish),
    /// Nothing more: the answer for the user, which may be empty.
    Done(String),
}

/// What is to be done to the page. Elements are named by the numbers that the model was shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Wish {
    Click(usize),
    Type(usize, String),
    Scroll,
    Back,
}

/// The model's answer.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) monologue: String,
    pub(super) choice: Choice,
}

#[derive(Deserialize)]
struct Written {
    #[serde(default)]
    monologue: String,
    act: String,
    #[serde(default)]
    number: usize,
    #[serde(default)]
    text: String,
}

impl Answer {
    /// Reads an answer.
    ///
    /// # Errors
    /// What is wrong, in words for the model.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let json = object_in(text).ok_or("your answer contains no JSON object")?;
        let written: Written = serde_json::from_str(json)
            .map_err(|error| format!("your answer cannot be read: {error}"))?;
        let typed = || written.text.trim().chars().take(MAX_TYPED).collect();
        let choice = match written.act.trim() {
            "click" => Choice::Act(Wish::Click(written.number)),
            "type" => Choice::Act(Wish::Type(written.number, typed())),
            "scroll" => Choice::Act(Wish::Scroll),
            "back" => Choice::Act(Wish::Back),
            "done" => Choice::Done(written.text.trim().to_owned()),
            other => return Err(format!("there is no act {:?}", one_line(other))),
        };
        Ok(Self { monologue: one_line(&written.monologue), choice })
    }
}

/// The schema of an answer. All fields are required and no other is allowed, as providers' strict modes
/// want it.
pub(super) fn schema() -> Schema {
    Schema {
        name: "browse",
        json: json!({
            "type": "object",
            "properties": {
                "monologue": { "type": "string" },
                "act": { "type": "string", "enum": ["click", "type", "scroll", "back", "done"] },
                "number": { "type": "integer" },
                "text": { "type": "string" },
            },
            "required": ["monologue", "act", "number", "text"],
            "additionalProperties": false,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choice(text: &str) -> Result<Choice, String> {
        Answer::parse(text).map(|answer| answer.choice)
    }

    #[test]
    fn an_answer_is_one_object_with_what_it_needs() {
        assert_eq!(choice(r#"{"act":"click","number":3}"#), Ok(Choice::Act(Wish::Click(3))));
        let typed = r#"So: {"monologue":"m","act":"type","number":2,"text":" retry budget "}"#;
        assert_eq!(choice(typed), Ok(Choice::Act(Wish::Type(2, "retry budget".to_owned()))));
        assert_eq!(
            choice(r#"{"act":"scroll","number":0,"text":""}"#),
            Ok(Choice::Act(Wish::Scroll))
        );
        assert_eq!(choice(r#"{"act":"done","text":"42"}"#), Ok(Choice::Done("42".to_owned())));
    }

    #[test]
    fn what_is_wrong_is_said_in_words_for_the_model() {
        assert_eq!(choice("click 3"), Err("your answer contains no JSON object".to_owned()));
        assert_eq!(choice(r#"{"act":"buy"}"#), Err("there is no act \"buy\"".to_owned()));
        assert!(choice(r#"{"act":"click","number":-1}"#).unwrap_err().contains("cannot be read"));
    }

    #[test]
    fn the_schema_names_every_field() {
        let named = schema().json["required"].clone();
        assert_eq!(named, json!(["monologue", "act", "number", "text"]));
    }
}
