//! The web as the configuration lets it be read. Nothing is opened before it is asked.

use std::path::Path;
use std::sync::Arc;

use devika_browser::{CacheSettings, EngineKey, Limits, Reader, Settings, Web};
use devika_config::{Engine, Key, Research};

/// The web, where tasks may read it. `cache` is Devika's folder for what can be had again.
pub(crate) fn web(research: &Research, cache: &Path) -> Option<Arc<dyn Web>> {
    if !research.on {
        return None;
    }
    let settings = Settings {
        engines: research.engines.iter().map(engine).collect(),
        hosts: research.private_hosts.clone(),
        limits: Limits {
            page_bytes: usize::try_from(research.page_bytes).unwrap_or(usize::MAX),
            time: research.time_limit,
            ..Limits::default()
        },
        cache: Some(CacheSettings {
            folder: cache.join("pages"),
            bytes: research.cache_bytes,
            age: research.cache_age,
        }),
        names: None,
    };
    Some(Arc::new(Reader::new(settings, None)))
}

fn engine(engine: &Engine) -> devika_browser::Engine {
    use devika_browser::Engine as Known;
    let (known, url) = match engine {
        Engine::DuckDuckGo { url } => (Known::duckduckgo(), url.as_ref()),
        Engine::Bing { url } => (Known::bing(), url.as_ref()),
        Engine::Google { url, key, id } => {
            (Known::google(read_by("google", key), id), url.as_ref())
        }
        Engine::Brave { url, key } => (Known::brave(read_by("brave", key)), url.as_ref()),
        Engine::SearXng { url } => (Known::searxng(url), None),
    };
    match url {
        Some(url) => known.at(url),
        None => known,
    }
}

/// A key that is read when its engine is first asked.
fn read_by(engine: &'static str, key: &Option<Key>) -> EngineKey {
    let key = key.clone();
    EngineKey::read_by(move || match &key {
        Some(key) => key.secret().map_err(|error| error.to_string()),
        None => Err(format!("it has no key; set one in `[research.{engine}]`")),
    })
}
