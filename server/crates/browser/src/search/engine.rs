//! Which search engines there are, and where.

use url::Url;

use super::{EngineKey, NoAnswer, bing, brave, duckduckgo, google, searxng};
use crate::Hit;

/// A search engine, where it is, and the key to it.
#[derive(Debug, Clone)]
pub struct Engine {
    kind: Kind,
    /// Where it is, if not at its usual address.
    own_address: Option<String>,
}

#[derive(Debug, Clone)]
enum Kind {
    DuckDuckGo,
    Bing,
    /// With the id of the programmable engine.
    Google(EngineKey, String),
    Brave(EngineKey),
    Searxng,
}

/// How an engine is asked.
pub(super) struct Question {
    pub(super) url: Url,
    /// The header that carries the key.
    pub(super) key: Option<(&'static str, EngineKey)>,
}

impl Engine {
    /// DuckDuckGo's page without scripts; needs no key.
    #[must_use]
    pub fn duckduckgo() -> Self {
        Kind::DuckDuckGo.into()
    }

    /// Bing's page; needs no key.
    #[must_use]
    pub fn bing() -> Self {
        Kind::Bing.into()
    }

    /// Google's Programmable Search: an API key, and the engine's id (`cx`).
    #[must_use]
    pub fn google(key: impl Into<EngineKey>, id: impl Into<String>) -> Self {
        Kind::Google(key.into(), id.into()).into()
    }

    /// Brave's API, with its key.
    #[must_use]
    pub fn brave(key: impl Into<EngineKey>) -> Self {
        Kind::Brave(key.into()).into()
    }

    /// A SearXNG at an address, which may be on this machine or in a private network. It has to offer
    /// JSON (`search.formats` in its settings).
    #[must_use]
    pub fn searxng(address: impl Into<String>) -> Self {
        Self::from(Kind::Searxng).at(address)
    }

    /// The same engine at another address: a mirror, or what tests serve. Unlike its usual address,
    /// it may be on this machine or in a private network.
    #[must_use]
    pub fn at(self, address: impl Into<String>) -> Self {
        let address = address.into();
        let own_address = (address != self.usual_address()).then_some(address);
        Self { own_address, ..self }
    }

    /// Its name for people.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self.kind {
            Kind::DuckDuckGo => "DuckDuckGo",
            Kind::Bing => "Bing",
            Kind::Google(..) => "Google",
            Kind::Brave(_) => "Brave",
            Kind::Searxng => "SearXNG",
        }
    }

    fn usual_address(&self) -> &'static str {
        match self.kind {
            Kind::DuckDuckGo => duckduckgo::ADDRESS,
            Kind::Bing => bing::ADDRESS,
            Kind::Google(..) => google::ADDRESS,
            Kind::Brave(_) => brave::ADDRESS,
            // Everybody has their own.
            Kind::Searxng => "",
        }
    }

    /// The host and port that the user wrote.
    pub(super) fn own_host(&self) -> Option<String> {
        let url = Url::parse(self.own_address.as_deref()?).ok()?;
        Some(format!("{}:{}", url.host_str()?, url.port_or_known_default()?))
    }

    /// How a query is asked. `None` where its address is none.
    pub(super) fn question(&self, query: &str) -> Option<Question> {
        let address = self.own_address.as_deref().unwrap_or(self.usual_address());
        let mut url = Url::parse(address).ok()?;
        let key = match &self.kind {
            Kind::Google(key, _) => Some((google::KEY_HEADER, key.clone())),
            Kind::Brave(key) => Some((brave::KEY_HEADER, key.clone())),
            Kind::DuckDuckGo | Kind::Bing => None,
            Kind::Searxng => {
                if !url.path().ends_with("/search") {
                    url.path_segments_mut().ok()?.pop_if_empty().push("search");
                }
                None
            }
        };
        url.query_pairs_mut().append_pair("q", query);
        match &self.kind {
            Kind::Google(_, id) => url.query_pairs_mut().append_pair("cx", id),
            Kind::Searxng => url.query_pairs_mut().append_pair("format", "json"),
            Kind::DuckDuckGo | Kind::Bing | Kind::Brave(_) => return Some(Question { url, key }),
        };
        Some(Question { url, key })
    }

    /// Reads an answer.
    pub(super) fn read(&self, status: u16, body: &str) -> Result<Vec<Hit>, NoAnswer> {
        match self.kind {
            Kind::DuckDuckGo => duckduckgo::read(status, body),
            Kind::Bing => bing::read(status, body),
            Kind::Google(..) => google::read(status, body),
            Kind::Brave(_) => brave::read(status, body),
            Kind::Searxng => searxng::read(status, body),
        }
    }
}

impl From<Kind> for Engine {
    fn from(kind: Kind) -> Self {
        Self { kind, own_address: None }
    }
}

#[cfg(test)]
mod tests {
    use secrecy::SecretString;

    use super::*;

    fn address(engine: &Engine) -> String {
        engine.question("a b&c").unwrap().url.to_string()
    }

    #[test]
    fn each_engine_is_asked_at_its_address() {
        let key = || SecretString::from("s3cret");
        let asked = [
            Engine::duckduckgo(),
            Engine::bing(),
            Engine::google(key(), "id:1"),
            Engine::brave(key()),
            Engine::searxng("http://localhost:8888"),
            Engine::searxng("http://localhost:8888/sx/"),
            Engine::searxng("http://localhost:8888/sx/search"),
        ]
        .map(|engine| address(&engine));
        insta::assert_debug_snapshot!(asked, @r#"
        [
            "https://html.duckduckgo.com/html/?q=a+b%26c",
            "https://www.bing.com/search?q=a+b%26c",
            "https://www.googleapis.com/customsearch/v1?q=a+b%26c&cx=id%3A1",
            "https://api.search.brave.com/res/v1/web/search?q=a+b%26c",
            "http://localhost:8888/search?q=a+b%26c&format=json",
            "http://localhost:8888/sx/search?q=a+b%26c&format=json",
            "http://localhost:8888/sx/search?q=a+b%26c&format=json",
        ]
        "#);
    }

    #[test]
    fn a_key_is_in_no_address_and_is_not_printed() {
        let engine = Engine::brave(SecretString::from("s3cret"));
        assert!(!address(&engine).contains("s3cret"));
        assert!(!format!("{engine:?}").contains("s3cret"));
    }

    #[test]
    fn only_an_address_that_the_user_wrote_opens_a_host() {
        assert_eq!(Engine::bing().own_host(), None);
        assert_eq!(Engine::bing().at(bing::ADDRESS).own_host(), None);
        let own = Engine::searxng("https://search.lan/").own_host();
        assert_eq!(own, Some("search.lan:443".to_owned()));
    }
}
