//! The web as the configuration lets it be read. Nothing is opened before it is asked.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::Path;
use std::sync::Arc;

use devika_browser::{
    BrowserSandbox, CacheSettings, Chrome, ChromeLimits, ChromeSettings, EngineKey, Guard, Limits,
    Reader, Render, Settings, Upstream, Web, find_browser,
};
use devika_config::{Engine, Key, Research};
use devika_sandbox::PlainRunner;

use crate::printer::is_superuser;

/// What the browser is started with.
pub(crate) struct Started {
    /// Where it is looked for.
    pub(crate) search_path: Option<OsString>,
    /// Its environment.
    pub(crate) env: BTreeMap<String, String>,
    /// The command line that takes its whole process tree down with it.
    pub(crate) supervisor: Vec<OsString>,
}

/// The web, where tasks may read it. `cache` is Devika's folder for what can be had again.
pub(crate) fn web(research: &Research, cache: &Path, started: Started) -> Option<Arc<dyn Web>> {
    if !research.on {
        return None;
    }
    let proxy = match proxy(research) {
        Ok(proxy) => proxy,
        Err(why) => {
            // Never without it: whoever names one may have no other way, or want no other.
            tracing::error!(why, "the web is not read; correct `research.proxy`");
            return None;
        }
    };
    let render = chrome(research, cache, started).map(|chrome| Arc::new(chrome) as Arc<dyn Render>);
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
        proxy,
    };
    Some(Arc::new(Reader::new(settings, render)))
}

/// The browser, where there is one; it is not started before a page is read. It keeps its own sandbox,
/// and so does not run for the superuser: their pages are read as servers send them.
pub(crate) fn chrome(research: &Research, cache: &Path, started: Started) -> Option<Chrome> {
    if !research.render || is_superuser() {
        return None;
    }
    let program = find_browser(research.browser.clone(), started.search_path.as_deref())?;
    let limits = ChromeLimits::default();
    let guard = Guard::new(&research.private_hosts);
    let guard = match proxy(research).ok()? {
        Some(proxy) => guard.behind(proxy),
        None => guard,
    };
    Some(Chrome::new(ChromeSettings {
        program: Some(program),
        search_path: started.search_path,
        env: started.env,
        folder: cache.join("browser"),
        runner: Arc::new(PlainRunner::new(started.supervisor)),
        guard,
        screenshots: research.screenshots.then(|| cache.join("screenshots")),
        sandbox: BrowserSandbox::On,
        limits: ChromeLimits {
            time: research.time_limit,
            idle: research.browser_idle,
            bytes: limits.bytes.max(research.page_bytes),
            ..limits
        },
    }))
}

/// The proxy that the user names, if any.
fn proxy(research: &Research) -> Result<Option<Upstream>, String> {
    research.proxy.as_deref().map(Upstream::at).transpose()
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
