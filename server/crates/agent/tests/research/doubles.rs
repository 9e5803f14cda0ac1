//! What stands where the web, the memory, the model, the user and the runner stand.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use async_trait::async_trait;
use devika_agent::{Ask, User, UserReply};
use devika_browser::{Hit, Page, Visit, Web, WebError};
use devika_llm::{Answer, Delta, LanguageModel, Limits, ModelError, Request, Stop};
use devika_memory::tokens::distinct_terms;
use devika_memory::{
    Filter, Found, Kind, KindCount, Memory, MemoryError, Passage, PassageId, Query, Stats,
};
use devika_protocol::{AskKind, Money};
use devika_sandbox::{Command, Exit, Outcome, RunError, Runner};

use crate::shop::Shop;

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap()
}

/// A web of a few pages. Searches find the pages that share a word with the query.
#[derive(Default)]
pub(crate) struct SmallWeb {
    pages: Mutex<BTreeMap<String, (String, String)>>,
    /// What was asked of it, in order: `search QUERY`, `read ADDRESS`.
    pub(crate) asked: Mutex<Vec<String>>,
    /// Whether all that is asked fails, as without a network.
    pub(crate) is_down: Mutex<bool>,
    /// The site whose pages can be used, where there is a browser.
    pub(crate) shop: Mutex<Option<Arc<Shop>>>,
}

impl SmallWeb {
    pub(crate) fn page(&self, address: &str, title: &str, markdown: &str) {
        lock(&self.pages).insert(address.to_owned(), (title.to_owned(), markdown.to_owned()));
    }

    pub(crate) fn reads(&self) -> Vec<String> {
        let asked = lock(&self.asked);
        let reads = asked.iter().filter_map(|it| it.strip_prefix("read "));
        reads.map(str::to_owned).collect()
    }
}

#[async_trait]
impl Web for SmallWeb {
    async fn search(&self, query: &str) -> Result<Vec<Hit>, WebError> {
        lock(&self.asked).push(format!("search {query}"));
        if *lock(&self.is_down) {
            return Err(WebError::NoEngine { why: "there is no network".to_owned() });
        }
        let wanted = distinct_terms(query);
        let pages = lock(&self.pages);
        let fits = |text: &str| distinct_terms(text).iter().any(|term| wanted.contains(term));
        let hit = |(address, (title, _)): (&String, &(String, String))| Hit {
            title: title.clone(),
            address: address.clone(),
            snippet: String::new(),
        };
        Ok(pages.iter().filter(|(_, (title, text))| fits(title) || fits(text)).map(hit).collect())
    }

    async fn read(&self, address: &str) -> Result<Page, WebError> {
        lock(&self.asked).push(format!("read {address}"));
        let pages = lock(&self.pages);
        let page = pages.get(address).filter(|(_, text)| !text.is_empty() && !*lock(&self.is_down));
        let (title, markdown) = page.cloned().ok_or_else(|| WebError::Failed {
            address: address.to_owned(),
            why: "the connection was closed".to_owned(),
        })?;
        let address = address.to_owned();
        Ok(Page { address, title, markdown, at: now(), rendered: true, screenshot: None })
    }

    async fn visit(&self, address: &str) -> Result<Box<dyn Visit>, WebError> {
        let shop = lock(&self.shop).clone().unwrap();
        shop.visited(address)
    }

    fn can_visit(&self) -> bool {
        lock(&self.shop).is_some()
    }
}

pub(crate) fn now() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    u64::try_from(since.unwrap().as_millis()).unwrap()
}

/// A memory in memory; best is what shares the most words.
#[derive(Default)]
pub(crate) struct Shelf {
    pub(crate) passages: Mutex<Vec<Passage>>,
    /// Whether everything fails.
    pub(crate) is_down: Mutex<bool>,
}

impl Shelf {
    /// The texts of a kind, in the order in which they were remembered.
    pub(crate) fn texts(&self, kind: Kind) -> Vec<String> {
        let passages = lock(&self.passages);
        passages.iter().filter(|it| it.kind == kind).map(|it| it.text.clone()).collect()
    }

    fn check(&self) -> Result<(), MemoryError> {
        match *lock(&self.is_down) {
            false => Ok(()),
            true => Err(MemoryError::Unreachable {
                place: "the shelf".to_owned(),
                why: "it fell down".to_owned(),
            }),
        }
    }
}

fn is_meant(filter: &Filter, passage: &Passage) -> bool {
    filter.project.as_ref().is_none_or(|project| *project == passage.project)
        && (filter.kinds.is_empty() || filter.kinds.contains(&passage.kind))
        && filter.source.as_ref().is_none_or(|source| passage.source.starts_with(source))
        && filter.since.is_none_or(|since| passage.at >= since)
        && filter.before.is_none_or(|before| passage.at < before)
        && passage.expires.is_none_or(|expires| expires > now())
}

#[async_trait]
impl Memory for Shelf {
    async fn remember(&self, new: Vec<Passage>) -> Result<(), MemoryError> {
        self.check()?;
        let mut passages = lock(&self.passages);
        passages.retain(|old| new.iter().all(|new| new.id() != old.id()));
        passages.extend(new);
        Ok(())
    }

