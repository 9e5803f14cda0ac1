//! What a page says, as Markdown: its main content, without what surrounds it.
//!
//! Everything here is pure and bounded: a page of any shape takes memory and time in proportion to
//! [`HTML_BYTES`] at the most, and no page makes it panic.

mod clean;
mod code;
mod content;
mod hidden;
mod links;
mod parse;
mod pdf;
mod tables;
mod tags;
mod tidy;

pub use hidden::without_hidden;
pub use pdf::{PdfError, pdf_text};

/// Bytes of a page that are looked at; what is behind them is left out.
pub const HTML_BYTES: usize = 8 * 1024 * 1024;

/// Bytes of Markdown of one page; what is behind them is left out.
pub const MARKDOWN_BYTES: usize = 2 * 1024 * 1024;

/// What a page says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Readable {
    /// Its title; may be empty.
    pub title: String,
    /// Its main content, with headings, lists, tables, code and absolute links. Images are their
    /// alternative texts.
    pub markdown: String,
    /// How many characters it held that a person does not see and a model reads. They are left out.
    pub hidden: usize,
    /// Whether it was too long or too nested, so that something is missing.
    pub cut: bool,
}

/// The main content of the page that is at `address`, which makes its links absolute.
#[must_use]
pub fn readable(html: &str, address: &str) -> Readable {
    let parsed = parse::parse(html);
    let document = parsed.document;
    let base = links::base(&document, address);
    // Before anything is removed, since titles are read from everywhere.
    clean::clean(&document);
    code::mark(&document);
    tables::straighten(&document);
    links::rewrite(&document, base.as_ref());
    let content = content::of(document, address);
    let (markdown, cut) = tidy::tidy(&content.markdown);
    Readable { title: content.title, markdown, hidden: parsed.hidden, cut: parsed.cut || cut }
}

#[cfg(test)]
mod tests;
