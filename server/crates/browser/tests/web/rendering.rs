//! What a browser adds.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use devika_browser::{
    Act, Element, Form, Reader, Render, Rendered, View, Visit, Web as _, WebError,
};

use crate::world::{Site, World, not_found, redirect, typed};

/// A browser that shows every page the same, or none.
struct Browser {
    shows: Option<&'static str>,
    shown: Mutex<Vec<String>>,
}

impl Browser {
    fn new(shows: Option<&'static str>) -> Arc<Self> {
        Arc::new(Self { shows, shown: Mutex::default() })
    }

    fn shown(&self) -> Vec<String> {
        self.shown.lock().unwrap().clone()
    }
}

#[async_trait]
impl Render for Browser {
    async fn render(&self, address: &str) -> Result<Rendered, WebError> {
        self.shown.lock().unwrap().push(address.to_owned());
        let failed =
            || WebError::Failed { address: address.to_owned(), why: "it crashed".to_owned() };
        Ok(Rendered {
            address: format!("{address}#shown"),
            html: self.shows.ok_or_else(failed)?.to_owned(),
            title: "Shown".to_owned(),
            screenshot: Some("page.png".into()),
        })
    }

    async fn visit(&self, address: &str) -> Result<Box<dyn Visit>, WebError> {
        self.shown.lock().unwrap().push(format!("visit {address}"));
        if self.shows.is_none() {
            return Err(WebError::Failed {
                address: address.to_owned(),
                why: "it crashed".to_owned(),
            });
        }
        Ok(Box::new(Used(address.to_owned())))
    }
}

/// A page with a link to each of its site's pages; whatever is clicked leads there, and a form to
/// `/private`.
struct Used(String);

impl Used {
    fn address(&self, path: &str) -> String {
        url::Url::parse(&self.0).unwrap().join(path).unwrap().into()
    }
}

#[async_trait]
impl Visit for Used {
    async fn view(&mut self) -> Result<View, WebError> {
        let element = |kind: &str, path: &str| Element {
            kind: kind.to_owned(),
            label: path.to_owned(),
            value: self.address(path),
        };
        Ok(View {
            address: self.0.clone(),
            title: String::new(),
            markdown: String::new(),
            elements: vec![
                element("link", "/open"),
                element("link", "/private"),
                element("link", "/other#part"),
                element("button", "/private"),
            ],
            screenshot: None,
        })
    }

    async fn will_submit(&self, _number: usize) -> Result<Option<Form>, WebError> {
        Ok(None)
    }

    async fn act(&mut self, act: Act) -> Result<(), WebError> {
        self.0 = match act {
            Act::Click(0) => self.address("/open"),
            Act::Click(2) => self.address("/other#part"),
            _ => self.address("/private"),
        };
        Ok(())
    }
}

async fn app() -> Site {
    Site::new(|path| match path {
        "/" => redirect("/app"),
        "/app" => typed("text/html", "<title>App</title><body>Loading"),
        "/notes.md" => typed("text/markdown", "# Notes"),
        _ => not_found(),
    })
    .await
}

fn reader(world: &World, browser: &Arc<Browser>) -> Reader {
    Reader::new(world.settings.clone(), Some(Arc::clone(browser) as Arc<dyn Render>))
}

#[tokio::test]
async fn a_page_is_read_as_a_browser_shows_it() {
    let (site, browser) =
        (app().await, Browser::new(Some("<body><p>The answer is 42.</p></body>")));
    let reader = reader(&World::new().naming([&site]), &browser);
    let page = reader.read(&site.address("/")).await.unwrap();
    assert_eq!(browser.shown(), [site.address("/app")]);
    assert_eq!(page.address, site.address("/app#shown"));
    assert_eq!((page.title.as_str(), page.markdown.trim()), ("Shown", "The answer is 42."));
    assert_eq!((page.rendered, page.screenshot), (true, Some("page.png".into())));
    assert_eq!(reader.limits(), None);
}

#[tokio::test]
async fn what_needs_no_browser_is_shown_to_none() {
    let (site, browser) = (app().await, Browser::new(Some("")));
    let page = reader(&World::new().naming([&site]), &browser);
    let page = page.read(&site.address("/notes.md")).await.unwrap();
    assert_eq!((page.title.as_str(), page.rendered), ("Notes", false));
    assert_eq!(browser.shown(), [""; 0]);
}

