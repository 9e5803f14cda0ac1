//! Which part of a page is its content.

use dom_query::{Document, NodeRef};
use dom_smoothie::{Config, Readability, TextMode};

/// Of the content that the page itself names, how much has to be in what the heuristic finds for it to
/// be taken: it knows what is no content within an article, and takes parts of documentation for such.
const SHARE_OF_NAMED: f64 = 0.7;

/// The same, where the page names none.
const SHARE_OF_ALL: f64 = 0.4;

/// Characters below which a named content is a frame that scripts would fill.
const FRAME_CHARS: usize = 100;

/// The content of a page.
pub(super) struct Content {
    pub(super) title: String,
    pub(super) markdown: String,
}

/// Takes the content out of a page that was cleaned.
pub(super) fn of(document: Document, address: &str) -> Content {
    let title = document.select("title").first().text();
    let title = title.split_whitespace().collect::<Vec<_>>().join(" ");
    let whole = |node: &NodeRef<'_>| (node.md(None).to_string(), node.normalized_char_count());
    let named = named(&document).map(|node| whole(&node));
    let share = if named.is_some() { SHARE_OF_NAMED } else { SHARE_OF_ALL };
    let all = named.or_else(|| document.body().map(|body| whole(&body)));
    let (all, chars) = all.unwrap_or_default();
    match found(document, address) {
        Some((title, found, found_chars)) if found_chars as f64 >= share * chars as f64 => {
            Content { title, markdown: found }
        }
        _ => Content { title, markdown: all },
    }
}

/// The element that the page names as its content: the innermost where one is in the other.
fn named(document: &Document) -> Option<NodeRef<'_>> {
    ["article", "main, [role=main]", "#content, #main-content, #mw-content-text"]
        .into_iter()
        .filter_map(|selector| {
            let found = document.select(selector);
            let nodes = found.nodes();
            (nodes.len() == 1).then(|| nodes[0])
        })
        .find(|node| node.normalized_char_count() >= FRAME_CHARS)
}

/// What the heuristic finds: a title, Markdown, and how many characters of text it is.
fn found(document: Document, address: &str) -> Option<(String, String, usize)> {
    let config =
        Config { text_mode: TextMode::Markdown, disable_json_ld: true, ..Config::default() };
    let mut readability = Readability::with_document(document, Some(address), Some(config)).ok()?;
    let article = readability.parse().ok()?;
    let chars = Document::from(article.content).body()?.normalized_char_count();
    Some((article.title, article.text_content.to_string(), chars))
}
