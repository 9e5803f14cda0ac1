//! How the web is read, resolved from the configuration.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::key::{Key, KeyTable};
use crate::values::Values;

/// How the web is read.
#[derive(Debug, Clone)]
pub struct Research {
    /// Whether tasks may search and read the web.
    pub on: bool,
    /// The search engines, in the order in which they are asked.
    pub engines: Vec<Engine>,
    /// Pages that are read for one query at the most.
    pub pages: usize,
    /// How long reading one page may take.
    pub time_limit: Duration,
    /// Bytes of one page at the most.
    pub page_bytes: u64,
    /// How long a page that was read may be taken from the cache.
    pub cache_age: Duration,
    /// Bytes of the cache.
    pub cache_bytes: u64,
    /// Hosts in private networks that may be read all the same.
    pub private_hosts: Vec<String>,
    /// The proxy through which the internet is read, as a URL; none where absent.
    pub proxy: Option<String>,
    /// Whether pages are rendered in Chrome, where there is one.
    pub render: bool,
    /// The Chrome or Chromium; the one on the search path where absent.
    pub browser: Option<PathBuf>,
    /// How long the browser runs without use.
    pub browser_idle: Duration,
    /// Whether a picture of each page is taken.
    pub screenshots: bool,
}

/// A search engine with what it needs.
#[derive(Debug, Clone)]
pub enum Engine {
    /// DuckDuckGo's page for browsers without scripts.
    DuckDuckGo {
        /// Where it answers, if not at its usual address.
        url: Option<String>,
    },
    /// Bing's page.
    Bing {
        /// Where it answers, if not at its usual address.
        url: Option<String>,
    },
    /// Google Programmable Search.
    Google {
        /// Where it answers, if not at its usual address.
        url: Option<String>,
        /// Its key.
        key: Option<Key>,
        /// The search engine's id (`cx`).
        id: String,
    },
    /// Brave's API.
    Brave {
        /// Where it answers, if not at its usual address.
        url: Option<String>,
        /// Its key.
        key: Option<Key>,
    },
    /// A SearXNG of one's own.
    SearXng {
        /// Where it answers.
        url: String,
    },
}

/// The words for engines.
const WORDS: [&str; 5] = ["duckduckgo", "bing", "google", "brave", "searxng"];

pub(crate) fn resolve(
    values: &Values,
    keys: &KeyTable<'_>,
    home: Option<&Path>,
    wrong: &mut Vec<String>,
) -> Research {
    let browser = values.path("research.browser", home, wrong);
    Research {
        on: values.flag("research.on").unwrap_or(true),
        engines: engines(values, keys, wrong),
        pages: values.whole("research.pages"),
        time_limit: values.duration("research.time_limit").unwrap_or_default(),
        page_bytes: values.megabytes("research.page_mb"),
        cache_age: values.duration("research.cache_age").unwrap_or_default(),
        cache_bytes: values.megabytes("research.cache_mb"),
        private_hosts: values.texts("research.private_hosts"),
        proxy: proxy(values, wrong),
        render: values.flag("research.render").unwrap_or(true),
        browser: browser.or_else(|| values.path("report.browser", home, wrong)),
        browser_idle: values.duration("research.browser_idle").unwrap_or_default(),
        screenshots: values.flag("research.screenshots").unwrap_or(false),
    }
}

fn proxy(values: &Values, wrong: &mut Vec<String>) -> Option<String> {
    let proxy = values.text("research.proxy")?;
    if !proxy.starts_with("http://") {
        let place = values.place("research.proxy");
        wrong.push(format!("{place}: `research.proxy` has to begin with http://"));
    }
    Some(proxy)
}

fn engines(values: &Values, keys: &KeyTable<'_>, wrong: &mut Vec<String>) -> Vec<Engine> {
    let mut engines = Vec::new();
    for word in values.texts("research.engines") {
        let table = format!("research.{word}");
        let url = values.text(&format!("{table}.url"));
        let key = |variable| {
            let variable = values.text(&format!("{table}.key_env")).unwrap_or(variable);
            keys.key(&table, &word, Some(&variable))
        };
        let place = || values.place("research.engines");
        engines.push(match word.as_str() {
            "duckduckgo" => Engine::DuckDuckGo { url },
            "bing" => Engine::Bing { url },
            "google" => Engine::Google {
                url,
                key: key("GOOGLE_SEARCH_API_KEY".to_owned()),
                id: values.text("research.google.id").unwrap_or_default(),
            },
            "brave" => Engine::Brave {
                url,
                key: key("BRAVE_API_KEY".to_owned()),
            },
            "searxng" => match url {
                Some(url) => Engine::SearXng { url },
                None => {
                    wrong.push(format!(
                        "{}: `research.engines` names searxng, which has no address of its own: set `research.searxng.url`",
                        place()
                    ));
                    continue;
                }
            },
            _ => {
                wrong.push(format!(
                    "{}: `research.engines` holds {word:?}; the engines are {}",
                    place(),
                    WORDS.join(", ")
                ));
                continue;
            }
        });
    }
    engines
}
