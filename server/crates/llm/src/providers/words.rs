//! What a provider said about a failure, in whatever shape, and what it is about.

use serde_json::Value;

/// Characters of an error page that are looked at.
const PAGE_LIMIT: usize = 4000;

/// What a provider said about a failure.
pub(crate) struct Words {
    pub(crate) message: String,
    /// The status that an error inside a stream stands for, where it says so.
    pub(crate) status: Option<u16>,
    /// Message, kind and code in lower case, to be searched.
    all: String,
}

impl Words {
    /// Reads the body of an HTTP error.
    pub(crate) fn read(body: &str) -> Self {
        match serde_json::from_str::<Value>(body) {
            Ok(value) => Self::of(&value),
            Err(_) => Self::new(without_markup(body), String::new(), None),
        }
    }

    /// Finds the words in the shapes that providers use: `{error: {message, type, code}}`,
    /// `{error: "…"}`, `{message: "…"}`, `{detail: "…"}`, `{detail: [{msg: "…"}]}`, a list of one of
    /// these.
    pub(crate) fn of(value: &Value) -> Self {
        let value = value.get(0).unwrap_or(value);
        let error = value.get("error").filter(|error| !error.is_null()).unwrap_or(value);
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let message = text(error)
            .or_else(|| ["message", "detail"].iter().find_map(|name| text(&error[*name])))
            .or_else(|| text(&error["detail"][0]["msg"]))
            .or_else(|| text(&value["message"]))
            .unwrap_or_else(|| value.to_string());
        let kinds = ["type", "status", "code"].map(|name| match &error[name] {
            Value::String(kind) => kind.clone(),
            Value::Null => String::new(),
            other => other.to_string(),
        });
        let number = error["code"].as_u64().and_then(|code| u16::try_from(code).ok());
        let kinds = kinds.join(" ").to_lowercase();
        let status = number.filter(|code| (400..600).contains(code)).or_else(|| status(&kinds));
        let details = value.pointer("/error/details").map(Value::to_string).unwrap_or_default();
        Self::new(message, format!("{kinds} {details}"), status)
    }

    fn new(message: String, kinds: String, status: Option<u16>) -> Self {
        let all = format!("{message} {kinds}").to_lowercase();
        let message =
            if message.trim().is_empty() { "no reason given".to_owned() } else { message };
        Self { message, status, all }
    }

    /// All words in lower case.
    pub(crate) fn all(&self) -> &str {
        &self.all
    }

    pub(crate) fn names(&self, word: &str) -> bool {
        self.all.contains(word)
    }

    fn names_any(&self, words: &[&str]) -> bool {
        words.iter().any(|word| self.names(word))
    }

    /// The prompt is too long, in the words of OpenAI, Anthropic, Gemini, Mistral, Groq, LM Studio,
    /// llama.cpp and Ollama.
    pub(crate) fn is_about_context(&self) -> bool {
        self.names_any(&[
            "context_length",
            "context length",
            "context window",
            "context size",
            "context limit",
            "exceed_context_size",
            "maximum context",
            "exceeds the maximum number of tokens",
            "context the overflows",
            "prompt is too long",
            "prompt too long",
            "input is too long",
            "too large for model",
            "too many tokens",
            "reduce the length",
        ])
    }

    pub(crate) fn is_about_unknown_model(&self) -> bool {
        self.names("model")
            && self.names_any(&[
                "not found",
                "not exist",
                "unknown",
                "invalid model",
                "not a valid model",
                "decommissioned",
                "model_not_found",
            ])
    }

    pub(crate) fn is_about_content_policy(&self) -> bool {
        self.names_any(&["content_filter", "content_policy", "content management policy"])
    }

    /// No waiting ends it. Gemini speaks of billing in every complaint about too many requests.
    pub(crate) fn is_about_money(&self) -> bool {
        self.names_any(&["insufficient_quota", "credit balance", "insufficient credits"])
            || (self.names("billing") && !self.names("resource_exhausted"))
    }

    /// Gemini answers 400 to a key that it does not know.
    pub(crate) fn is_about_the_key(&self) -> bool {
        self.names_any(&["api_key_invalid", "api key not valid"])
    }
}

/// The status that a kind of error stands for.
fn status(kinds: &str) -> Option<u16> {
    [
        ("overloaded_error", 529),
        ("rate_limit", 429),
        ("resource_exhausted", 429),
        ("authentication_error", 401),
        ("permission_error", 403),
    ]
    .iter()
    .find_map(|(kind, status)| kinds.contains(kind).then_some(*status))
}

/// An error page's text: what stands between its tags.
fn without_markup(body: &str) -> String {
    let mut text = String::new();
    let mut in_tag = false;
    for character in body.chars().take(PAGE_LIMIT) {
        match character {
            '<' => in_tag = true,
            '>' if in_tag => {
                in_tag = false;
                text.push(' ');
            }
            _ if !in_tag => text.push(character),
            _ => {}
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_in_every_shape() {
        let shapes = [
            r#"{"error": {"message": "no", "type": "t", "code": null}}"#,
            r#"{"error": "no"}"#,
            r#"{"message": "no"}"#,
            r#"{"detail": "no"}"#,
            r#"{"detail": [{"loc": ["body"], "msg": "no"}]}"#,
            r#"[{"error": {"message": "no", "status": "s"}}]"#,
            "<html><b>no</b></html>",
        ];
        for shape in shapes {
            assert_eq!(Words::read(shape).message.trim(), "no", "{shape}");
        }
        assert_eq!(Words::read("").message, "no reason given");
    }

    #[test]
    fn geminis_talk_of_billing_is_about_requests_and_openais_is_about_money() {
        let words = "You exceeded your current quota, check your plan and billing details.";
        let gemini = format!(
            r#"{{"error": {{"code": 429, "message": "{words}", "status": "RESOURCE_EXHAUSTED",
            "details": [{{"@type": "RetryInfo", "retryDelay": "37s"}}]}}}}"#
        );
        let gemini = Words::read(&gemini);
        assert!(!gemini.is_about_money() && gemini.names("\"retrydelay\":\"37s\""));
        let openai =
            format!(r#"{{"error": {{"message": "{words}", "type": "insufficient_quota"}}}}"#);
        assert!(Words::read(&openai).is_about_money());
    }
}
