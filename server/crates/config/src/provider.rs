//! Who answers turns, resolved from the configuration.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use devika_protocol::Price;

use crate::headers;
use crate::key::Key;

/// A provider as the rest of the program needs it: every default filled in.
#[derive(Clone)]
pub struct Provider {
    /// The name before the slash in `provider/model`.
    pub name: String,
    /// Which protocol it speaks.
    pub kind: ProviderKind,
    /// Where it answers, ending before `chat/completions`, `responses`, `messages`, `models/` or
    /// `api/chat`, with a final slash. Empty for [`ProviderKind::Local`], whose address is known once it runs, and for
    /// [`ProviderKind::Editor`].
    pub base_url: String,
    /// Its key, where it has one.
    pub key: Option<Key>,
    /// Where a key would be read from, for messages.
    pub key_hint: Option<String>,
    /// The model that is used where none is named.
    pub default_model: Option<String>,
    /// How long a connection may take.
    pub connect_timeout: Duration,
    /// How long the first token may take.
    pub first_token_timeout: Duration,
    /// How long the stream may be silent between tokens.
    pub idle_timeout: Duration,
    /// Tokens of prompt and answer together.
    pub context_tokens: u32,
    /// Tokens of an answer at the most.
    pub output_tokens: u32,
    /// Whether its models are small (a few billion parameters).
    pub small: bool,
    /// Headers that are sent with each request besides its own, as a gateway wants them. `{key}` in
    /// a value stands for the key: send what [`Provider::own_headers`] gives.
    pub headers: Vec<(String, String)>,
    /// A file of certificates (PEM) that are trusted besides the system's.
    pub ca_file: Option<PathBuf>,
    /// The proxy for its address, as a URL; without one the environment's is used.
    pub proxy: Option<String>,
    /// Requests at one time at the most, over all of the user's processes.
    pub concurrency: u32,
    /// Requests that may wait for their turn at the most, over all of the user's processes.
    pub queue: u32,
    /// What its models cost, by name, where the user knows better than the built-in table; `*` is
    /// for all that are not named.
    pub prices: BTreeMap<String, Price>,
}

/// Which protocol a provider speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ProviderKind {
    /// OpenAI's chat completions, which most servers speak.
    #[serde(rename = "openai")]
    OpenAi,
    /// OpenAI's responses.
    Responses,
    /// Anthropic's messages.
    Anthropic,
    /// Google's Gemini.
    Gemini,
    /// Ollama's own protocol.
    Ollama,
    /// The small model that Devika downloads and starts itself.
    Local,
    /// The editor's own models, asked through the editor.
    Editor,
}

impl Provider {
    /// What the user says that a model costs.
    pub fn price(&self, model: &str) -> Option<Price> {
        self.prices.get(model).or_else(|| self.prices.get("*")).copied()
    }

    /// Whether a header of the user's carries the key, so that no other one is to be sent.
    pub fn key_is_in_headers(&self) -> bool {
        self.headers.iter().any(|(_, value)| value.contains(headers::KEY))
    }

    /// The user's headers with `key` in its place. A header that wants a key where there is none is
    /// left out.
    pub fn own_headers(&self, key: Option<&str>) -> Vec<(String, String)> {
        let filled = |(name, value): &(String, String)| {
            let wants = value.contains(headers::KEY);
            let value = if wants { value.replace(headers::KEY, key?) } else { value.clone() };
            Some((name.clone(), value))
        };
        self.headers.iter().filter_map(filled).collect()
    }

    /// The values of its headers that are secrets.
    pub(crate) fn secret_headers(&self) -> impl Iterator<Item = &str> {
        let secret = self.headers.iter().filter(|(name, value)| headers::is_secret(name, value));
        secret.map(|(_, value)| value.as_str())
    }
}

impl fmt::Debug for Provider {
    /// Without the values of headers, which may be secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let headers: Vec<&str> = self.headers.iter().map(|(name, _)| name.as_str()).collect();
        f.debug_struct("Provider")
            .field("name", &self.name)
            .field("kind", &self.kind)
            .field("base_url", &self.base_url)
            .field("key", &self.key)
            .field("key_hint", &self.key_hint)
            .field("default_model", &self.default_model)
            .field("connect_timeout", &self.connect_timeout)
            .field("first_token_timeout", &self.first_token_timeout)
            .field("idle_timeout", &self.idle_timeout)
            .field("context_tokens", &self.context_tokens)
            .field("output_tokens", &self.output_tokens)
            .field("small", &self.small)
            .field("headers", &headers)
            .field("ca_file", &self.ca_file)
            .field("proxy", &self.proxy)
            .field("concurrency", &self.concurrency)
            .field("queue", &self.queue)
            .field("prices", &self.prices)
            .finish()
    }
}
