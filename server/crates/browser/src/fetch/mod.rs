//! One page as its server sends it: its redirects followed, its site's rules kept, bounded in time
//! and size.

mod body;
mod charset;
mod client;
mod kind;
mod sites;
mod visit;

use reqwest::Response;
use reqwest::header::HeaderMap;
use url::Url;

use body::NoBody;
use client::Clients;
pub(crate) use kind::Kind;
use kind::Told;
use sites::Sites;
use visit::TimeLeft;

use crate::fault::{failed, too_much};
use crate::guard::{Guard, refused};
use crate::pace::Pace;
use crate::settings::Limits;
use crate::{Admitted, WebError};

/// Fetches from the web.
pub(crate) struct Fetcher {
    clients: Clients,
    limits: Limits,
    pace: Pace,
    sites: Sites,
}

/// What is asked for.
pub(crate) struct Visit {
    pub(crate) admitted: Admitted,
    pub(crate) headers: HeaderMap,
    /// How many redirects are followed. With none, an answer that redirects is returned as it is.
    pub(crate) redirects: usize,
    pub(crate) purpose: Purpose,
}

/// What a visit is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// A page: the rules of each site on the way are kept, and each host is visited in its turn.
    Page,
    /// A question to a search engine, in its turn. Its rules for programs are not asked: it is asked
    /// for a person, as from a browser.
    Question,
    /// The rules of a site, before a page of it: that is one visit.
    Rules,
}

/// An answer, with its body yet to be read.
pub(crate) struct Answer {
    /// Its address, after redirects.
    pub(crate) url: Url,
    pub(crate) response: Response,
    left: TimeLeft,
}

/// A page as its server sent it.
#[derive(Debug)]
pub(crate) struct Fetched {
    /// Its address, after redirects.
    pub(crate) url: Url,
    pub(crate) kind: Kind,
    pub(crate) body: Vec<u8>,
    charset: Option<String>,
}

impl Fetched {
    /// The body as text.
    pub(crate) fn text(&self) -> String {
        // Its standard knows no other.
        let charset = (self.kind == Kind::Json).then_some("utf-8").or(self.charset.as_deref());
        charset::text(&self.body, charset, self.kind == Kind::Html)
    }
}

impl Fetcher {
    pub(crate) fn new(guard: Guard, limits: Limits) -> Self {
        Self {
            clients: Clients::new(guard),
            limits,
            pace: Pace::new(limits.pace, limits.patience),
            sites: Sites::default(),
        }
    }

    /// Checks an address by what it says.
    ///
    /// # Errors
    /// [`WebError::Refused`].
    pub(crate) fn check(&self, address: &str) -> Result<Admitted, WebError> {
        self.clients.guard().check(address)
    }

    /// Fetches a page.
    ///
    /// # Errors
    /// [`WebError`], never [`WebError::NoEngine`].
    pub(crate) async fn page(&self, admitted: Admitted) -> Result<Fetched, WebError> {
        let redirects = self.limits.redirects;
        let visit =
            Visit { admitted, headers: HeaderMap::new(), redirects, purpose: Purpose::Page };
        let answer = self.visit(visit).await?;
        let url = answer.url.clone();
        let status = answer.response.status();
        if !status.is_success() {
            return Err(failed(&url, format!("its server answers {status}")));
        }
        let told =
            Told::by(answer.response.headers()).map_err(|why| refused(url.as_str(), &why))?;
        let body = self.body(answer).await?;
        if body.is_empty() {
            return Err(failed(&url, "it is empty"));
        }
        let kind = match told.kind.or_else(|| Kind::of_body(&body)) {
            Some(kind) => kind,
            None => return Err(refused(url.as_str(), "it is neither text nor PDF")),
        };
        Ok(Fetched { url, kind, body, charset: told.charset })
    }

    /// The body of an answer.
    ///
    /// # Errors
    /// [`WebError::TooMuch`] beyond the bounds, [`WebError::Failed`] where it breaks off.
    pub(crate) async fn body(&self, mut answer: Answer) -> Result<Vec<u8>, WebError> {
        let (url, limit) = (answer.url, self.limits.page_bytes);
        answer.left.spend(&url, body::read(answer.response, limit)).await?.map_err(|no| match no {
            NoBody::TooLarge => too_much(&url, format!("it is larger than {}", bytes(limit))),
            NoBody::Broken(why) => failed(&url, why),
        })
    }
}

/// A number of bytes for people.
fn bytes(count: usize) -> String {
    const MIB: usize = 1024 * 1024;
    match count {
        0..MIB => format!("{count} bytes"),
        _ => format!("{} MiB", count / MIB),
    }
}
