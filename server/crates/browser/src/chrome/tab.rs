//! One tab of the browser, with cookies and storage of its own.

use std::sync::Arc;

use futures::try_join;
use serde_json::{Value, json};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::cdp::{CdpError, Connection, Session};
use super::page::ANSWER;
use super::watch::{Rules, Watch};

/// The world in which our scripts run, which pages do not see.
const WORLD: &str = "devika";

/// How long one of our scripts may run, in milliseconds.
const SCRIPT_MS: u64 = 5_000;

/// A tab. Dropping it closes it.
pub(super) struct Tab {
    pub(super) session: Session,
    pub(super) watch: Arc<Watch>,
    browser: Session,
    /// Where its cookies are, if not with those of the other tabs.
    context: Option<String>,
    /// The tab's and its main frame's id.
    target: String,
    following: JoinHandle<()>,
    /// Pages that it has shown.
    pub(super) pages: usize,
}

impl Tab {
    pub(super) async fn open(connection: &Connection, rules: Rules) -> Result<Self, CdpError> {
        let browser = connection.browser();
        let context = match rules.host {
            Some(_) => Some(own_context(&browser).await?),
            None => None,
        };
        let blank = match &context {
            Some(context) => json!({ "url": "about:blank", "browserContextId": context }),
            None => json!({ "url": "about:blank" }),
        };
        let target = text(&browser.call("Target.createTarget", blank).await?["targetId"]);
        let attach = json!({ "targetId": target, "flatten": true });
        let id = text(&browser.call("Target.attachToTarget", attach).await?["sessionId"]);
        let session = connection.session(id);
        let events = session.events();
        let patterns = patterns(&rules);
        let watch = Watch::new(rules);
        let following =
            tokio::spawn(Arc::clone(&watch).follow(session.clone(), target.clone(), events));
        let tab = Self { session, watch, browser, context, target, following, pages: 0 };
        tab.prepare(patterns).await?;
        Ok(tab)
    }

    async fn prepare(&self, patterns: Value) -> Result<(), CdpError> {
        let watch = json!({ "source": include_str!("js/watch.js"), "worldName": WORLD });
        let small = json!({ "maxTotalBufferSize": 1 << 20, "maxResourceBufferSize": 1 << 20 });
        let call = |method: &'static str, params| self.session.call(method, params);
        try_join!(
            call("Page.enable", json!({})),
            call("Inspector.enable", json!({})),
            call("Network.enable", small),
            call("Network.setBypassServiceWorker", json!({ "bypass": true })),
            call("Page.addScriptToEvaluateOnNewDocument", watch),
            // Tabs behind others are as awake as the one in front.
            call("Emulation.setFocusEmulationEnabled", json!({ "enabled": true })),
            call("Fetch.enable", json!({ "patterns": patterns })),
        )?;
        Ok(())
    }

    /// What a script of ours says about the page, from its own world.
    pub(super) async fn evaluate(&self, script: &str) -> Result<Value, CdpError> {
        let world = json!({ "frameId": self.target, "worldName": WORLD });
        let world = self.session.call("Page.createIsolatedWorld", world).await?;
        let run = json!({
            "expression": script,
            "contextId": world["executionContextId"],
            "returnByValue": true,
            "timeout": SCRIPT_MS,
        });
        let mut outcome = self.session.call("Runtime.evaluate", run).await?;
        match outcome["exceptionDetails"].take() {
            Value::Null => Ok(outcome["result"]["value"].take()),
            fault => Err(CdpError::Said(text(&fault["text"]))),
        }
    }

    /// Forgets the last page, with all that it has kept, and the cookies of all hosts that it led to.
    /// `false` where that fails.
    pub(super) async fn clear(&self, address: &str) -> bool {
        self.watch.begin();
        // A cookie that a page sets is on its way to the browser for a while; to ask for them comes after
        // it on the same way, so that none arrives after they were cleared.
        timeout(ANSWER, self.evaluate("document.cookie")).await.ok();
        let origin = url::Url::parse(address).map(|url| url.origin().ascii_serialization());
        let kept = json!({ "origin": origin.unwrap_or_default(), "storageTypes": "all" });
        let call = |method: &'static str, params| self.session.call(method, params);
        // The page goes first: while it is there it keeps more.
        let left = call("Page.navigate", json!({ "url": "about:blank" })).await;
        let cleared = try_join!(
            call("Network.clearBrowserCookies", json!({})),
            call("Storage.clearDataForOrigin", kept),
            call("Page.resetNavigationHistory", json!({})),
        );
        left.is_ok() && cleared.is_ok() && !self.watch.is_crashed()
    }
}

impl Drop for Tab {
    fn drop(&mut self) {
        self.following.abort();
        self.session.forget();
        self.browser.tell("Target.closeTarget", json!({ "targetId": self.target }));
        if let Some(context) = &self.context {
            let context = json!({ "browserContextId": context });
            self.browser.tell("Target.disposeBrowserContext", context);
        }
    }
}

/// Cookies and storage for one tab alone. It costs a process for its pages, and one for its network.
async fn own_context(browser: &Session) -> Result<String, CdpError> {
    let made = browser.call("Target.createBrowserContext", json!({ "disposeOnDetach": true }));
    let context = text(&made.await?["browserContextId"]);
    let deny = json!({ "behavior": "deny", "browserContextId": context });
    browser.call("Browser.setDownloadBehavior", deny).await?;
    Ok(context)
}

/// Which requests wait for a decision: for the network's sake none would have to, since the proxy
/// decides, too.
fn patterns(rules: &Rules) -> Value {
    let kind = |kind: &str, stage: &str| json!({ "resourceType": kind, "requestStage": stage });
    let mut patterns = vec![kind("Document", "Response")];
    if rules.host.is_some() {
        patterns.push(json!({ "urlPattern": "*", "requestStage": "Request" }));
        return Value::Array(patterns);
    }
    patterns.push(kind("Document", "Request"));
    if !rules.pictures {
        patterns.extend(["Image", "Media", "Font"].map(|it| kind(it, "Request")));
    }
    Value::Array(patterns)
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
