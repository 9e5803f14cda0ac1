//! The rules of the sites that were visited, each fetched once a day.

use std::collections::HashMap;
use std::sync::{Arc, Mutex as Lock, PoisonError};
use std::time::Duration;

use reqwest::header::HeaderMap;
use tokio::sync::Mutex;
use tokio::time::Instant;
use url::Url;

use super::body::{self, NoBody};
use super::{Answer, Fetcher, Purpose, Visit};
use crate::fault::failed;
use crate::guard::refused;
use crate::robots::{FILE_BYTES, Rules};
use crate::{Admitted, WebError};

/// How long rules hold: no longer than a day, by the RFC.
const HOLD: Duration = Duration::from_secs(24 * 60 * 60);

/// How long a site is taken to be out of reach.
const HOLD_FAILURE: Duration = Duration::from_secs(60);

/// Redirects of a file with rules, the least that the RFC demands.
const REDIRECTS: usize = 5;

/// Sites that are remembered.
const SITES: usize = 500;

/// The rules of sites.
#[derive(Default)]
pub(super) struct Sites(Lock<HashMap<String, Arc<Mutex<Option<Known>>>>>);

/// What is known of a site.
struct Known {
    /// Its rules, or why they could not be had: then nothing of it may be read.
    rules: Result<Rules, WebError>,
    since: Instant,
}

impl Known {
    fn holds(&self) -> bool {
        let hold = if self.rules.is_ok() { HOLD } else { HOLD_FAILURE };
        self.since.elapsed() < hold
    }
}

impl Sites {
    /// Whether a site allows an address of it to be read.
    ///
    /// # Errors
    /// [`WebError::Failed`] where the site's rules cannot be had: who does not answer allows nothing.
    pub(super) async fn allow(&self, by: &Fetcher, here: &Admitted) -> Result<bool, WebError> {
        let url = here.url();
        let path = &url[url::Position::BeforePath..];
        let site = self.site(&url.origin().ascii_serialization());
        // Whoever comes meanwhile waits for the same answer.
        let mut known = site.lock().await;
        let known = match known.take().filter(Known::holds) {
            Some(known_already) => known.insert(known_already),
            None => {
                let rules = fetch(by, url).await;
                known.insert(Known { rules, since: Instant::now() })
            }
        };
        match &known.rules {
            Ok(rules) => Ok(rules.allow(path)),
            Err(WebError::Refused { why, .. }) => Err(refused(url.as_str(), why)),
            Err(error) => {
                let why = why(error);
                Err(failed(url, format!("what its site allows cannot be asked: {why}")))
            }
        }
    }

    fn site(&self, origin: &str) -> Arc<Mutex<Option<Known>>> {
        let mut sites = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if sites.len() >= SITES && !sites.contains_key(origin) {
            sites.clear();
        }
        Arc::clone(sites.entry(origin.to_owned()).or_default())
    }
}

/// Asks a site for its rules. A site that has none (4xx) allows all.
async fn fetch(by: &Fetcher, page: &Url) -> Result<Rules, WebError> {
    let mut url = page.clone();
    url.set_path("/robots.txt");
    url.set_query(None);
    let visit = Visit {
        admitted: by.clients.guard().check(url.as_str())?,
        headers: HeaderMap::new(),
        redirects: REDIRECTS,
        purpose: Purpose::Rules,
    };
    // Boxed, since a visit that keeps rules makes this one.
    let answer = Box::pin(by.visit(visit)).await?;
    match answer.response.status() {
        status if status.is_success() => read(answer).await,
        status if status.is_client_error() => Ok(Rules::default()),
        status => Err(failed(url, format!("its server answers {status}"))),
    }
}

/// Reads a file with rules. More than the bound of one is read, so that only what no site needs is an
/// error.
async fn read(mut answer: Answer) -> Result<Rules, WebError> {
    let read = body::read(answer.response, 4 * FILE_BYTES);
    match answer.left.spend(&answer.url, read).await? {
        Ok(file) => Ok(Rules::parse(&file)),
        Err(NoBody::TooLarge) => Err(failed(answer.url, "robots.txt is too large")),
        Err(NoBody::Broken(why)) => Err(failed(answer.url, why)),
    }
}

fn why(error: &WebError) -> &str {
    match error {
        WebError::Refused { why, .. }
        | WebError::Failed { why, .. }
        | WebError::TooMuch { why, .. }
        | WebError::NoEngine { why } => why,
    }
}
