//! Who answers turns, resolved from the configuration.

use std::path::PathBuf;
use std::time::Duration;

use secrecy::SecretString;

/// A provider as the rest of the program needs it: every default filled in.
#[derive(Debug, Clone)]
pub struct Provider {
    /// The name before the slash in `provider/model`.
    pub name: String,
    /// Which protocol it speaks.
    pub kind: ProviderKind,
    /// Where it answers, ending before `chat/completions`, `responses`, `messages`, `models/` or
    /// `api/chat`, with a final slash. Empty for [`ProviderKind::Local`], whose address is known once it runs.
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
    /// Headers that are sent with each request besides its own, as a gateway wants them.
    pub headers: Vec<(String, String)>,
    /// A file of certificates (PEM) that are trusted besides the system's.
    pub ca_file: Option<PathBuf>,
    /// The proxy for its address, as a URL; without one the environment's is used.
    pub proxy: Option<String>,
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
}

/// A secret and where it came from.
#[derive(Debug, Clone)]
pub struct Key {
    /// The secret.
    pub secret: SecretString,
    /// Where it was read from, e.g. `environment variable OPENAI_API_KEY`; safe to show.
    pub source: String,
}
