//! Pages that are too large, too slow or not what they should be.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::body::Body;
use axum::http::StatusCode;
use axum::response::IntoResponse as _;
use devika_browser::{Web as _, WebError};
use futures::{StreamExt as _, stream};

use crate::world::{Site, World, gzip, html, not_found, packed, redirect, typed};

const MIB: usize = 1024 * 1024;

/// Why a page of a site is not read.
async fn failure(world: World, site: &Site, path: &str) -> WebError {
    world.naming([site]).reader().read(&site.address(path)).await.unwrap_err()
}

/// A body of `parts` times 64 KiB, which counts what was taken of it.
fn endless(parts: usize, taken: &Arc<AtomicUsize>) -> Body {
    let taken = Arc::clone(taken);
    Body::from_stream(stream::iter(0..parts).map(move |_| {
        taken.fetch_add(64 * 1024, Ordering::SeqCst);
        Ok::<_, Infallible>(vec![b'a'; 64 * 1024])
    }))
}

#[tokio::test]
async fn a_body_of_a_gigabyte_is_left_at_the_bound() {
    let taken = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&taken);
    let site = Site::new(move |path| match path {
        "/" => html(endless(16 * 1024, &counted)),
        _ => not_found(),
    })
    .await;
    let failure = failure(World::new(), &site, "/").await;
    assert!(matches!(&failure, WebError::TooMuch { why, .. } if why == "it is larger than 10 MiB"));
    // What was on its way when the connection was closed is a few buffers.
    let taken = taken.load(Ordering::SeqCst);
    assert!(taken < 32 * MIB, "{taken} bytes were taken");
}

#[tokio::test]
async fn a_body_that_says_it_is_too_large_is_not_begun() {
    let site = Site::new(|path| match path {
        "/" => html(vec![b'a'; 11 * MIB]),
        _ => not_found(),
    })
    .await;
    assert!(matches!(failure(World::new(), &site, "/").await, WebError::TooMuch { .. }));
}

#[tokio::test]
async fn a_small_body_that_unpacks_to_a_large_one_is_left_at_the_bound() {
    let bomb = gzip(&vec![0; 8 * MIB]);
    assert!(bomb.len() < MIB / 16);
    let site = Site::new(move |path| match path {
        "/" => packed("gzip", bomb.clone()),
        _ => not_found(),
    })
    .await;
    let world = World::new().with_limits(|limits| limits.page_bytes = MIB);
    let failure = failure(world, &site, "/").await;
    assert!(matches!(&failure, WebError::TooMuch { why, .. } if why == "it is larger than 1 MiB"));
}

#[tokio::test]
async fn rules_that_unpack_to_a_large_file_are_left_at_the_bound() {
    let bomb = gzip(&vec![0; 8 * MIB]);
    let site = Site::new(move |_| packed("gzip", bomb.clone())).await;
    let failure = failure(World::new(), &site, "/").await.to_string();
    assert!(failure.ends_with("cannot be asked: robots.txt is too large"), "{failure}");
}

#[tokio::test]
async fn a_body_whose_packing_is_broken_or_unknown_is_not_read() {
    let site = Site::new(|path| match path {
        "/cut" => {
            let whole = gzip(&b"<p>some text".repeat(1000));
            packed("gzip", whole[..whole.len() / 2].to_vec())
        }
        "/no-gzip" => packed("gzip", b"plain text".to_vec()),
        "/brotli" => packed("br", b"plain text".to_vec()),
        _ => not_found(),
    })
    .await;
    for path in ["/cut", "/no-gzip", "/brotli"] {
        let failure = failure(World::new(), &site, path).await;
        let told = matches!(&failure, WebError::Failed { why, .. } if why.contains("pack"));
        assert!(told, "{path}: {failure}");
    }
}

#[tokio::test]
async fn redirects_in_a_circle_end() {
    let site = Site::new(|path| match path {
        "/a" => redirect("/b"),
        "/b" => redirect("/a"),
        _ => not_found(),
    })
    .await;
    let failure = failure(World::new(), &site, "/a").await;
    assert!(matches!(&failure, WebError::Failed { why, .. } if why == "it redirects in a circle"));
    assert_eq!(site.asked(), ["/a", "/b"]);
}

#[tokio::test]
async fn redirects_without_end_are_followed_up_to_the_bound() {
    let site = Site::new(|path| match path.trim_start_matches('/').parse::<u32>() {
        Ok(number) => redirect(&format!("/{}", number + 1)),
        Err(_) => not_found(),
    })
    .await;
    let failure = failure(World::new(), &site, "/0").await;
    assert!(
        matches!(&failure, WebError::TooMuch { why, .. } if why == "it redirects more than 5 times")
    );
    assert_eq!(site.asked(), ["/0", "/1", "/2", "/3", "/4", "/5"]);
}

#[tokio::test]
async fn a_body_that_never_ends_is_left_when_its_time_is_over() {
    let site = Site::new(|path| match path {
        "/" => {
            let part = stream::once(async { Ok::<_, Infallible>("<p>begin") });
            html(Body::from_stream(part.chain(stream::pending())))
        }
        _ => not_found(),
    })
    .await;
    let world = World::new().with_limits(|limits| limits.time = Duration::from_millis(300));
    let failure = failure(world, &site, "/").await;
    assert!(
        matches!(&failure, WebError::TooMuch { why, .. } if why == "it takes longer than 0.3 s"),
        "{failure}"
    );
}

#[tokio::test]
async fn what_is_no_text_is_not_read() {
    let site = Site::new(|path| match path {
        "/archive" => typed("application/zip", "PK"),
        "/saved" => {
            let mut page = html("<p>text");
            let value = "attachment; filename=\"page.html\"".parse().unwrap();
            page.headers_mut().insert("content-disposition", value);
            page
        }
        "/unknown" => {
            let mut page = html(&b"\x7fELF\x02\x01\0\0"[..]);
            page.headers_mut().remove("content-type");
            page
        }
        _ => not_found(),
    })
    .await;
    let mut said = Vec::new();
    for path in ["/archive", "/saved", "/unknown"] {
        match failure(World::new(), &site, path).await {
            WebError::Refused { why, .. } => said.push(why),
            other => panic!("{path}: {other}"),
        }
    }
    insta::assert_debug_snapshot!(said, @r#"
    [
        "application/zip is not read, only text and PDF",
        "it is a download",
        "it is neither text nor PDF",
    ]
    "#);
}

#[tokio::test]
async fn a_page_that_is_not_there_or_empty_is_told_as_that() {
    let site = Site::new(|path| match path {
        "/empty" => html(""),
        "/teapot" => StatusCode::IM_A_TEAPOT.into_response(),
        _ => not_found(),
    })
    .await;
    let mut said = Vec::new();
    for path in ["/gone", "/empty", "/teapot"] {
        match failure(World::new(), &site, path).await {
            WebError::Failed { why, .. } => said.push(why),
            other => panic!("{path}: {other}"),
        }
    }
    insta::assert_debug_snapshot!(said, @r#"
    [
        "its server answers 404 Not Found",
        "it is empty",
        "its server answers 418 I'm a teapot",
    ]
    "#);
}

#[tokio::test]
async fn nobody_there_is_told_as_that() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let reader = World::new().naming_host(free.to_string()).reader();
    let failure = reader.read(&format!("http://{free}/")).await.unwrap_err();
    assert!(
        matches!(&failure, WebError::Failed { why, .. } if why.contains("refused")),
        "{failure}"
    );
}
