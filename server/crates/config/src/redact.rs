//! Keys in texts: taken out of what is shown or kept, and found in what is to be committed.

use std::borrow::Cow;

use memchr::memmem;
use regex::Captures;
use secrecy::{ExposeSecret as _, SecretString};

use crate::config::Config;
use crate::key::Key;
use crate::provider::Provider;
use crate::shapes;

/// Bytes of a key at the least: what is shorter is no secret (`x`, `ollama`), and would tear
/// ordinary words out of texts.
const SHORTEST: usize = 8;

/// Takes the keys of all providers, and what looks like a key, out of texts.
///
/// It knows a key from the moment that it is read, and goes on knowing those that were replaced.
#[derive(Debug, Clone)]
pub struct Redactor {
    keys: Vec<(String, Key)>,
    headers: Vec<(String, SecretString)>,
}

impl Redactor {
    /// A redactor for the keys of a configuration. Reads none of them.
    pub fn new(config: &Config) -> Self {
        let tokens = tokens(config).map(|(name, key)| (name.to_owned(), key.clone()));
        let keys = config
            .providers
            .iter()
            .filter_map(|provider| Some((provider.name.clone(), provider.key.clone()?)))
            .chain(tokens);
        let headers = config.providers.iter().flat_map(|provider| {
            provider.secret_headers().map(|value| (provider.name.clone(), value.into()))
        });
        Self { keys: keys.collect(), headers: headers.collect() }
    }

    /// The text with `[key of PROVIDER]` and `[secret]` in place of secrets.
    pub fn redact<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let mut text = Cow::Borrowed(text);
        for (name, secret) in self.secrets() {
            let secret = secret.expose_secret();
            if memmem::find(text.as_bytes(), secret.as_bytes()).is_some() {
                text = text.replace(secret, &format!("[key of {name}]")).into();
            }
        }
        match without_shapes(&text) {
            Cow::Borrowed(_) => text,
            Cow::Owned(redacted) => redacted.into(),
        }
    }

    /// All secrets that are known by now, long ones first: one may be a part of another.
    fn secrets(&self) -> Vec<(&str, SecretString)> {
        let keys = self.keys.iter().flat_map(|(name, key)| {
            let remembered = key.remembered().clone();
            remembered.into_iter().map(move |secret| (name.as_str(), secret))
        });
        let headers = self.headers.iter().map(|(name, value)| (name.as_str(), value.clone()));
        let mut secrets: Vec<_> =
            keys.chain(headers).filter(|(_, secret)| is_long_enough(secret)).collect();
        secrets.sort_by_key(|(_, secret)| std::cmp::Reverse(secret.expose_secret().len()));
        secrets
    }
}

/// The provider whose key stands in `bytes`: what is about to be committed, sent or stored. Knows
/// the keys that were read, and reads none.
pub fn find_in(bytes: impl AsRef<[u8]>, config: &Config) -> Option<&str> {
    let bytes = bytes.as_ref();
    let holds = |secret: &str| memmem::find(bytes, secret.as_bytes()).is_some();
    let by_key = |key: &Key| {
        let remembered = key.remembered();
        let mut keys = remembered.iter();
        keys.by_ref().filter(|key| is_long_enough(key)).any(|key| holds(key.expose_secret()))
    };
    let by_header = |provider: &Provider| {
        provider.secret_headers().filter(|value| value.len() >= SHORTEST).any(holds)
    };
    let betrayed =
        config.providers.iter().find(|it| it.key.as_ref().is_some_and(&by_key) || by_header(it));
    betrayed
        .map(|provider| provider.name.as_str())
        .or_else(|| tokens(config).find(|(_, key)| by_key(key)).map(|(name, _)| name))
}

/// Tokens of what is no provider of models, and whose they are.
pub fn tokens(config: &Config) -> impl Iterator<Item = (&'static str, &Key)> {
    let tokens = [
        ("Netlify", &config.deploy.netlify.key),
        ("GitHub", &config.publish.github.key),
        ("GitLab", &config.publish.gitlab.key),
    ];
    tokens.into_iter().filter_map(|(name, key)| Some((name, key.as_ref()?)))
}

fn is_long_enough(secret: &SecretString) -> bool {
    secret.expose_secret().len() >= SHORTEST
}

fn without_shapes(text: &str) -> Cow<'_, str> {
    shapes::ANY.replace_all(text, |found: &Captures<'_>| {
        // What stands before a key says what it is for, and is kept.
        let kept = found.iter().skip(1).flatten().next().map_or("", |group| group.as_str());
        if shapes::is_key(&found[0]) { format!("{kept}[secret]") } else { found[0].to_owned() }
    })
}
