//! Using a page: looking, clicking, typing, within one host.

use async_trait::async_trait;
use serde_json::{Value, json};

use super::cdp::CdpError;
use super::pool::{Chrome, Lease};
use super::watch::host_of;
use crate::fault::failed;
use crate::guard::refused;
use crate::readable::readable;
use crate::{Act, Form, View, Visit, WebError};

/// Scrolls of one visit, for pages that go on without end.
const SCROLLS: usize = 20;

/// Characters that are typed at a time.
const TYPED_CHARS: usize = 2_000;

/// A page that is used in a tab of its own.
struct TabVisit {
    lease: Lease,
    chrome: Chrome,
    address: String,
    scrolls: usize,
}

/// Opens a page of the guard's to use it.
pub(super) async fn open(chrome: &Chrome, address: &str) -> Result<Box<dyn Visit>, WebError> {
    let settings = chrome.settings();
    let admitted = settings.guard.check(address)?;
    let host = host_of(admitted.url());
    let address = admitted.url().to_string();
    let mut lease =
        chrome.lease(admitted.scope(), Some(host)).await.map_err(|why| failed(&address, why))?;
    lease.show(&address).await?;
    Ok(Box::new(TabVisit { lease, chrome: chrome.clone(), address, scrolls: 0 }))
}

#[async_trait]
impl Visit for TabVisit {
    async fn view(&mut self) -> Result<View, WebError> {
        let seen = self.lease.tab.seen(&self.address).await?;
        self.chrome.settings().guard.check(&seen.address)?;
        let elements = self.evaluate(include_str!("js/elements.js")).await?;
        let elements = serde_json::from_value(elements).unwrap_or_default();
        self.address = seen.address;
        let screenshot = match &self.chrome.settings().screenshots {
            Some(folder) => self.lease.tab.picture(folder).await,
            None => None,
        };
        let (html, address) = (seen.html, self.address.clone());
        let read = tokio::task::spawn_blocking(move || readable(&html, &address)).await;
        let read = read.map_err(|error| failed(&self.address, error.to_string()))?;
        Ok(View {
            address: self.address.clone(),
            title: seen.title,
            markdown: read.markdown,
            elements,
            screenshot,
        })
    }

    async fn will_submit(&self, number: usize) -> Result<Option<Form>, WebError> {
        let form = self.evaluate(&script(include_str!("js/submits.js"), number, "")).await?;
        Ok(serde_json::from_value(form).ok())
    }

    async fn act(&mut self, act: Act) -> Result<(), WebError> {
        self.lease.tab.watch.begin();
        let done = self.carry_out(act).await;
        if matches!(done, Err(WebError::Refused { .. })) {
            // The page that was refused is not there; the one before can be looked at.
            self.lease.tab.watch.begin();
        }
        done
    }
}

impl TabVisit {
    async fn carry_out(&mut self, act: Act) -> Result<(), WebError> {
        let limits = self.chrome.settings().limits;
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
