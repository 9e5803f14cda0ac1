//! Google's Programmable Search, by its JSON API.

use serde::Deserialize;

use super::{NoAnswer, page};
use crate::Hit;

pub(super) const ADDRESS: &str = "https://www.googleapis.com/customsearch/v1";

/// A header, so that the key is in no address.
pub(super) const KEY_HEADER: &str = "x-goog-api-key";

#[derive(Deserialize)]
struct Answer {
    /// That it is one: `customsearch#search`. Without results the list is missing.
    kind: String,
    #[serde(default)]
    items: Vec<Item>,
}

#[derive(Deserialize)]
struct Item {
    title: String,
    link: String,
    #[serde(default)]
    snippet: String,
}

pub(super) fn read(status: u16, body: &str) -> Result<Vec<Hit>, NoAnswer> {
    match status {
        200 => {}
        // A wrong key is a wrong argument to it.
        400 if body.contains("API_KEY_INVALID") => return Err(NoAnswer::Key),
        400 => {
            return Err(NoAnswer::Other(
                "does not take the question; check `research.google.id`".to_owned(),
            ));
        }
        401 | 403 => return Err(NoAnswer::Key),
        429 => return Err(NoAnswer::Busy),
        other => return Err(NoAnswer::Status(other)),
    }
    let answer: Answer = serde_json::from_str(body).map_err(|_| NoAnswer::Changed)?;
    if answer.kind != "customsearch#search" {
        return Err(NoAnswer::Changed);
    }
    let items = answer.items.into_iter();
    Ok(items
        .filter_map(|item| page::hit(item.title, Some(item.link), page::plain(&item.snippet)))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_read() {
        let hits = read(200, include_str!("fixtures/google.json")).unwrap();
        insta::assert_debug_snapshot!(hits, @r#"
        [
            Hit {
                title: "Vec<T> in std::vec - Rust",
                address: "https://doc.rust-lang.org/std/vec/struct.Vec.html",
                snippet: "A contiguous growable array type, written as Vec, short for 'vector'.",
            },
            Hit {
                title: "Collections",
                address: "https://example.org/collections",
                snippet: "",
            },
        ]
        "#);
    }

    #[test]
    fn nothing_found_is_an_answer() {
        assert_eq!(read(200, r#"{"kind": "customsearch#search"}"#), Ok(vec![]));
    }

    #[test]
    fn what_is_wrong_is_told() {
        let wrong_key = r#"{"error": {"details": [{"reason": "API_KEY_INVALID"}]}}"#;
        assert_eq!(read(400, wrong_key), Err(NoAnswer::Key));
        assert!(matches!(read(400, "{}"), Err(NoAnswer::Other(_))));
        assert_eq!(read(403, "{}"), Err(NoAnswer::Key));
        assert_eq!(read(429, "{}"), Err(NoAnswer::Busy));
        assert_eq!(read(502, ""), Err(NoAnswer::Status(502)));
        assert_eq!(read(200, "<html>"), Err(NoAnswer::Changed));
        assert_eq!(read(200, r#"{"kind": "other"}"#), Err(NoAnswer::Changed));
    }
}
