//! Where a query leads, in memory or on the web, and the reading of pages: several at a time, and where
//! one fails or says nothing of what is asked, the next one.

use devika_memory::Kind;
use devika_protocol::{Agent, Event};
use futures::future::try_join_all;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::error::Stop;
use crate::knowledge::{self, Quote, Read, ReadAndRemember, is_address, is_fresh, shared_terms};
use crate::run::Run;
use crate::stages::known::{known, memory_failed, project, recalled};
use crate::trajectory::Mask;

/// Passages that memory is asked for, for one query.
const ASKED: usize = 8;

/// Pages that are read for one task at the most, for a small model and for a large one.
const MAX_PAGES: (usize, usize) = (3, 8);

/// Passages of one page that the journal keeps for the task; memory has them all.
const KEPT: usize = 12;

/// Ends of addresses that are no pages to read.
const NO_PAGES: [&str; 16] = [
    ".zip", ".gz", ".xz", ".tar", ".exe", ".dmg", ".iso", ".png", ".jpg", ".jpeg", ".gif", ".svg",
    ".mp3", ".mp4", ".webm", ".woff2",
];

/// Where a query leads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Lead {
    /// What memory knows of it.
    pub(super) known: Vec<Quote>,
    /// The pages to read, the likeliest first; none where memory knows enough.
    addresses: Vec<String>,
    /// How many of them.
    pages: usize,
    /// How many a search engine named, where one was asked.
    found: Option<u32>,
    /// Why none was asked, or none answered.
    failure: Option<String>,
}

impl Lead {
    /// Whether pages are to be read for it.
    pub(super) fn goes_on_the_web(&self) -> bool {
        self.pages > 0
    }
}

/// What became of reading a page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Visit {
    Read {
        /// After redirects.
        address: String,
        title: String,
        screenshot: Option<String>,
        quotes: Vec<Quote>,
        hidden: usize,
    },
    Failed(String),
}

/// The key of a query's entry in the journal; queries are counted from 1.
pub(super) fn key(number: usize) -> String {
    format!("research/{number}")
}

/// Asks memory, and where that does not know enough, a search engine.
pub(super) async fn lead(run: &Run, number: usize, query: &str) -> Result<Option<Lead>, Stop> {
    let key = key(number);
    let lead = known(run, &key, async |knowledge| look(run, &knowledge, query).await);
    let lead: Option<Lead> = lead.await?;
    if let Some(Lead { found, failure, .. }) = &lead {
        if let Some(found) = *found {
            run.tell(Event::Searched { query: query.to_owned(), found });
        }
        if let Some(why) = failure {
            run.tell(Event::Warning { text: format!("“{query}” was not looked up: {why}.") });
        }
    }
    Ok(lead)
}

async fn look(run: &Run, knowledge: &ReadAndRemember, query: &str) -> Lead {
    let mut lead =
        Lead { known: Vec::new(), addresses: Vec::new(), pages: 0, found: None, failure: None };
    let (project, kinds) = (project(run), [Kind::Research]);
    lead.known = recalled(run, knowledge.recall(&project, &kinds, query, ASKED)).await;
    let mut fresh: Vec<Quote> =
        lead.known.iter().filter(|quote| is_fresh(quote)).cloned().collect();
    if is_address(query) {
        fresh.retain(|quote| quote.source == query);
        lead.known.clone_from(&fresh);
        if fresh.is_empty() {
            (lead.addresses, lead.pages) = (vec![query.to_owned()], 1);
        }
        return lead;
    }
    if knowledge::cover(&fresh, query) || !knowledge.has_web() {
        return lead;
    }
    if (run.settings.key_in)(query).is_some() || Mask::new().cover(query) != query {
        lead.failure = Some("it holds what looks like a key".to_owned());
        return lead;
    }
    match knowledge.search(query).await {
        Ok(hits) => {
            lead.found = Some(u32::try_from(hits.len()).unwrap_or(u32::MAX));
            lead.pages = knowledge.pages();
            lead.addresses = hits.into_iter().map(|hit| hit.address).collect();
        }
        Err(why) => lead.failure = Some(why),
    }
    lead
}

/// Reads the pages that queries lead to, until there are enough that say something of what is asked.
pub(super) async fn follow(run: &Run, leads: &[Lead], about: &str) -> Result<Vec<Quote>, Stop> {
    let (small, large) = MAX_PAGES;
    let most = if run.model(Agent::Coder).limits().small { small } else { large };
    let wanted = leads.iter().map(|lead| lead.pages).sum::<usize>().min(most);
    let addresses = candidates(leads);
    let mut coming = addresses.iter().take(wanted * 2);
    let mut quotes = Vec::new();
    let mut useful = 0;
    while useful < wanted {
        let some: Vec<&String> = coming.by_ref().take(wanted - useful).collect();
        if some.is_empty() {
            break;
        }
        let visits = some.into_iter().map(|address| visit(run, address, about));
        for read in try_join_all(visits).await?.into_iter().flatten() {
            useful += 1;
            quotes.extend(read);
        }
    }
    Ok(quotes)
}

