//! What each provider refuses, and what a careful client does not send it.

use serde_json::Value;

use crate::Seen;
use crate::dialect::Protocol;

/// Fields that Mistral takes; it answers 422 to any other.
const MISTRAL: [&str; 12] = [
    "model",
    "messages",
    "stream",
    "max_tokens",
    "temperature",
    "top_p",
    "stop",
    "random_seed",
    "response_format",
    "tools",
    "tool_choice",
    "safe_prompt",
];

/// Fields that Gemini takes; it answers 400 to any other.
const GEMINI: [&str; 8] = [
    "contents",
    "systemInstruction",
    "generationConfig",
    "safetySettings",
    "tools",
    "toolConfig",
    "cachedContent",
    "store",
];

/// Fields of OpenAI's that Groq answers 400 to.
const NOT_GROQ: [&str; 4] = ["prompt_cache_key", "logprobs", "logit_bias", "messages.name"];

/// What a provider of this request's protocol would have against it.
pub(crate) fn complaints(seen: &Seen) -> Vec<String> {
    let body = &seen.body;
    let mut found = Vec::new();
    let mut demand = |met: bool, complaint: &str| {
        if !met {
            found.push(complaint.to_owned());
        }
    };
    match seen.protocol {
        Protocol::OpenAi | Protocol::Groq | Protocol::LmStudio | Protocol::OpenRouter => demand(
            !seen.stream || body["stream_options"]["include_usage"] == true,
            "a stream without stream_options.include_usage",
        ),
        Protocol::Anthropic => {
            demand(seen.max_tokens.is_some(), "no max_tokens, which Anthropic demands");
            demand(seen.headers.contains_key("anthropic-version"), "no anthropic-version header");
            demand(
                seen.raw.matches("\"cache_control\"").count() <= 4,
                "more than four cache_control, which Anthropic refuses",
            );
        }
        Protocol::Responses => {
            demand(
                body["store"] == false,
                "store is not false: the provider keeps the conversation",
            );
            demand(body.get("messages").is_none(), "messages, which responses do not take");
        }
        Protocol::Ollama => {
            demand(
                body["options"]["num_ctx"].is_u64(),
                "no options.num_ctx: Ollama would cut the prompt at a length of its own",
            );
            demand(body["truncate"] == false, "truncate is not false: Ollama would cut the prompt");
        }
        Protocol::Mistral | Protocol::Gemini => {}
    }
    found.extend(unknown_fields(seen.protocol, body));
    found
}

fn unknown_fields(protocol: Protocol, body: &Value) -> Vec<String> {
    let takes = |field: &str| match protocol {
        Protocol::Mistral => MISTRAL.contains(&field),
        Protocol::Gemini => GEMINI.contains(&field),
        Protocol::Groq => !NOT_GROQ.contains(&field),
        _ => true,
    };
    let fields = body.as_object().into_iter().flat_map(|body| body.keys());
    fields
        .filter(|field| !takes(field))
        .map(|field| format!("a field `{field}`, which {protocol:?} does not take"))
        .collect()
}
