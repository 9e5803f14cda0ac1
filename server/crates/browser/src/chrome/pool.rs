//! One browser, started on first need, and its tabs.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::time::{Instant, sleep_until};

use super::cdp::Event;
use super::launch::Browser;
use super::tab::Tab;
use super::watch::Rules;
use super::{ChromeLimits, ChromeSettings};
use crate::WebError;
use crate::guard::Scope;

/// How long a browser that could not be started is not tried again: whoever reads ten pages waits once.
const AGAIN: Duration = Duration::from_secs(60);

/// Pages in the user's Chrome or Chromium. Clones share one browser, which ends with the last of them.
#[derive(Clone)]
pub struct Chrome {
    inner: Arc<Inner>,
}

struct Inner {
    settings: ChromeSettings,
    places: Arc<Semaphore>,
    /// A page of the internet is shown by a browser that does not reach the hosts which the user named:
    /// they allowed themselves to read these, not every page to ask them for something.
    internet: tokio::sync::Mutex<Slot>,
    named: tokio::sync::Mutex<Slot>,
}

impl Inner {
    fn slot(&self, scope: Scope) -> &tokio::sync::Mutex<Slot> {
        match scope {
            Scope::Internet => &self.internet,
            Scope::Named => &self.named,
        }
    }
}

#[derive(Default)]
enum Slot {
    #[default]
    Stopped,
    Running(Arc<Running>),
    Failed(Instant, String),
}

/// A browser that runs, with the tabs that nobody uses at the moment.
pub(super) struct Running {
    free: Mutex<Free>,
    /// Whether a page holds a process that others share, which only another browser ends.
    is_stuck: AtomicBool,
    browser: Browser,
}

struct Free {
    tabs: Vec<Tab>,
    used: Instant,
}

/// A tab in use. Unless it is given back, it is closed.
pub(super) struct Lease {
    pub(super) tab: Tab,
    running: Arc<Running>,
    place: OwnedSemaphorePermit,
    limits: ChromeLimits,
    is_shared: bool,
}

impl Chrome {
    /// A browser that is not started before it is needed.
    #[must_use]
    pub fn new(settings: ChromeSettings) -> Self {
        let places = Arc::new(Semaphore::new(settings.limits.tabs.max(1)));
        let (internet, named) = Default::default();
        Self { inner: Arc::new(Inner { settings, places, internet, named }) }
    }

    /// Starts the browser as it is started for pages, unless it runs.
    ///
    /// # Errors
    /// Why it does not start, or is not used.
    pub async fn try_out(&self) -> Result<(), String> {
        self.running(Scope::Internet).await.map(drop)
    }

    pub(super) fn settings(&self) -> &ChromeSettings {
        &self.inner.settings
    }

    /// A tab for pages in a scope; where all are in use, once one is free. With `host` one that stays
    /// there.
    pub(super) async fn lease(&self, scope: Scope, host: Option<String>) -> Result<Lease, String> {
        let inner = &self.inner;
        let place = Arc::clone(&inner.places).acquire_owned().await.map_err(|e| e.to_string())?;
        let running = self.running(scope).await?;
        let limits = inner.settings.limits;
        let kept = if host.is_none() { running.free().tabs.pop() } else { None };
        // One that stays at a host has its own rules.
        let is_shared = host.is_none();
        let tab = match kept {
            Some(tab) => tab,
            None => {
                let guard = inner.settings.guard.within(scope);
                let pictures = inner.settings.screenshots.is_some();
                let rules = Rules { guard, limits, pictures, host };
                Tab::open(&running.browser.connection, rules).await.map_err(|e| e.to_string())?
            }
        };
        Ok(Lease { tab, running, place, limits, is_shared })
    }

