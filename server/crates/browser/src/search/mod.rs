//! Search engines: one file each says how it is asked and how its answer reads; here they are asked
//! in their order until one answers.

mod bing;
mod brave;
mod duckduckgo;
mod engine;
mod google;
mod key;
mod page;
mod searxng;

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use reqwest::header::{HeaderMap, HeaderValue};
use secrecy::ExposeSecret as _;
use tokio::time::Instant;

pub use engine::Engine;
use engine::Question;
pub use key::EngineKey;

use crate::fetch::{Fetcher, Purpose, Visit};
use crate::guard::Guard;
use crate::settings::Settings;
use crate::{Hit, WebError};

/// Hits of one search.
const HITS: usize = 10;

/// Characters of a query. Engines cut longer ones, or refuse them.
const QUERY_CHARS: usize = 400;

/// How long an engine is left alone that asks for a proof of being human, or for fewer questions.
const REST: Duration = Duration::from_secs(10 * 60);

/// Redirects of an engine without a key. With one none is followed: the key goes nowhere else.
const REDIRECTS: usize = 3;

/// Asks search engines.
pub(crate) struct Search {
    engines: Vec<Engine>,
    fetcher: Fetcher,
    /// Until when engines are left alone, by their place in the order.
    resting: Mutex<HashMap<usize, (Instant, NoAnswer)>>,
}

/// Why an engine has no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
enum NoAnswer {
    /// It wants a proof that a person asks.
    Human,
    /// It wants fewer questions.
    Busy,
    /// It does not take the key.
    Key,
    /// Its answer has another shape than the one that is known.
    Changed,
    /// It answers with this status.
    Status(u16),
    /// What else there is to say.
    Other(String),
}

impl fmt::Display for NoAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Human => f.write_str("asks for a proof of being human"),
            Self::Busy => f.write_str("asks for fewer searches, or your quota is used up"),
            Self::Key => f.write_str("does not take the key; check it in `[research]`"),
            Self::Changed => f.write_str("answers in a shape that Devika does not know"),
            Self::Status(status) => write!(f, "answers with status {status}"),
            Self::Other(why) => f.write_str(why),
        }
    }
}

impl Search {
    pub(crate) fn new(settings: &Settings) -> Self {
        // Only what the user wrote may be on this machine; the usual addresses are the internet's.
        let own = settings.engines.iter().filter_map(Engine::own_host);
        let mut guard = Guard::new(own);
        if let Some(names) = &settings.names {
            guard = guard.with_names(Arc::clone(names));
        }
        Self {
            engines: settings.engines.clone(),
            fetcher: Fetcher::new(guard, settings.limits),
            resting: Mutex::default(),
        }
    }

    /// The engines in their order.
    pub(crate) fn names(&self) -> String {
        self.engines.iter().map(Engine::name).collect::<Vec<_>>().join(",")
    }

    /// Asks the engines in their order. One that finds nothing is no failure, but the next is asked.
    ///
    /// # Errors
    /// [`WebError::NoEngine`], once none answers.
    pub(crate) async fn ask(&self, query: &str) -> Result<Vec<Hit>, WebError> {
        let query: String = words(query).chars().take(QUERY_CHARS).collect();
        let mut said = Vec::new();
        let mut one_answered = false;
        for (place, engine) in self.engines.iter().enumerate() {
            match self.ask_one(place, engine, &query).await {
                Ok(hits) if hits.is_empty() => one_answered = true,
                Ok(hits) => return Ok(hits),
                Err(why) => {
                    tracing::info!(engine = engine.name(), %why, "a search engine has no answer");
                    said.push(format!("{} {why}", engine.name()));
                }
            }
        }
        match one_answered {
            true => Ok(Vec::new()),
            false if said.is_empty() => Err(no_engine("no search engine is configured")),
            false => Err(no_engine(&said.join("; "))),
        }
    }

    async fn ask_one(
        &self,
        place: usize,
        engine: &Engine,
        query: &str,
    ) -> Result<Vec<Hit>, NoAnswer> {
        if let Some(why) = self.rest_of(place) {
            return Err(why);
        }
        let found = self.ask_now(engine, query).await;
        if let Err(why @ (NoAnswer::Human | NoAnswer::Busy)) = &found {
            let mut resting = self.resting.lock().unwrap_or_else(PoisonError::into_inner);
            resting.insert(place, (Instant::now() + REST, why.clone()));
        }
        Ok(tidy(found?))
    }

    async fn ask_now(&self, engine: &Engine, query: &str) -> Result<Vec<Hit>, NoAnswer> {
        let invalid = || NoAnswer::Other("has no valid address".to_owned());
        let Question { url, key } = engine.question(query).ok_or_else(invalid)?;
        let mut headers = HeaderMap::new();
        let redirects = if key.is_some() { 0 } else { REDIRECTS };
        if let Some((name, key)) = key {
            headers.insert(name, header(&key).await.map_err(NoAnswer::Other)?);
        }
        let admitted = self.fetcher.check(url.as_str()).map_err(other)?;
        let visit = Visit { admitted, headers, redirects, purpose: Purpose::Question };
        let answer = self.fetcher.visit(visit).await.map_err(other)?;
        let status = answer.response.status().as_u16();
        let body = self.fetcher.body(answer).await.map_err(other)?;
        engine.read(status, &String::from_utf8_lossy(&body))
    }

    fn rest_of(&self, place: usize) -> Option<NoAnswer> {
        let resting = self.resting.lock().unwrap_or_else(PoisonError::into_inner);
        let (until, why) = resting.get(&place)?;
        (*until > Instant::now()).then(|| why.clone())
    }
}

/// A key as a header carries it.
async fn header(key: &EngineKey) -> Result<HeaderValue, String> {
    let secret = key.secret().await.map_err(|why| format!("has no key: {why}"))?;
    let mut value = HeaderValue::from_str(secret.expose_secret())
        .map_err(|_| "has a key of other signs than a header can carry".to_owned())?;
    value.set_sensitive(true);
    Ok(value)
}

fn other(error: WebError) -> NoAnswer {
    match error {
        // Its words name the address already.
        WebError::Refused { why, .. } => NoAnswer::Other(format!("is not asked: {why}")),
        WebError::Failed { why, .. }
        | WebError::TooMuch { why, .. }
        | WebError::NoEngine { why } => NoAnswer::Other(format!("cannot be asked: {why}")),
    }
}

fn no_engine(why: &str) -> WebError {
    WebError::NoEngine { why: why.to_owned() }
}

/// Hits with addresses of the web, each once.
fn tidy(hits: Vec<Hit>) -> Vec<Hit> {
    let mut tidy: Vec<Hit> = Vec::new();
    for hit in hits {
        let is_web =
            url::Url::parse(&hit.address).is_ok_and(|url| matches!(url.scheme(), "http" | "https"));
        if is_web && tidy.iter().all(|other| other.address != hit.address) {
            tidy.push(hit);
        }
    }
    tidy.truncate(HITS);
    tidy
}

/// A text with single spaces between its words.
fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hit(address: &str) -> Hit {
        Hit { title: String::new(), address: address.to_owned(), snippet: String::new() }
    }

    #[test]
    fn hits_are_of_the_web_each_once_and_not_too_many() {
        let mut hits = vec![hit("https://a.org/"), hit("javascript:1"), hit("https://a.org/")];
        hits.extend((0..20).map(|number| hit(&format!("https://b.org/{number}"))));
        let tidy = tidy(hits);
        assert_eq!(tidy.len(), HITS);
        assert_eq!(tidy[..2], [hit("https://a.org/"), hit("https://b.org/0")]);
    }
}
