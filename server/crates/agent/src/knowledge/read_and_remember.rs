//! The web and the memory of tasks, either of which may be missing.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use devika_browser::{Hit, Page, Section, Visit, Web, sections};
use devika_memory::{Filter, Kind, Memory, MemoryError, Passage, Query};

use super::{CodeMap, Quote};

/// How long the memory may take. A server that is away says so after ten seconds.
const MEMORY_TIME: Duration = Duration::from_secs(15);

/// How old a page that was read may be for the web not to be asked again.
const FRESH: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// Characters of one passage of a page.
const PASSAGE: usize = 1_500;

/// Passages of one page at the most; the rest of a longer one is not remembered.
const OF_A_PAGE: usize = 200;

/// Notes that are looked through at the most.
const MAX_NOTES: usize = 500;

/// Kinds that tell how earlier tasks went.
pub(crate) const OUTCOMES: [Kind; 2] = [Kind::Outcome, Kind::Conversation];

/// How much is read, and how long it is remembered.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Pages that are read for one query.
    pub pages: usize,
    /// For how long they are remembered.
    pub keep_pages: Duration,
}

/// Where tasks look things up: the web, what is remembered, and a map of the project's code.
pub struct ReadAndRemember {
    web: Option<Arc<dyn Web>>,
    memory: Option<Arc<dyn Memory>>,
    map: Option<Arc<dyn CodeMap>>,
    bounds: Bounds,
}

/// A page that was read, cut into passages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Read {
    /// Its address, after redirects.
    pub(crate) address: String,
    pub(crate) title: String,
    pub(crate) screenshot: Option<PathBuf>,
    pub(crate) passages: Vec<Passage>,
    /// How many characters of it nobody sees; they are in no passage.
    pub(crate) hidden: usize,
}

impl ReadAndRemember {
    /// Over a web and a memory, where there are such.
    pub fn new(web: Option<Arc<dyn Web>>, memory: Option<Arc<dyn Memory>>, bounds: Bounds) -> Self {
        Self { web, memory, map: None, bounds }
    }

    /// The same with a map of projects' code.
    #[must_use]
    pub fn with_map(self, map: Arc<dyn CodeMap>) -> Self {
        Self { map: Some(map), ..self }
    }

    pub(crate) fn has_web(&self) -> bool {
        self.web.is_some()
    }

    pub(crate) fn has_memory(&self) -> bool {
        self.memory.is_some()
    }

    pub(crate) fn map(&self) -> Option<&dyn CodeMap> {
        self.map.as_deref()
    }

    /// Pages that are read for one query.
    pub(crate) fn pages(&self) -> usize {
        self.bounds.pages
    }

    /// What the user should know of the web before its first use.
    pub(crate) fn limits(&self) -> Option<String> {
        self.web.as_ref()?.limits()
    }

    /// What a search engine finds, best first; nothing without a web.
    ///
    /// # Errors
    /// Why nothing was searched, as a sentence.
    pub(crate) async fn search(&self, query: &str) -> Result<Vec<Hit>, String> {
        let Some(web) = &self.web else { return Ok(Vec::new()) };
        web.search(query).await.map_err(|error| error.to_string())
    }

    /// A page, cut into the passages that are to be remembered of it.
    ///
    /// # Errors
    /// Why it was not read, as a sentence.
    pub(crate) async fn read(&self, project: &str, address: &str) -> Result<Read, String> {
        let Some(web) = &self.web else {
            return Err(format!("{address} is not read: reading the web is off (`research.on`)"));
        };
        let page = web.read(address).await.map_err(|error| error.to_string())?;
        Ok(self.cut(project, page))
    }

    /// Whether there is a browser in which pages can be used.
    pub(crate) fn can_visit(&self) -> bool {
        self.web.as_ref().is_some_and(|web| web.can_visit())
    }

    /// Opens a page to use it.
    ///
    /// # Errors
    /// Why it is not opened, as a sentence.
    pub(crate) async fn visit(&self, address: &str) -> Result<Box<dyn Visit>, String> {
        let Some(web) = &self.web else {
            return Err(format!("{address} is not read: reading the web is off (`research.on`)"));
        };
        web.visit(address).await.map_err(|error| error.to_string())
    }

    /// A page cut into the passages that are to be remembered of it.
    pub(crate) fn cut(&self, project: &str, page: Page) -> Read {
        let expires = page.at.saturating_add(millis(self.bounds.keep_pages));
        cut(project, page, expires)
    }

