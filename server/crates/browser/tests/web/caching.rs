//! What is kept of pages and searches.

use std::time::Duration;

use devika_browser::{Engine, Web as _, WebError};

use crate::world::{Site, World, html, not_found, typed};

const HOUR: Duration = Duration::from_secs(60 * 60);

#[tokio::test]
async fn a_page_is_asked_for_once_and_tells_when() {
    let site = Site::with_page("<title>T</title>text").await;
    let world = World::new().naming([&site]).keeping(HOUR);
    let first = world.reader().read(&site.address("/")).await.unwrap();
    let again = world.reader().read(&site.address("/#part")).await.unwrap();
    assert_eq!(again, first);
    assert_eq!(site.asked(), ["/"]);
}

#[tokio::test]
async fn a_page_that_is_too_old_is_asked_for_again() {
    let site = Site::with_page("text").await;
    let world = World::new().naming([&site]).keeping(Duration::ZERO);
    for _ in 0..2 {
        world.reader().read(&site.address("/")).await.unwrap();
    }
    assert_eq!(site.asked(), ["/", "/"]);
}

#[tokio::test]
async fn a_host_that_is_no_longer_allowed_is_not_read_from_the_cache() {
    let site = Site::with_page("text").await;
    let mut world = World::new().naming([&site]).keeping(HOUR);
    world.reader().read(&site.address("/")).await.unwrap();
    world.settings.hosts.clear();
    let found = world.reader().read(&site.address("/")).await;
    assert!(matches!(found, Err(WebError::Refused { .. })), "{found:?}");
}

#[tokio::test]
async fn a_failure_is_not_kept() {
    let site = Site::new(|_| not_found()).await;
    let world = World::new().naming([&site]).keeping(HOUR);
    for _ in 0..2 {
        world.reader().read(&site.address("/")).await.unwrap_err();
    }
    assert_eq!(site.asked(), ["/", "/"]);
}

#[tokio::test]
async fn the_same_search_is_asked_once() {
    let found = r#"{"results": [{"url": "https://a.org/", "title": "A", "content": "about"}]}"#;
    let site = Site::new(move |_| typed("application/json", found)).await;
    let mut world = World::new().keeping(HOUR);
    world.settings.engines = vec![Engine::searxng(site.address("/"))];
    let first = world.reader().search("a").await.unwrap();
    assert_eq!(world.reader().search("a").await.unwrap(), first);
    world.reader().search("b").await.unwrap();
    assert_eq!(site.asked(), ["/search?q=a&format=json", "/search?q=b&format=json"]);
}

#[tokio::test]
async fn where_nothing_can_be_kept_pages_are_read_all_the_same() {
    let site = Site::new(|path| if path == "/" { html("text") } else { not_found() }).await;
    let mut world = World::new().naming([&site]).keeping(HOUR);
    let file = tempfile::NamedTempFile::new().unwrap();
    world.settings.cache.as_mut().unwrap().folder = file.path().join("pages");
    world.reader().read(&site.address("/")).await.unwrap();
}
