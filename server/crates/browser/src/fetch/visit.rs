//! The way to an answer, hop by hop: each is checked, asked for permission, and waits for its turn.

use std::collections::HashSet;
use std::time::Duration;

use reqwest::StatusCode;
use reqwest::header::{LOCATION, RETRY_AFTER};
use tokio::time::Instant;
use url::Url;

use super::{Answer, Fetcher, Purpose, Visit};
use crate::fault::{failed, told, too_much};
use crate::guard::refused;
use crate::pace::TooLong;
use crate::{Admitted, WebError};

/// How long a host rests that asks for it without a time.
const REST: Duration = Duration::from_secs(60);

/// The longest rest that a host is given.
const LONGEST_REST: Duration = Duration::from_secs(60 * 60);

impl Fetcher {
    /// Goes to an address, and on to where it redirects.
    ///
    /// # Errors
    /// [`WebError`], never [`WebError::NoEngine`].
    pub(crate) async fn visit(&self, visit: Visit) -> Result<Answer, WebError> {
        let mut left = TimeLeft::new(self.limits.time);
        let mut hosts = HashSet::new();
        let mut seen = HashSet::from([visit.admitted.url().clone()]);
        let mut here = visit.admitted;
        loop {
            if visit.purpose == Purpose::Page {
                self.keep_rules(&here).await?;
            }
            // A redirect within a host belongs to the same visit.
            if hosts.insert(host(here.url())) && visit.purpose != Purpose::Rules {
                self.wait_for_turn(here.url()).await?;
            }
            let sent = self.clients.send(&here, visit.headers.clone());
            let response = left.spend(here.url(), sent).await??;
            if let Some(rest) = rest_asked(&response) {
                self.pace.rest(&host(here.url()), rest);
            }
            let url = here.url().clone();
            let Some(next) = redirect(&url, &response).filter(|_| visit.redirects > 0) else {
                return Ok(Answer { url, response, left });
            };
            let checked = self.clients.guard().check_redirect(&here, next.as_str());
            here = checked.map_err(|error| past(&url, error))?;
            if !seen.insert(here.url().clone()) {
                return Err(failed(url, "it redirects in a circle"));
            }
            if seen.len() > visit.redirects + 1 {
                let most = visit.redirects;
                return Err(too_much(url, format!("it redirects more than {most} times")));
            }
        }
    }

    /// Waits for the turn of a page that is read by other means, as far as its site's rules let it be.
    ///
    /// # Errors
    /// [`WebError::Refused`] by the rules, [`WebError::Failed`] where the wait is too long.
    pub(crate) async fn permit(&self, admitted: &Admitted) -> Result<(), WebError> {
        self.keep_rules(admitted).await?;
        self.wait_for_turn(admitted.url()).await
    }

    /// Asks the rules of its site about an address.
    ///
    /// # Errors
    /// [`WebError::Refused`] by the rules, [`WebError::Failed`] where they cannot be had.
    pub(crate) async fn keep_rules(&self, here: &Admitted) -> Result<(), WebError> {
        let url = here.url();
        match self.sites.allow(self, here).await? {
            true => Ok(()),
            false => Err(refused(url.as_str(), "its site asks programs not to (robots.txt)")),
        }
    }

    async fn wait_for_turn(&self, url: &Url) -> Result<(), WebError> {
        self.pace.turn(&host(url)).await.map_err(|TooLong(wait)| {
            let wait = told(wait);
            failed(url, format!("its server is to be left alone for {wait}; try again then"))
        })
    }
}

/// A host with its port: what is visited in turns.
fn host(url: &Url) -> String {
    let port = url.port_or_known_default().unwrap_or_default();
    format!("{}:{port}", url.host_str().unwrap_or_default())
}

/// Where an answer redirects to.
fn redirect(url: &Url, response: &reqwest::Response) -> Option<Url> {
    let redirects = matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308);
    let target = response.headers().get(LOCATION).filter(|_| redirects)?;
    url.join(&String::from_utf8_lossy(target.as_bytes())).ok()
}

/// A refusal that names the page which redirects, besides where to.
fn past(url: &Url, error: WebError) -> WebError {
    match error {
        WebError::Refused { address, why } => {
            refused(url.as_str(), &format!("it redirects to {address}: {why}"))
        }
        other => other,
    }
}

/// How long a server asks to be left alone.
fn rest_asked(response: &reqwest::Response) -> Option<Duration> {
    let asks = matches!(
        response.status(),
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE
    );
    let seconds = response.headers().get(RETRY_AFTER)?.to_str().ok();
    let time = seconds.and_then(|text| text.trim().parse().ok()).map_or(REST, Duration::from_secs);
    asks.then_some(time.min(LONGEST_REST))
}

/// What is left of the time that a page may take.
pub(super) struct TimeLeft {
    left: Duration,
    whole: Duration,
}

impl TimeLeft {
    fn new(whole: Duration) -> Self {
        Self { left: whole, whole }
    }

    /// Waits for `work` no longer than there is time.
    ///
    /// # Errors
    /// [`WebError::TooMuch`] when the time is over.
    pub(super) async fn spend<T>(
        &mut self,
        url: &Url,
        work: impl Future<Output = T>,
    ) -> Result<T, WebError> {
        let start = Instant::now();
        let done = tokio::time::timeout(self.left, work).await;
        self.left = self.left.saturating_sub(start.elapsed());
        done.map_err(|_| too_much(url, format!("it takes longer than {}", told(self.whole))))
    }
}
