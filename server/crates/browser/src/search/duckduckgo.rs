//! DuckDuckGo's page of results that needs no scripts.

use dom_query::Document;
use url::Url;

use super::{NoAnswer, page};
use crate::Hit;

pub(super) const ADDRESS: &str = "https://html.duckduckgo.com/html/";

pub(super) fn read(status: u16, body: &str) -> Result<Vec<Hit>, NoAnswer> {
    let document = Document::from(body);
    if document.select("#challenge-form, .anomaly-modal__title").exists() {
        return Err(NoAnswer::Human);
    }
    match status {
        200 => {}
        403 | 429 => return Err(NoAnswer::Busy),
        // What it sends with its proofs.
        202 => return Err(NoAnswer::Human),
        other => return Err(NoAnswer::Status(other)),
    }
    let results = document.select(".result:not(.result--ad)");
    let hits: Vec<Hit> = results
        .iter()
        .filter_map(|result| {
            let link = result.select("a.result__a").first();
            let address = link.attr("href").and_then(|href| target(&href));
            page::hit(
                page::text(&result, "a.result__a"),
                address,
                page::text(&result, ".result__snippet"),
            )
        })
        .collect();
    let says_none = document.select(".no-results, .result--no-result").exists();
    match hits.is_empty() && !says_none {
        true => Err(NoAnswer::Changed),
        false => Ok(hits),
    }
}

/// Where a link leads: it goes through DuckDuckGo (`//duckduckgo.com/l/?uddg=…`). `None` for an ad,
/// which goes through `y.js`.
fn target(href: &str) -> Option<String> {
    let link = Url::parse("https://duckduckgo.com/").ok()?.join(href).ok()?;
    let is_own = link
        .host_str()
        .is_some_and(|host| host == "duckduckgo.com" || host.ends_with(".duckduckgo.com"));
    match (is_own, link.path()) {
        (true, "/l/") => {
            let (_, target) = link.query_pairs().find(|(name, _)| name == "uddg")?;
            // An ad is a link through the link.
            let is_ad = target.starts_with("https://duckduckgo.com/y.js");
            (!is_ad).then(|| target.into_owned())
        }
        (true, "/y.js") => None,
        _ => Some(link.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_read_without_ads_and_with_their_own_addresses() {
        let hits = read(200, include_str!("fixtures/duckduckgo.html")).unwrap();
        insta::assert_debug_snapshot!(hits, @r#"
        [
            Hit {
                title: "read_to_string in std::fs - Rust",
                address: "https://doc.rust-lang.org/std/fs/fn.read_to_string.html",
                snippet: "Reads the entire contents of a file into a string. <T> is a path & more.",
            },
            Hit {
                title: "Reading large files",
                address: "https://forum.example/t/reading?a=1&b=2",
                snippet: "",
            },
        ]
        "#);
    }

    #[test]
    fn a_proof_of_being_human_is_told_as_that() {
        let body = include_str!("fixtures/duckduckgo-human.html");
        assert_eq!(read(202, body), Err(NoAnswer::Human));
        assert_eq!(read(200, body), Err(NoAnswer::Human));
    }

    #[test]
    fn nothing_found_is_an_answer() {
        let body = "<div class=\"no-results\">No results.</div>";
        assert_eq!(read(200, body), Ok(vec![]));
    }

    #[test]
    fn a_page_of_another_shape_is_told_as_that() {
        assert_eq!(read(200, "<main><article>New!</article></main>"), Err(NoAnswer::Changed));
        assert_eq!(read(200, ""), Err(NoAnswer::Changed));
        assert_eq!(read(500, ""), Err(NoAnswer::Status(500)));
        assert_eq!(read(429, ""), Err(NoAnswer::Busy));
    }
}
