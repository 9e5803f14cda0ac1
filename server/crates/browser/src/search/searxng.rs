//! SearXNG, which people run themselves, by its JSON.

use serde::Deserialize;

use super::{NoAnswer, page};
use crate::Hit;

#[derive(Deserialize)]
struct Answer {
    results: Vec<Item>,
    /// Engines behind it that failed.
    #[serde(default)]
    unresponsive_engines: Vec<serde_json::Value>,
}

#[derive(Deserialize)]
struct Item {
    title: String,
    url: String,
    content: Option<String>,
}

pub(super) fn read(status: u16, body: &str) -> Result<Vec<Hit>, NoAnswer> {
    match status {
        200 => {}
        403 => {
            let why = "does not offer JSON; add `json` to `search.formats` in its settings";
            return Err(NoAnswer::Other(why.to_owned()));
        }
        429 => return Err(NoAnswer::Busy),
        other => return Err(NoAnswer::Status(other)),
    }
    let answer: Answer = serde_json::from_str(body).map_err(|_| NoAnswer::Changed)?;
    if answer.results.is_empty() && !answer.unresponsive_engines.is_empty() {
        return Err(NoAnswer::Other("has no answer from the engines behind it".to_owned()));
    }
    let items = answer.results.into_iter();
    Ok(items
        .filter_map(|item| {
            let snippet = page::plain(&item.content.unwrap_or_default());
            page::hit(page::plain(&item.title), Some(item.url), snippet)
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_read() {
        let hits = read(200, include_str!("fixtures/searxng.json")).unwrap();
        insta::assert_debug_snapshot!(hits, @r#"
        [
            Hit {
                title: "Git - git-bisect Documentation",
                address: "https://git-scm.com/docs/git-bisect",
                snippet: "Use binary search to find the commit that introduced a bug.",
            },
            Hit {
                title: "Bisecting",
                address: "https://example.org/bisect",
                snippet: "",
            },
        ]
        "#);
    }

    #[test]
    fn nothing_found_is_an_answer_unless_the_engines_behind_failed() {
        assert_eq!(read(200, r#"{"results": []}"#), Ok(vec![]));
        let failed = r#"{"results": [], "unresponsive_engines": [["google", "CAPTCHA"]]}"#;
        assert!(matches!(read(200, failed), Err(NoAnswer::Other(_))));
    }

    #[test]
    fn what_is_wrong_is_told() {
        assert!(
            matches!(read(403, "Forbidden"), Err(NoAnswer::Other(why)) if why.contains("JSON"))
        );
        assert_eq!(read(429, ""), Err(NoAnswer::Busy));
        assert_eq!(read(500, ""), Err(NoAnswer::Status(500)));
        assert_eq!(read(200, "<html>"), Err(NoAnswer::Changed));
    }
}