#[tokio::test]
async fn a_page_that_the_browser_cannot_show_is_read_as_it_was_sent_and_not_kept() {
    let (site, browser) = (app().await, Browser::new(None));
    let world = World::new().naming([&site]).keeping(Duration::from_secs(3600));
    let page = reader(&world, &browser).read(&site.address("/app")).await.unwrap();
    assert_eq!(
        (page.title.as_str(), page.markdown.trim(), page.rendered),
        ("App", "Loading", false)
    );
    let mended = Browser::new(Some("<p>The answer"));
    let page = reader(&world, &mended).read(&site.address("/app")).await.unwrap();
    assert!(page.rendered);
}

#[tokio::test]
async fn a_page_that_was_kept_before_there_was_a_browser_is_shown_to_it() {
    let (site, browser) = (app().await, Browser::new(Some("<p>The answer")));
    let world = World::new().naming([&site]).keeping(Duration::from_secs(3600));
    world.reader().read(&site.address("/app")).await.unwrap();
    let page = reader(&world, &browser).read(&site.address("/app")).await.unwrap();
    assert!(page.rendered);
    // A picture that was deleted since is not told of.
    let kept = reader(&world, &browser).read(&site.address("/app")).await.unwrap();
    assert_eq!((kept.rendered, kept.screenshot), (true, None));
    assert_eq!(browser.shown().len(), 1);
}

#[tokio::test]
async fn what_the_guard_refuses_is_shown_to_no_browser() {
    let (site, browser) = (app().await, Browser::new(Some("<p>inside")));
    let reader = reader(&World::new(), &browser);
    assert!(matches!(reader.read(&site.address("/app")).await, Err(WebError::Refused { .. })));
    assert_eq!(browser.shown(), [""; 0]);
}

/// A site of which programs may not read `/private`.
async fn partly_private() -> Site {
    Site::new(|path| match path {
        "/robots.txt" => typed("text/plain", "User-agent: *\nDisallow: /private\n"),
        _ => typed("text/html", "<body>Text"),
    })
    .await
}

#[tokio::test]
async fn a_page_is_used_as_far_as_its_site_lets_programs_read_it() {
    let site = partly_private().await;
    let browser = Browser::new(None);
    let reader = reader(&World::new().naming([&site]), &browser);
    assert!(reader.can_visit());
    let refused = reader.visit(&site.address("/private")).await.err().unwrap();
    assert!(matches!(&refused, WebError::Refused { .. }), "{refused}");
    let failed = reader.visit(&site.address("/open")).await.err().unwrap();
    assert!(matches!(&failed, WebError::Failed { .. }), "{failed}");
    assert_eq!(browser.shown(), [format!("visit {}", site.address("/open"))]);
}

#[tokio::test]
async fn a_click_leads_as_far_as_its_site_lets_programs_read_it() {
    let site = partly_private().await;
    let browser = Browser::new(Some(""));
    let reader = reader(&World::new().naming([&site]), &browser);
    let mut visit = reader.visit(&site.address("/open")).await.unwrap();
    visit.view().await.unwrap();
    let refused = visit.act(Act::Click(1)).await.unwrap_err();
    assert!(refused.to_string().contains("robots.txt"), "{refused}");
    assert_eq!(visit.view().await.unwrap().address, site.address("/open"), "it stays as it is");
    visit.act(Act::Click(2)).await.unwrap();
    assert_eq!(visit.view().await.unwrap().address, site.address("/other#part"));
    // Where a button leads is seen only there.
    visit.act(Act::Click(3)).await.unwrap();
    let refused = visit.view().await.unwrap_err();
    assert!(refused.to_string().contains("robots.txt"), "{refused}");
}

#[tokio::test]
async fn what_an_approved_form_brings_is_seen_although_programs_may_not_read_it() {
    let site = partly_private().await;
    let browser = Browser::new(Some(""));
    let reader = reader(&World::new().naming([&site]), &browser);
    let mut visit = reader.visit(&site.address("/open")).await.unwrap();
    visit.act(Act::Submit(3)).await.unwrap();
    assert_eq!(visit.view().await.unwrap().address, site.address("/private"));
}

#[tokio::test]
async fn without_a_browser_no_page_is_used() {
    let site = app().await;
    let reader = Reader::new(World::new().naming([&site]).settings, None);
    assert!(!reader.can_visit());
    let refused = reader.visit(&site.address("/app")).await.err().unwrap();
    assert!(refused.to_string().contains("no browser"), "{refused}");
    assert_eq!(site.asked(), [""; 0]);
}
