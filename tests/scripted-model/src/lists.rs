//! The lists of models, with the limits that each provider tells.

use serde_json::{Value, json};

use crate::dialect::Protocol;
use crate::script::Script;

/// The answer to a request for the models.
pub(crate) fn models(protocol: Protocol, script: &Script) -> Value {
    let (context, output) = script.limits;
    let names = script.models.iter();
    match protocol {
        Protocol::Gemini => {
            let model = |name: &String| {
                json!({
                    "name": format!("models/{name}"), "displayName": name,
                    "inputTokenLimit": context, "outputTokenLimit": output,
                    "supportedGenerationMethods": ["generateContent", "countTokens"],
                })
            };
            json!({"models": names.map(model).collect::<Vec<_>>()})
        }
        Protocol::Ollama => {
            let model = |name: &String| json!({"name": name, "model": name, "size": 1});
            json!({"models": names.map(model).collect::<Vec<_>>()})
        }
        Protocol::Anthropic => {
            let model = |name: &String| json!({"type": "model", "id": name, "display_name": name});
            json!({"data": names.map(model).collect::<Vec<_>>(), "has_more": false})
        }
        _ => {
            let model = |name: &String| {
                let mut model = json!({"id": name, "object": "model", "owned_by": "scripted"});
                match protocol {
                    Protocol::Mistral => model["max_context_length"] = json!(context),
                    Protocol::Groq => {
                        model["context_window"] = json!(context);
                        model["max_completion_tokens"] = json!(output);
                    }
                    Protocol::OpenRouter => {
                        model["context_length"] = json!(context);
                        model["top_provider"] = json!({"max_completion_tokens": output});
                    }
                    Protocol::LmStudio => model["max_context_length"] = json!(context),
                    _ => {}
                }
                model
            };
            json!({"object": "list", "data": names.map(model).collect::<Vec<_>>()})
        }
    }
}

/// What Ollama tells of one model, where it has it.
pub(crate) fn show(name: &str, script: &Script) -> Option<Value> {
    script.models.iter().find(|model| *model == name)?;
    Some(json!({
        "details": {"family": "scripted"},
        "model_info": {
            "general.architecture": "scripted", "scripted.context_length": script.limits.0,
        },
        "capabilities": ["completion"],
    }))
}