/// The pages of all queries: the likeliest of each, then the next of each, none twice.
fn candidates(leads: &[Lead]) -> Vec<String> {
    let longest = leads.iter().map(|lead| lead.addresses.len()).max().unwrap_or(0);
    let mut seen: Vec<String> = Vec::new();
    for rank in 0..longest {
        for address in leads.iter().filter_map(|lead| lead.addresses.get(rank)) {
            let page = address.split('#').next().unwrap_or(address);
            let path = page.split('?').next().unwrap_or(page).to_lowercase();
            let is_page = is_address(page) && !NO_PAGES.iter().any(|end| path.ends_with(end));
            if is_page && !seen.iter().any(|known| known == page) {
                seen.push(page.to_owned());
            }
        }
    }
    seen
}

/// Reads a page; nothing where it cannot be read, or says nothing of what is asked.
async fn visit(run: &Run, address: &str, about: &str) -> Result<Option<Vec<Quote>>, Stop> {
    let digest = Sha256::digest(address.as_bytes());
    let name: String = digest.iter().take(6).map(|byte| format!("{byte:02x}")).collect();
    let key = format!("research/page/{name}");
    let visit = known(run, &key, async |knowledge| read(run, &knowledge, address, about).await);
    match visit.await? {
        Some(Visit::Read { address, title, screenshot, quotes, hidden }) => {
            if hidden > 0 {
                let text = format!(
                    "{address} holds {hidden} characters that cannot be seen; they are left out of what the model reads."
                );
                run.tell(Event::Warning { text });
            }
            run.tell(Event::PageRead { address, title, screenshot });
            Ok(Some(quotes).filter(|quotes| !quotes.is_empty()))
        }
        Some(Visit::Failed(why)) => {
            run.tell(Event::Warning { text: format!("{why}.") });
            Ok(None)
        }
        None => Ok(None),
    }
}

/// Reads a page, remembers it, and keeps what has to do with the task.
async fn read(run: &Run, knowledge: &ReadAndRemember, address: &str, about: &str) -> Visit {
    let project = project(run);
    let page = match knowledge.read(&project, address).await {
        Ok(page) => page,
        Err(why) => return Visit::Failed(why.trim_end_matches('.').to_owned()),
    };
    if let Err(why) = knowledge.keep(&project, &page).await {
        memory_failed(run, &why);
    }
    let Read { address: real, title, screenshot, passages, hidden } = page;
    let quotes: Vec<Quote> = passages.into_iter().map(Quote::from).collect();
    let is_named = run.prompt.contains(address);
    let says_something = is_named || quotes.iter().any(|quote| shared_terms(quote, about) > 0);
    Visit::Read {
        address: real,
        title,
        screenshot: screenshot.map(|path| path.display().to_string()),
        quotes: if says_something { kept(quotes, about) } else { Vec::new() },
        hidden,
    }
}

/// The passages of a page that fit best, in the order in which they stand there; its first ones where
/// few do.
fn kept(quotes: Vec<Quote>, about: &str) -> Vec<Quote> {
    let best = knowledge::best(quotes.clone(), about, KEPT, KEPT);
    let chosen = knowledge::spread(best.into_iter().chain(quotes.clone()), KEPT, KEPT);
    let is_chosen = |quote: &Quote| chosen.iter().any(|one| one.text == quote.text);
    knowledge::spread(quotes.into_iter().filter(is_chosen), KEPT, KEPT)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lead(addresses: &[&str]) -> Lead {
        let addresses = addresses.iter().map(|address| (*address).to_owned()).collect();
        Lead { known: Vec::new(), addresses, pages: 1, found: Some(1), failure: None }
    }

    #[test]
    fn the_likeliest_page_of_each_query_comes_before_the_second_of_any() {
        let first = lead(&["https://a.example/1#x", "https://a.example/2", "ftp://a.example/"]);
        let second =
            lead(&["https://b.example/1", "https://a.example/1", "https://b.example/f.ZIP?x"]);
        assert_eq!(
            candidates(&[first, second]),
            ["https://a.example/1", "https://b.example/1", "https://a.example/2"]
        );
    }

    #[test]
    fn what_is_kept_of_a_page_fits_the_task_and_stays_in_its_order() {
        let quote =
            |text: String| Quote { source: "a".to_owned(), title: String::new(), text, at: 0 };
        let page: Vec<Quote> = (0..40).map(|n| quote(format!("part {n}"))).collect();
        let mut about_port = page.clone();
        about_port[30] = quote("the port is 7341".to_owned());
        let kept = kept(about_port, "port");
        assert_eq!((kept.len(), kept[11].text.as_str()), (12, "the port is 7341"));
        assert_eq!(kept[0].text, "part 0");
    }
}
