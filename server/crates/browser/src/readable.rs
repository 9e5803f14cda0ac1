//! A page as Markdown.

use dom_query::Document;
use url::Url;

use crate::WebError;
use crate::fault::failed;

/// The title of a page, and its text.
pub(crate) fn markdown(html: &str, _address: &str) -> (String, String) {
    let document = Document::from(html);
    document.select("script, style, noscript, nav").remove();
    let title = document.select("title").first().text().trim().to_owned();
    (title, document.select("body").formatted_text().trim().to_owned())
}

/// The title of a PDF file, and its text.
pub(crate) fn pdf(_body: &[u8], url: &Url) -> Result<(String, String), WebError> {
    Err(failed(url, "PDF files are not read"))
}