    /// Makes the passages of a page all that is remembered of it.
    pub(crate) async fn keep(&self, project: &str, page: &Read) -> Result<(), String> {
        let passages = page.passages.clone();
        self.ask(|memory| memory.replace(project, Kind::Research, &page.address, passages))
            .await
            .map(|_| ())
    }

    /// Remembers.
    ///
    /// # Errors
    /// Why it is not remembered, as a sentence.
    pub(crate) async fn remember(&self, passages: Vec<Passage>) -> Result<(), String> {
        self.ask(|memory| memory.remember(passages)).await.map(|_| ())
    }

    /// What is remembered of some kinds and has to do with a text, best first; nothing without a
    /// memory.
    ///
    /// # Errors
    /// Why memory does not answer, as a sentence.
    pub(crate) async fn recall(
        &self,
        project: &str,
        kinds: &[Kind],
        about: &str,
        limit: usize,
    ) -> Result<Vec<Quote>, String> {
        let filter = Filter { kinds: kinds.to_vec(), ..of(project) };
        let query = Query { text: about.to_owned(), filter, limit };
        let found = self.ask(|memory| memory.search(&query)).await?.unwrap_or_default();
        Ok(found.into_iter().map(|found| found.passage.into()).collect())
    }

    /// The user's notes of a project, the newest first.
    ///
    /// # Errors
    /// Why memory does not answer, as a sentence.
    pub(crate) async fn notes(&self, project: &str) -> Result<Vec<Quote>, String> {
        let filter = Filter { kinds: vec![Kind::Note], ..of(project) };
        let page = self.ask(|memory| memory.page(&filter, None, MAX_NOTES)).await?;
        let mut notes: Vec<Quote> = page.unwrap_or_default().into_iter().map(Quote::from).collect();
        notes.sort_by_key(|note| std::cmp::Reverse(note.at));
        Ok(notes)
    }

    /// Forgets one note.
    ///
    /// # Errors
    /// Why it is not forgotten, as a sentence.
    pub(crate) async fn forget(&self, project: &str, note: &Quote) -> Result<(), String> {
        // The moment in which it was said tells it from all others.
        let filter = Filter {
            kinds: vec![Kind::Note],
            source: Some(note.source.clone()),
            since: Some(note.at),
            before: Some(note.at + 1),
            ..of(project)
        };
        self.ask(|memory| memory.forget(&filter)).await.map(|_| ())
    }

    /// Asks the memory, for a bounded time; `None` where there is none.
    async fn ask<'a, T, F>(
        &'a self,
        act: impl FnOnce(&'a dyn Memory) -> F,
    ) -> Result<Option<T>, String>
    where
        F: Future<Output = Result<T, MemoryError>>,
    {
        let Some(memory) = &self.memory else { return Ok(None) };
        match tokio::time::timeout(MEMORY_TIME, act(memory.as_ref())).await {
            Ok(answer) => answer.map(Some).map_err(|error| error.to_string()),
            Err(_) => Err(format!("the memory has not answered for {} s", MEMORY_TIME.as_secs())),
        }
    }
}

/// Whether a page that was read then need not be read again now.
pub(crate) fn is_fresh(quote: &Quote) -> bool {
    quote.at.saturating_add(millis(FRESH)) > now()
}

/// Whether a query is a page's address.
pub(crate) fn is_address(query: &str) -> bool {
    let rest = query.strip_prefix("https://").or_else(|| query.strip_prefix("http://"));
    rest.is_some_and(|rest| !rest.is_empty() && !rest.contains(char::is_whitespace))
}

fn of(project: &str) -> Filter {
    Filter { project: Some(project.to_owned()), ..Filter::default() }
}

fn cut(project: &str, page: Page, expires: u64) -> Read {
    let (markdown, hidden) = crate::rules::without_hidden(&page.markdown);
    let passage = |Section { headings, text }: Section| Passage {
        project: project.to_owned(),
        shared: false,
        kind: Kind::Research,
        source: page.address.clone(),
        title: if headings.is_empty() { page.title.clone() } else { headings.join(" > ") },
        text,
        at: page.at,
        expires: Some(expires),
    };
    let sections = sections(&markdown, PASSAGE).into_iter().take(OF_A_PAGE);
    let passages = sections.map(passage).collect();
    Read { address: page.address, title: page.title, screenshot: page.screenshot, passages, hidden }
}

/// Milliseconds since 1970 (UTC).
pub(crate) fn now() -> u64 {
    millis(SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default())
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