    async fn replace(
        &self,
        project: &str,
        kind: Kind,
        path: &str,
        new: Vec<Passage>,
    ) -> Result<(), MemoryError> {
        self.check()?;
        let mut passages = lock(&self.passages);
        passages.retain(|old| {
            (old.project.as_str(), old.kind, old.source.as_str()) != (project, kind, path)
        });
        passages.extend(new);
        Ok(())
    }

    async fn search(&self, query: &Query) -> Result<Vec<Found>, MemoryError> {
        self.check()?;
        let wanted = distinct_terms(&query.text);
        let score = |passage: &Passage| {
            let there = distinct_terms(&format!("{} {}", passage.title, passage.text));
            wanted.iter().filter(|term| there.contains(term)).count() as f32
        };
        let passages = lock(&self.passages);
        let meant = passages.iter().filter(|passage| is_meant(&query.filter, passage));
        let mut found: Vec<Found> =
            meant.map(|it| Found { passage: it.clone(), score: score(it) }).collect();
        found.retain(|found| found.score > 0.0);
        found.sort_by(|a, b| b.score.total_cmp(&a.score));
        found.truncate(query.limit);
        Ok(found)
    }

    async fn forget(&self, filter: &Filter) -> Result<u64, MemoryError> {
        self.check()?;
        let mut passages = lock(&self.passages);
        let before = passages.len();
        passages.retain(|passage| !is_meant(filter, passage));
        Ok((before - passages.len()) as u64)
    }

    async fn page(
        &self,
        filter: &Filter,
        after: Option<PassageId>,
        limit: usize,
    ) -> Result<Vec<Passage>, MemoryError> {
        self.check()?;
        let passages = lock(&self.passages);
        let mut meant: Vec<Passage> =
            passages.iter().filter(|passage| is_meant(filter, passage)).cloned().collect();
        meant.sort_by_key(Passage::id);
        Ok(meant.into_iter().filter(|it| after.is_none_or(|id| it.id() > id)).take(limit).collect())
    }

    async fn stats(&self) -> Result<Stats, MemoryError> {
        let counts: Vec<KindCount> = Vec::new();
        Ok(Stats { place: "the shelf".to_owned(), counts, without_vector: 0, bytes: None })
    }
}

/// Answers what it is given to answer, in order.
#[derive(Default)]
pub(crate) struct Parrot {
    pub(crate) answers: Mutex<Vec<String>>,
    /// The requests' texts, in order.
    pub(crate) requests: Mutex<Vec<String>>,
    /// Whether it is a small model.
    pub(crate) is_small: Mutex<bool>,
}

#[async_trait]
impl LanguageModel for Parrot {
    fn name(&self) -> &str {
        "double/parrot"
    }

    fn limits(&self) -> Limits {
        let small = *lock(&self.is_small);
        Limits { context: if small { 8_192 } else { 64_000 }, output: 2_048, small }
    }

    async fn turn(
        &self,
        request: &Request,
        on_delta: &(dyn for<'a> Fn(Delta<'a>) + Send + Sync),
    ) -> Result<Answer, ModelError> {
        let texts: Vec<&str> = request.messages.iter().map(|it| it.text.as_str()).collect();
        lock(&self.requests).push(texts.join("\n"));
        let mut answers = lock(&self.answers);
        if answers.is_empty() {
            return Err(ModelError::Rejected {
                provider: "double".to_owned(),
                status: 400,
                message: "the script is at its end".to_owned(),
            });
        }
        let text = answers.remove(0);
        on_delta(Delta::Text(&text));
        Ok(Answer {
            model: "double/parrot".to_owned(),
            text,
            stop: Stop::Complete,
            input_tokens: 1,
            cached_tokens: 0,
            cache_written_tokens: 0,
            output_tokens: 1,
            cost: Money::ZERO,
        })
    }
}

/// Runs nothing, and says that it went well.
#[derive(Default)]
pub(crate) struct Notebook(pub(crate) Mutex<Vec<String>>);

#[async_trait]
impl Runner for Notebook {
    async fn run(
        &self,
        command: &Command,
        _on_output: &(dyn for<'a> Fn(&'a str) + Send + Sync),
    ) -> Result<Outcome, RunError> {
        lock(&self.0).push(command.line.clone());
        Ok(Outcome {
            exit: Exit::Code(0),
            output: "fine\n".to_owned(),
            duration: Duration::ZERO,
            refused_hosts: Vec::new(),
            slipped: Vec::new(),
        })
    }
}

/// Answers questions with what it was given, allows everything else, and is away where it has no
/// answer.
#[derive(Default)]
pub(crate) struct Person {
    pub(crate) answers: Mutex<Vec<String>>,
    /// What it was asked.
    pub(crate) asked: Mutex<Vec<String>>,
    /// What it says to approvals, if not yes.
    pub(crate) approval: Mutex<Option<UserReply>>,
}

#[async_trait]
impl User for Person {
    async fn ask(&self, ask: &Ask) -> UserReply {
        lock(&self.asked).push(ask.text.clone());
        match ask.kind {
            AskKind::Question if lock(&self.answers).is_empty() => UserReply::Absent,
            AskKind::Question => UserReply::Answer(lock(&self.answers).remove(0)),
            _ => lock(&self.approval).clone().unwrap_or(UserReply::Allow),
        }
    }
}
