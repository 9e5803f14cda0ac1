//! Bing's page of results.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use dom_query::Document;
use url::Url;

use super::{NoAnswer, page};
use crate::Hit;

pub(super) const ADDRESS: &str = "https://www.bing.com/search";

pub(super) fn read(status: u16, body: &str) -> Result<Vec<Hit>, NoAnswer> {
    let document = Document::from(body);
    if document.select("#b_captcha, .captcha, .captcha_header").exists() {
        return Err(NoAnswer::Human);
    }
    match status {
        200 => {}
        403 | 429 => return Err(NoAnswer::Busy),
        other => return Err(NoAnswer::Status(other)),
    }
    // A mark before the snippet, which says where it is from.
    document.select(".algoSlug_icon").remove();
    let results = document.select("#b_results > li.b_algo");
    let hits: Vec<Hit> = results
        .iter()
        .filter_map(|result| {
            let address = result.select("h2 a").first().attr("href").and_then(|href| target(&href));
            page::hit(page::text(&result, "h2 a"), address, page::text(&result, ".b_caption p"))
        })
        .collect();
    let says_none = document.select("#b_results > li.b_no").exists();
    match hits.is_empty() && !says_none {
        true => Err(NoAnswer::Changed),
        false => Ok(hits),
    }
}

/// Where a link leads: it may go through Bing (`/ck/a?…&u=a1…`, base64). `None` where that cannot be
/// read, as of an ad (`/aclk`).
fn target(href: &str) -> Option<String> {
    let link = Url::parse("https://www.bing.com/").ok()?.join(href).ok()?;
    let is_own =
        link.host_str().is_some_and(|host| host == "bing.com" || host.ends_with(".bing.com"));
    match (is_own, link.path()) {
        (true, "/ck/a") => {
            let (_, packed) = link.query_pairs().find(|(name, _)| name == "u")?;
            let bytes =
                URL_SAFE_NO_PAD.decode(packed.strip_prefix("a1")?.trim_end_matches('=')).ok()?;
            String::from_utf8(bytes).ok()
        }
        (true, "/aclk" | "/aclick") => None,
        _ => Some(link.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_read_without_ads_and_with_their_own_addresses() {
        let hits = read(200, include_str!("fixtures/bing.html")).unwrap();
        insta::assert_debug_snapshot!(hits, @r#"
        [
            Hit {
                title: "timeout in tokio::time - Rust",
                address: "https://docs.rs/tokio/latest/tokio/time/fn.timeout.html",
                snippet: "Requires a Future to complete before the specified duration has elapsed.",
            },
            Hit {
                title: "Topics | Tokio",
                address: "https://tokio.rs/tokio/topics",
                snippet: "Guides to the runtime.",
            },
        ]
        "#);
    }

    #[test]
    fn a_proof_of_being_human_is_told_as_that() {
        let body = "<div class=\"captcha\"><div class=\"captcha_header\">One last step</div></div>";
        assert_eq!(read(200, body), Err(NoAnswer::Human));
    }

    #[test]
    fn nothing_found_is_an_answer() {
        let body =
            "<ol id=\"b_results\"><li class=\"b_no\"><h1>There are no results</h1></li></ol>";
        assert_eq!(read(200, body), Ok(vec![]));
    }

    #[test]
    fn a_page_of_another_shape_is_told_as_that() {
        assert_eq!(read(200, "<div id=\"app\"></div>"), Err(NoAnswer::Changed));
        assert_eq!(read(503, ""), Err(NoAnswer::Status(503)));
    }
}
