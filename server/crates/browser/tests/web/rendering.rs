//! What a browser adds.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use devika_browser::{Reader, Render, Rendered, Visit, Web as _, WebError};

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
        Err(WebError::Failed { address: address.to_owned(), why: "it crashed".to_owned() })
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

#[tokio::test]
async fn a_page_is_used_as_far_as_its_site_lets_programs_read_it() {
    let site = Site::new(|path| match path {
        "/robots.txt" => typed("text/plain", "User-agent: *\nDisallow: /private\n"),
        _ => typed("text/html", "<body>Text"),
    })
    .await;
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
async fn without_a_browser_no_page_is_used() {
    let site = app().await;
    let reader = Reader::new(World::new().naming([&site]).settings, None);
    assert!(!reader.can_visit());
    let refused = reader.visit(&site.address("/app")).await.err().unwrap();
    assert!(refused.to_string().contains("no browser"), "{refused}");
    assert_eq!(site.asked(), [""; 0]);
}
