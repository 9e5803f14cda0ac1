//! Using a page: looking, clicking, typing, within one host.

use serde::Deserialize;
use serde_json::{Value, json};

use super::cdp::CdpError;
use super::pool::{Chrome, Lease};
use super::watch::host_of;
use crate::WebError;
use crate::fault::failed;
use crate::guard::refused;
use crate::readable::readable;

/// Scrolls of one visit, for pages that go on without end.
const SCROLLS: usize = 20;

/// Characters that are typed at a time.
const TYPED_CHARS: usize = 2_000;

/// A page that is used. It stays at its host, sends no form that was not approved, and once something
/// was typed, asks nothing of other hosts. Dropping it closes it.
pub struct Visit {
    lease: Lease,
    chrome: Chrome,
    address: String,
    scrolls: usize,
}

/// A page as whoever uses it sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct View {
    /// Its address.
    pub address: String,
    /// Its title.
    pub title: String,
    /// What it says.
    pub markdown: String,
    /// What can be used, at most 200. The place in this list is its number, which holds until the next
    /// view.
    pub elements: Vec<Element>,
}

/// Something on a page that can be used.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Element {
    /// `link`, `button`, `input` or `choice`.
    pub kind: String,
    /// What it is called.
    pub label: String,
    /// A link's address, what an input holds, or the choices, between ` | `.
    pub value: String,
}

/// What is done to a page. Numbers are of the last view.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// Clicks on an element that sends no form.
    Click(usize),
    /// Clicks on an element that sends a form, which the user has approved.
    Submit(usize),
    /// Types into an input, in place of what it holds, or takes a choice by its name.
    Type(usize, String),
    /// Goes one page down.
    Scroll,
    /// Goes back to the page before.
    Back,
}

/// What would be sent.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Form {
    /// To which address.
    pub action: String,
    /// `GET` or `POST`.
    pub method: String,
    /// What.
    pub fields: Vec<Field>,
}

/// A field of a form.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// What it holds.
    pub value: String,
}

impl Chrome {
    /// Opens a page to use it.
    ///
    /// # Errors
    /// [`WebError`].
    pub async fn visit(&self, address: &str) -> Result<Visit, WebError> {
        let settings = self.settings();
        let admitted = settings.guard.check(address)?;
        let host = host_of(admitted.url());
        let address = admitted.url().to_string();
        let mut lease =
            self.lease(admitted.scope(), Some(host)).await.map_err(|why| failed(&address, why))?;
        lease.show(&address).await?;
        Ok(Visit { lease, chrome: self.clone(), address, scrolls: 0 })
    }
}

impl Visit {
    /// The page as it is now.
    ///
    /// # Errors
    /// [`WebError`].
    pub async fn view(&mut self) -> Result<View, WebError> {
        let seen = self.lease.tab.seen(&self.address).await?;
        self.chrome.settings().guard.check(&seen.address)?;
        let elements = self.evaluate(include_str!("js/elements.js")).await?;
        let elements = serde_json::from_value(elements).unwrap_or_default();
        self.address = seen.address;
        let (html, address) = (seen.html, self.address.clone());
        let read = tokio::task::spawn_blocking(move || readable(&html, &address)).await;
        let read = read.map_err(|error| failed(&self.address, error.to_string()))?;
        Ok(View {
            address: self.address.clone(),
            title: seen.title,
            markdown: read.markdown,
            elements,
        })
    }

    /// The form that a click on an element would send. `None` where it sends none.
    ///
    /// # Errors
    /// [`WebError`].
    pub async fn will_submit(&self, number: usize) -> Result<Option<Form>, WebError> {
        let form = self.evaluate(&script(include_str!("js/submits.js"), number, "")).await?;
        Ok(serde_json::from_value(form).ok())
    }

    /// Does something, and waits until the page is at rest again.
    ///
    /// # Errors
    /// [`WebError::Refused`], among others where a click would send a form, lead to another host, or
    /// where a password would be typed. The page stays as it is then.
    pub async fn act(&mut self, act: Act) -> Result<(), WebError> {
        let limits = self.chrome.settings().limits;
        self.lease.tab.watch.begin();
        match act {
            Act::Click(number) => {
                if self.will_submit(number).await?.is_some() {
                    return Err(self.refused("this sends a form; ask the user, then submit it"));
                }
                self.click(number).await?;
            }
            Act::Submit(number) => {
                self.lease.tab.watch.may_send(true);
                self.click(number).await?;
            }
            Act::Type(number, text) => self.enter(number, &text).await?,
            Act::Scroll if self.scrolls >= SCROLLS => {
                return Err(self.refused("it was scrolled often enough"));
            }
            Act::Scroll => {
                self.scrolls += 1;
                self.evaluate("window.scrollBy(0, innerHeight * 0.9)").await?;
            }
            Act::Back => {
                self.evaluate("history.back()").await?;
            }
        }
        let rest = self.lease.tab.rest(&self.address, limits);
        tokio::time::timeout(limits.time, rest).await.unwrap_or(Ok(()))
    }

    async fn click(&self, number: usize) -> Result<(), WebError> {
        match self.evaluate(&script(include_str!("js/click.js"), number, "")).await? {
            Value::Bool(true) => Ok(()),
            _ => Err(failed(&self.address, format!("there is no element {number}; look again"))),
        }
    }

    async fn enter(&self, number: usize, text: &str) -> Result<(), WebError> {
        let text: String = text.chars().take(TYPED_CHARS).collect();
        self.lease.tab.watch.typed();
        let how = self.evaluate(&script(include_str!("js/focus.js"), number, &text)).await?;
        match how.as_str() {
            Some("ready") => {
                let typed =
                    self.lease.tab.session.call("Input.insertText", json!({ "text": text }));
                typed.await.map(drop).map_err(|error| failed(&self.address, error.to_string()))
            }
            Some("done") => Ok(()),
            Some("secret") => Err(self.refused("passwords and files are for the user alone")),
            _ => Err(failed(&self.address, format!("nothing can be typed into element {number}"))),
        }
    }

    async fn evaluate(&self, script: &str) -> Result<Value, WebError> {
        self.lease
            .tab
            .evaluate(script)
            .await
            .map_err(|error: CdpError| failed(&self.address, error.to_string()))
    }

    fn refused(&self, why: &str) -> WebError {
        refused(&self.address, why)
    }
}

/// A script with its arguments.
fn script(source: &str, number: usize, text: &str) -> String {
    source.replace("$NUMBER$", &number.to_string()).replace("$TEXT$", &json!(text).to_string())
}
