//! Showing a page, and waiting until it is what a person would read.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::{Instant, sleep, timeout};

use super::ChromeLimits;
use super::cdp::CdpError;
use super::tab::Tab;
use crate::WebError;
use crate::fault::{failed, told, too_much};

/// How often a page is asked how far it is.
const POLL: Duration = Duration::from_millis(20);

/// How long a page has to be without requests and changes to be at rest: longer than the pauses
/// between a script's answer and what it draws, and a part of the 300 ms that reading may add.
const STILL: Duration = Duration::from_millis(80);

/// Characters below which a page with scripts is a frame that they have not filled yet.
const FRAME_CHARS: u64 = 200;

/// How long such a page is waited for.
const LATE: Duration = Duration::from_secs(2);

/// How long a page is waited for that has had its time.
pub(super) const ANSWER: Duration = Duration::from_secs(2);

/// A page as it is seen.
pub(super) struct Seen {
    pub(super) address: String,
    pub(super) title: String,
    pub(super) html: String,
}

impl Tab {
    /// Shows a page, and waits for it as long as the limits allow.
    pub(super) async fn show(
        &mut self,
        address: &str,
        limits: ChromeLimits,
    ) -> Result<(), WebError> {
        self.pages += 1;
        self.watch.begin();
        let shown = async {
            self.go(address, limits).await?;
            self.rest(address, limits).await
        };
        match timeout(limits.time, shown).await {
            Ok(shown) => shown,
            // It may be readable all the same.
            Err(_) if self.chars().await >= FRAME_CHARS => Ok(()),
            Err(_) => Err(too_much(address, format!("it takes more than {}", told(limits.time)))),
        }
    }

    async fn go(&self, address: &str, limits: ChromeLimits) -> Result<(), WebError> {
        let there = json!({ "url": address });
        let gone = self.session.call_for(limits.time * 2, "Page.navigate", there).await;
        let why = match gone {
            Ok(answer) => answer["errorText"].as_str().map(ToOwned::to_owned),
            Err(error) => Some(error.to_string()),
        };
        match (self.watch.refused(), why) {
            (Some(refused), _) => Err(refused),
            (None, Some(why)) => Err(failed(address, why)),
            (None, None) => Ok(()),
        }
    }

    /// Waits until the page is at rest, or has been loaded for as long as is waited.
    pub(super) async fn rest(&self, address: &str, limits: ChromeLimits) -> Result<(), WebError> {
        let mut loaded: Option<Instant> = None;
        loop {
            if let Some(refused) = self.watch.refused() {
                return Err(refused);
            }
            match self.evaluate(include_str!("js/state.js")).await {
                Ok(state) if state["ready"] == "complete" => {
                    let since = loaded.get_or_insert_with(Instant::now).elapsed();
                    if since >= limits.rest || self.is_still(&state, since) {
                        return Ok(());
                    }
                }
                Ok(_) => loaded = None,
                // The page has just been replaced by another.
                Err(CdpError::Said(_)) => {}
                Err(error) => return Err(failed(address, error.to_string())),
            }
            sleep(POLL).await;
        }
    }

    fn is_still(&self, state: &Value, since: Duration) -> bool {
        let unchanged = state["unchanged"].as_f64().unwrap_or_default();
        let is_filled = state["chars"].as_u64().unwrap_or_default() >= FRAME_CHARS
            || state["scripts"].as_u64() == Some(0);
        unchanged >= STILL.as_secs_f64() * 1000.0
            && self.watch.quiet() >= STILL
            && (is_filled || since >= LATE)
    }

    /// Whether the page still lets a script of ours run, once its own were ended.
    pub(super) async fn is_answering(&self) -> bool {
        self.session.tell("Runtime.terminateExecution", json!({}));
        timeout(ANSWER, self.evaluate("1")).await.is_ok_and(|answer| answer.is_ok())
    }

    async fn chars(&self) -> u64 {
        let state = timeout(ANSWER, self.evaluate(include_str!("js/state.js"))).await;
        state.ok().and_then(Result::ok).and_then(|it| it["chars"].as_u64()).unwrap_or_default()
    }

    /// The page as it is now.
    pub(super) async fn seen(&self, address: &str) -> Result<Seen, WebError> {
        let seen = self.evaluate(include_str!("js/page.js")).await;
        let mut seen = seen.map_err(|error| failed(address, error.to_string()))?;
        if let Some(refused) = self.watch.refused() {
            return Err(refused);
        }
        let mut text = |name: &str| match seen[name].take() {
            Value::String(text) => text,
            _ => String::new(),
        };
        match text("address") {
            // The browser's own page about an answer without a body.
            own if own.starts_with("chrome-error:") => {
                Err(failed(address, "its server answers with an error and no page"))
            }
            address => Ok(Seen { address, title: text("title"), html: text("html") }),
        }
    }
}
