//! Brave's search API.

use serde::Deserialize;

use super::{NoAnswer, page};
use crate::Hit;

pub(super) const ADDRESS: &str = "https://api.search.brave.com/res/v1/web/search";

pub(super) const KEY_HEADER: &str = "x-subscription-token";

#[derive(Deserialize)]
struct Answer {
    /// That it is one: `search`.
    #[serde(rename = "type")]
    kind: String,
    /// Missing where nothing is found.
    web: Option<Web>,
}

#[derive(Deserialize)]
struct Web {
    results: Vec<Item>,
}

#[derive(Deserialize)]
struct Item {
    title: String,
    url: String,
    /// With `<strong>` around what fits.
    #[serde(default)]
    description: String,
}

pub(super) fn read(status: u16, body: &str) -> Result<Vec<Hit>, NoAnswer> {
    match status {
        200 => {}
        // A token that is none is an argument it cannot process.
        401 | 403 | 422 => return Err(NoAnswer::Key),
        429 => return Err(NoAnswer::Busy),
        other => return Err(NoAnswer::Status(other)),
    }
    let answer: Answer = serde_json::from_str(body).map_err(|_| NoAnswer::Changed)?;
    if answer.kind != "search" {
        return Err(NoAnswer::Changed);
    }
    let items = answer.web.map(|web| web.results).unwrap_or_default().into_iter();
    Ok(items
        .filter_map(|item| {
            page::hit(page::plain(&item.title), Some(item.url), page::plain(&item.description))
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_read() {
        let hits = read(200, include_str!("fixtures/brave.json")).unwrap();
        insta::assert_debug_snapshot!(hits, @r#"
        [
            Hit {
                title: "Struct flattening · Serde",
                address: "https://serde.rs/attr-flatten.html",
                snippet: "The flatten attribute inlines keys from a field into the parent struct & back.",
            },
            Hit {
                title: "Issues",
                address: "https://example.org/issues",
                snippet: "",
            },
        ]
        "#);
    }

    #[test]
    fn nothing_found_is_an_answer() {
        assert_eq!(read(200, r#"{"type": "search"}"#), Ok(vec![]));
    }

    #[test]
    fn what_is_wrong_is_told() {
        assert_eq!(read(422, "{}"), Err(NoAnswer::Key));
        assert_eq!(read(429, "{}"), Err(NoAnswer::Busy));
        assert_eq!(read(500, ""), Err(NoAnswer::Status(500)));
        assert_eq!(read(200, "[]"), Err(NoAnswer::Changed));
        assert_eq!(read(200, r#"{"type": "other"}"#), Err(NoAnswer::Changed));
    }
}