    /// The browser for a scope, started where it is not.
    async fn running(&self, scope: Scope) -> Result<Arc<Running>, String> {
        let mut slot = self.inner.slot(scope).lock().await;
        match &*slot {
            Slot::Running(running) if !running.is_gone() => {
                running.free().used = Instant::now();
                return Ok(Arc::clone(running));
            }
            Slot::Failed(at, why) if at.elapsed() < AGAIN => return Err(why.clone()),
            _ => {}
        }
        let guard = self.inner.settings.guard.within(scope);
        match Browser::start(&self.inner.settings, guard).await {
            Ok(browser) => {
                let events = browser.connection.browser().events();
                let free = Free { tabs: Vec::new(), used: Instant::now() };
                let running = Arc::new(Running {
                    free: Mutex::new(free),
                    is_stuck: AtomicBool::new(false),
                    browser,
                });
                close_popups(&running, events).await;
                tokio::spawn(stop_when_idle(
                    Arc::downgrade(&self.inner),
                    Arc::downgrade(&running),
                    scope,
                ));
                *slot = Slot::Running(Arc::clone(&running));
                Ok(running)
            }
            Err(why) => {
                *slot = Slot::Failed(Instant::now(), why.clone());
                Err(why)
            }
        }
    }
}

impl Running {
    fn is_gone(&self) -> bool {
        self.browser.is_gone() || self.is_stuck.load(Ordering::Relaxed)
    }

    fn free(&self) -> MutexGuard<'_, Free> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lease {
    /// Shows a page. One that does not even stop when its time is over takes its browser along: the next
    /// page gets a new one.
    pub(super) async fn show(&mut self, address: &str) -> Result<(), WebError> {
        let shown = self.tab.show(address, self.limits).await;
        if matches!(shown, Err(WebError::TooMuch { .. })) && !self.tab.is_answering().await {
            self.running.is_stuck.store(true, Ordering::Relaxed);
        }
        shown
    }

    /// Gives the tab back for other pages, once it has forgotten this one.
    pub(super) fn give_back(self, address: String) {
        let Self { tab, running, place, limits, is_shared } = self;
        if !is_shared {
            return;
        }
        tokio::spawn(async move {
            // Also where it is closed now: the other tabs share its cookies.
            if tab.clear(&address).await && tab.pages < limits.pages_a_tab {
                let mut free = running.free();
                free.used = Instant::now();
                free.tabs.push(tab);
            }
            drop(place);
        });
    }
}

/// Closes windows that pages have opened, should one get through.
async fn close_popups(running: &Arc<Running>, mut events: mpsc::Receiver<Event>) {
    let browser = running.browser.connection.browser();
    let deny = serde_json::json!({ "behavior": "deny" });
    if let Err(error) = browser.call("Browser.setDownloadBehavior", deny).await {
        tracing::warn!(%error, "downloads cannot be refused");
    }
    let discover = serde_json::json!({ "discover": true });
    if let Err(error) = browser.call("Target.setDiscoverTargets", discover).await {
        tracing::warn!(%error, "windows that pages open cannot be closed");
    }
    tokio::spawn(async move {
        while let Some(event) = events.recv().await {
            let target = &event.params["targetInfo"];
            if event.method == "Target.targetCreated" && target["openerId"].is_string() {
                let id = serde_json::json!({ "targetId": target["targetId"] });
                browser.tell("Target.closeTarget", id);
            }
        }
    });
}

/// Ends the browser when nobody has used it for a while.
async fn stop_when_idle(inner: Weak<Inner>, running: Weak<Running>, scope: Scope) {
    loop {
        let used = running.upgrade().map(|running| running.free().used);
        let idle = inner.upgrade().map(|inner| inner.settings.limits.idle);
        let (Some(used), Some(idle)) = (used, idle) else { return };
        sleep_until(used + idle).await;
        let (Some(inner), Some(running)) = (inner.upgrade(), running.upgrade()) else { return };
        let mut slot = inner.slot(scope).lock().await;
        let is_used = inner.places.available_permits() < inner.settings.limits.tabs.max(1);
        if is_used {
            running.free().used = Instant::now();
        } else if running.free().used.elapsed() >= idle {
            if matches!(&*slot, Slot::Running(current) if Arc::ptr_eq(current, &running)) {
                *slot = Slot::Stopped;
            }
            return;
        }
    }
}
