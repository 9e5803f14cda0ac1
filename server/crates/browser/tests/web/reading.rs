//! What becomes of pages of each kind.

use devika_browser::{Page, Web as _};

use crate::world::{Site, World, gzip, html, not_found, packed, redirect, typed};

async fn read(site: &Site, path: &str) -> Page {
    World::new().naming([site]).reader().read(&site.address(path)).await.unwrap()
}

#[tokio::test]
async fn a_page_is_read_with_its_title_and_without_its_scripts() {
    let page = "<title>Guide</title><script>track()</script><h1>Files</h1><p>Use <b>open</b>.</p>";
    let site = Site::with_page(page).await;
    let page = read(&site, "/#files").await;
    assert_eq!((page.title.as_str(), page.address), ("Guide", site.address("/")));
    assert!(page.markdown.contains("Files"), "{}", page.markdown);
    assert!(!page.markdown.contains("track"), "{}", page.markdown);
    assert_eq!((page.rendered, page.screenshot), (false, None));
}

#[tokio::test]
async fn a_redirect_is_followed_and_the_page_is_told_by_where_it_led() {
    let site = Site::new(|path| match path {
        "/old" => redirect("new?a=1#part"),
        "/new?a=1" => html("<title>New</title>moved here"),
        _ => not_found(),
    })
    .await;
    let page = read(&site, "/old").await;
    assert_eq!((page.title.as_str(), page.address), ("New", site.address("/new?a=1")));
}

#[tokio::test]
async fn markdown_and_text_are_read_as_they_are() {
    let site = Site::new(|path| match path {
        "/README.md" => typed("text/markdown", "Intro\n# The *name*\n"),
        "/src/lib.rs" => typed("text/plain", "fn main() {}\n"),
        _ => not_found(),
    })
    .await;
    let page = read(&site, "/README.md").await;
    assert_eq!(
        (page.title.as_str(), page.markdown.as_str()),
        ("The *name*", "Intro\n# The *name*\n")
    );
    let page = read(&site, "/src/lib.rs").await;
    assert_eq!((page.title.as_str(), page.markdown.as_str()), ("lib.rs", "fn main() {}\n"));
}

#[tokio::test]
async fn json_is_quoted_as_code() {
    let site = Site::new(|_| typed("application/json", "{\"a\": \"ü\"}")).await;
    let page = read(&site, "/api/items").await;
    assert_eq!(page.title, "items");
    assert_eq!(page.markdown, "```json\n{\"a\": \"ü\"}\n```\n");
}

#[tokio::test]
async fn the_text_of_a_pdf_file_is_read() {
    let site = Site::new(|path| match path {
        "/budget.pdf" => typed("application/pdf", &include_bytes!("../pages/budget.pdf")[..]),
        "/broken.pdf" => typed("application/pdf", "%PDF-1.7 and no more"),
        _ => not_found(),
    })
    .await;
    let page = read(&site, "/budget.pdf").await;
    assert_eq!(page.title, "budget.pdf");
    assert!(page.markdown.contains("## Page 1"), "{}", page.markdown);
    let reader = World::new().naming([&site]).reader();
    let failure = reader.read(&site.address("/broken.pdf")).await.unwrap_err().to_string();
    assert!(failure.contains("the PDF file cannot be read"), "{failure}");
}

#[tokio::test]
async fn what_only_a_model_would_see_is_left_out_of_text() {
    let site = Site::new(|path| match path {
        "/note.txt" => typed("text/plain", "vis\u{200b}ible\u{e0041}\u{202e}"),
        _ => not_found(),
    })
    .await;
    assert_eq!(read(&site, "/note.txt").await.markdown, "visible");
}

#[tokio::test]
async fn a_page_in_an_old_encoding_is_read_by_the_servers_word_or_its_own() {
    let site = Site::new(|path| match path {
        "/header" => typed("text/html; charset=Shift_JIS", &b"<body>\x83\x65\x83\x58\x83\x67"[..]),
        "/meta" => typed("text/html", &b"<meta charset=windows-1251><body>\xcf\xf0\xe8"[..]),
        "/broken" => typed("text/plain; charset=utf-8", &b"good \xff\xfe good"[..]),
        _ => not_found(),
    })
    .await;
    assert_eq!(read(&site, "/header").await.markdown.trim(), "テスト");
    assert_eq!(read(&site, "/meta").await.markdown.trim(), "При");
    assert_eq!(read(&site, "/broken").await.markdown, "good \u{fffd}\u{fffd} good");
}

#[tokio::test]
async fn a_packed_page_is_unpacked() {
    let site = Site::new(|path| match path {
        "/" => packed("gzip", gzip(b"<title>Packed</title>inside")),
        _ => not_found(),
    })
    .await;
    let page = read(&site, "/").await;
    assert_eq!((page.title.as_str(), page.markdown.trim()), ("Packed", "inside"));
}

#[tokio::test]
async fn a_page_without_a_word_about_its_kind_is_known_by_its_beginning() {
    let site = Site::new(|path| match path {
        "/page" => {
            let mut page = html("<!DOCTYPE html><title>Known</title>text");
            page.headers_mut().remove("content-type");
            page
        }
        _ => not_found(),
    })
    .await;
    assert_eq!(read(&site, "/page").await.title, "Known");
}

#[tokio::test]
async fn without_a_browser_the_reader_says_so_and_how_to_get_one() {
    let said = World::new().reader().limits().unwrap();
    assert!(said.starts_with("Pages are read without a browser"), "{said}");
    assert!(said.contains("install"), "{said}");
}
