//! How a reader behaves towards those that it reads.

use std::time::Duration;

use axum::http::{StatusCode, header};
use axum::response::IntoResponse as _;
use devika_browser::{Web as _, WebError};

use crate::world::{Site, World, html, not_found, redirect, typed};

const HOUR: Duration = Duration::from_secs(60 * 60);

#[tokio::test]
async fn requests_name_devika_and_carry_neither_cookies_nor_where_they_come_from() {
    let site = Site::new(|path| match path {
        "/a" => {
            let mut answer = redirect("/b");
            answer.headers_mut().insert(header::SET_COOKIE, "id=1; Path=/".parse().unwrap());
            answer
        }
        "/b" => html("<p>text"),
        _ => not_found(),
    })
    .await;
    World::new().naming([&site]).reader().read(&site.address("/a")).await.unwrap();
    let headers = site.headers();
    assert_eq!(headers.len(), 3);
    for headers in headers {
        let mut names: Vec<_> = headers.keys().map(ToString::to_string).collect();
        names.sort();
        assert_eq!(names, ["accept", "accept-encoding", "host", "user-agent"]);
        let agent = headers["user-agent"].to_str().unwrap();
        assert!(agent.starts_with("devika/"), "{agent}");
    }
}

#[tokio::test]
async fn what_a_site_asks_programs_not_to_read_is_not_asked_for() {
    let site = Site::new(|path| match path {
        "/robots.txt" => typed("text/plain", "User-agent: *\nDisallow: /private\n"),
        "/away" => redirect("/private/page"),
        _ => html("<p>text"),
    })
    .await;
    let reader = World::new().naming([&site]).reader();
    for path in ["/private/page", "/away"] {
        let found = reader.read(&site.address(path)).await;
        assert!(
            matches!(&found, Err(WebError::Refused { why, .. }) if why.contains("robots.txt")),
            "{found:?}"
        );
    }
    reader.read(&site.address("/public")).await.unwrap();
    assert_eq!(site.asked(), ["/away", "/public"]);
    assert_eq!(site.asked_rules(), 1);
}

#[tokio::test]
async fn a_site_without_rules_is_read_and_one_that_cannot_tell_them_is_not() {
    let free = Site::with_page("<p>text").await;
    let broken = Site::new(|path| match path {
        "/robots.txt" => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        _ => html("<p>text"),
    })
    .await;
    let reader = World::new().naming([&free, &broken]).reader();
    assert!(reader.read(&free.address("/")).await.is_ok());
    let failure = reader.read(&broken.address("/")).await.unwrap_err();
    assert!(
        matches!(&failure, WebError::Failed { why, .. }
            if why == "what its site allows cannot be asked: its server answers 500 Internal Server Error"),
        "{failure}"
    );
    assert_eq!(broken.asked(), [""; 0]);
}

#[tokio::test]
async fn rules_are_asked_for_once_by_many_pages_at_the_same_time() {
    let site = Site::new(|path| match path {
        "/robots.txt" => typed("text/plain", "User-agent: *\nDisallow:\n"),
        _ => html("<p>text"),
    })
    .await;
    let reader = World::new().naming([&site]).reader();
    let pages = (0..10).map(|number| {
        let (reader, address) = (&reader, site.address(&format!("/{number}")));
        async move { reader.read(&address).await }
    });
    let read = futures::future::join_all(pages).await;
    assert!(read.iter().all(Result::is_ok), "{read:?}");
    assert_eq!((site.asked_rules(), site.asked().len()), (1, 10));
}

#[tokio::test]
async fn a_host_is_not_visited_before_its_turn_and_a_redirect_within_it_is_the_same_visit() {
    let site = Site::new(|path| match path {
        "/a" => redirect("/b"),
        "/b" => html("<p>text"),
        _ => not_found(),
    })
    .await;
    let other = Site::with_page("<p>other").await;
    let world = World::new().naming([&site, &other]).with_limits(|limits| limits.pace = HOUR);
    let reader = world.reader();
    reader.read(&site.address("/a")).await.unwrap();
    let failure = reader.read(&site.address("/b")).await.unwrap_err().to_string();
    assert!(failure.contains("is to be left alone for"), "{failure}");
    assert_eq!(site.asked(), ["/a", "/b"]);
    assert!(reader.read(&other.address("/")).await.is_ok());
}

#[tokio::test]
async fn a_host_that_asks_for_rest_is_left_alone() {
    let site = Site::new(|path| match path {
        "/" => (StatusCode::TOO_MANY_REQUESTS, [(header::RETRY_AFTER, "600")]).into_response(),
        _ => not_found(),
    })
    .await;
    let reader = World::new().naming([&site]).reader();
    let first = reader.read(&site.address("/")).await.unwrap_err().to_string();
    assert!(first.contains("429 Too Many Requests"), "{first}");
    let second = reader.read(&site.address("/")).await.unwrap_err().to_string();
    assert!(second.contains("left alone for 10 min"), "{second}");
    assert_eq!(site.asked(), ["/"]);
}
