//! Knowledge over the web and a memory, either of which may be missing.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use devika_browser::{Page, Web};
use devika_memory::{Filter, Kind, Memory, Passage, Query};
use devika_protocol::Event;
use futures::future::join_all;

use super::{Knowledge, Quote, choice};

/// Queries that are looked up for one task at the most.
const MAX_QUERIES: usize = 3;

/// Passages that research hands on at the most.
const MAX_QUOTES: usize = 8;

/// Notes and outcomes that are recalled for one task at the most.
const MAX_RECALLED: usize = 4;

/// Characters of one passage of a page.
const PASSAGE: usize = 1_500;

/// Passages of one page at the most.
const OF_A_PAGE: usize = 200;

/// How much is read, and how long it is remembered.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Pages that are read for one query.
    pub pages: usize,
    /// For how long they are remembered.
    pub keep_pages: Duration,
}

/// Reads the web and remembers what it read.
pub struct ReadAndRemember {
    web: Option<Arc<dyn Web>>,
    memory: Option<Arc<dyn Memory>>,
    bounds: Bounds,
}

impl ReadAndRemember {
    /// Over a web and a memory, where there are such.
    pub fn new(web: Option<Arc<dyn Web>>, memory: Option<Arc<dyn Memory>>, bounds: Bounds) -> Self {
        Self { web, memory, bounds }
    }

    /// What is remembered of kinds, best first; nothing without a memory.
    async fn remembered(
        &self,
        project: &str,
        kinds: &[Kind],
        text: &str,
        limit: usize,
    ) -> Result<Vec<Passage>, String> {
        let Some(memory) = &self.memory else { return Ok(Vec::new()) };
        let filter = Filter {
            project: Some(project.to_owned()),
            kinds: kinds.to_vec(),
            ..Filter::default()
        };
        let query = Query { text: text.to_owned(), filter, limit };
        let found = memory.search(&query).await.map_err(|error| error.to_string())?;
        Ok(found.into_iter().map(|found| found.passage).collect())
    }

    /// The passages that one query leads to.
    async fn of_query(
        &self,
        project: &str,
        query: &str,
        tell: &(dyn Fn(Event) + Send + Sync),
    ) -> Result<Vec<Passage>, String> {
        let known = self.remembered(project, &[Kind::Research], query, MAX_QUOTES).await;
        // A memory that does not answer is told of, and the web is asked.
        let known = known.unwrap_or_else(|text| {
            tell(Event::Warning { text });
            Vec::new()
        });
        let is_address = is_address(query);
        let has_page = known.iter().any(|passage| passage.source == query);
        if has_page || !is_address && choice::cover(&known, query) {
            return Ok(known);
        }
        let Some(web) = &self.web else { return Ok(known) };
        let addresses = if is_address {
            vec![query.to_owned()]
        } else {
            let hits = web.search(query).await.map_err(|error| error.to_string())?;
            tell(Event::Searched { query: query.to_owned(), found: hits.len() as u32 });
            hits.into_iter().map(|hit| hit.address).collect()
        };
        let pages = self.read(web.as_ref(), addresses, tell).await;
        let now = now();
        let expires = Some(now + self.bounds.keep_pages.as_millis() as u64);
        let new: Vec<Passage> =
            pages.into_iter().flat_map(|page| passages(project, page, expires)).collect();
        self.keep(new.clone(), tell).await;
        Ok(known.into_iter().chain(new).collect())
    }

    /// Reads the first pages that can be read, several at a time.
    async fn read(
        &self,
        web: &dyn Web,
        addresses: Vec<String>,
        tell: &(dyn Fn(Event) + Send + Sync),
    ) -> Vec<Page> {
        let mut pages = Vec::new();
        for some in addresses.chunks(self.bounds.pages.max(1)) {
            let read = join_all(some.iter().map(|address| web.read(address))).await;
            for page in read {
                match page {
                    Ok(page) => {
                        tell(Event::PageRead {
                            address: page.address.clone(),
                            title: page.title.clone(),
                            screenshot: page
                                .screenshot
                                .as_ref()
                                .map(|path| path.display().to_string()),
                        });
                        pages.push(page);
                    }
                    Err(error) => tell(Event::Warning { text: error.to_string() }),
                }
            }
            if pages.len() >= self.bounds.pages {
                break;
            }
        }
        pages.truncate(self.bounds.pages);
        pages
    }

    /// Remembers; that it cannot is told of, and stops nothing.
    async fn keep(&self, passages: Vec<Passage>, tell: &(dyn Fn(Event) + Send + Sync)) {
        let Some(memory) = &self.memory else { return };
        if let Err(error) = memory.remember(passages).await {
            tell(Event::Warning { text: format!("What was read is not remembered: {error}") });
        }
    }
}

#[async_trait]
impl Knowledge for ReadAndRemember {
    async fn recall(&self, project: &str, about: &str) -> Result<Vec<Quote>, String> {
        let kinds = [Kind::Note, Kind::Outcome];
        let found = self.remembered(project, &kinds, about, MAX_RECALLED).await?;
        Ok(found.into_iter().map(quote).collect())
    }

    async fn look_up(
        &self,
        project: &str,
        queries: &[String],
        tell: &(dyn Fn(Event) + Send + Sync),
    ) -> Result<Vec<Quote>, String> {
        if let Some(text) = self.web.as_ref().and_then(|web| web.limits()) {
            tell(Event::Warning { text });
        }
        let mut passages: Vec<Passage> = Vec::new();
        let mut failures = Vec::new();
        for query in queries.iter().take(MAX_QUERIES) {
            match self.of_query(project, query, tell).await {
                Ok(found) => passages.extend(found),
                Err(why) => failures.push(why),
            }
        }
        if passages.is_empty() && !failures.is_empty() {
            return Err(failures.join("; "));
        }
        let mut seen = std::collections::HashSet::new();
        passages.retain(|passage| seen.insert(passage.id()));
        let words: Vec<String> =
            queries.iter().filter(|query| !is_address(query)).cloned().collect();
        let best = match words.is_empty() {
            true => passages.into_iter().take(MAX_QUOTES).collect(),
            false => choice::best(passages, &words, MAX_QUOTES),
        };
        Ok(best.into_iter().map(quote).collect())
    }

    async fn remember(&self, passages: Vec<Passage>) -> Result<(), String> {
        let Some(memory) = &self.memory else { return Ok(()) };
        memory.remember(passages).await.map_err(|error| error.to_string())
    }
}

/// Whether a query is a page's address.
fn is_address(query: &str) -> bool {
    query.starts_with("http://") || query.starts_with("https://")
}

fn passages(project: &str, page: Page, expires: Option<u64>) -> Vec<Passage> {
    let passage = |(headings, text): (String, String)| Passage {
        project: project.to_owned(),
        shared: false,
        kind: Kind::Research,
        source: page.address.clone(),
        title: if headings.is_empty() { page.title.clone() } else { headings },
        text,
        at: page.at,
        expires,
    };
    choice::pieces(&page.markdown, PASSAGE).into_iter().take(OF_A_PAGE).map(passage).collect()
}

fn quote(passage: Passage) -> Quote {
    let Passage { source, title, text, at, .. } = passage;
    Quote { source, title, text, at }
}

/// Milliseconds since 1970.
pub(crate) fn now() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    since.as_millis() as u64
}
