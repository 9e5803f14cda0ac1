//! What the readers of result pages share.

use dom_query::{Document, Selection};

use super::words;
use crate::Hit;

/// The text of what a selector finds first in a result.
pub(super) fn text(result: &Selection, selector: &str) -> String {
    words(&result.select(selector).first().text())
}

/// Markup as text: `a <b>word</b> &amp; more` as `a word & more`.
pub(super) fn plain(markup: &str) -> String {
    match markup.contains(['<', '&']) {
        true => words(&Document::from(markup).text()),
        false => words(markup),
    }
}

/// A result, if it has a title and an address.
pub(super) fn hit(title: String, address: Option<String>, snippet: String) -> Option<Hit> {
    let address = address.filter(|address| !address.is_empty())?;
    (!title.is_empty()).then_some(Hit { title, address, snippet })
}
