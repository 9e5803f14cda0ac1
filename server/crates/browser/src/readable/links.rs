//! Links as they can be followed from anywhere, and images as what they show.

use dom_query::{Document, NodeRef};
use url::Url;

/// Signs that stand for the link to a heading.
const ANCHOR_SIGNS: [&str; 5] = ["#", "¶", "§", "🔗", "⚓"];

/// Characters of an image's alternative text.
const ALT_CHARS: usize = 300;

/// What relative links are relative to.
pub(super) fn base(document: &Document, address: &str) -> Option<Url> {
    let address = Url::parse(address).ok()?;
    let stated = document.select("base[href]").attr("href");
    let base = stated.and_then(|stated| address.join(&stated).ok());
    Some(base.filter(|base| matches!(base.scheme(), "http" | "https")).unwrap_or(address))
}

/// Makes links absolute, takes away those that lead nowhere, and puts texts where images were.
pub(super) fn rewrite(document: &Document, base: Option<&Url>) {
    for image in document.select("img").nodes() {
        let alt = image.attr("alt").unwrap_or_default();
        let alt: String = alt.trim().chars().take(ALT_CHARS).collect();
        match alt.is_empty() {
            true => image.remove_from_parent(),
            false => image.replace_with(&document.tree.new_text(alt)),
        }
    }
    for link in document.select("a").nodes() {
        rewrite_link(link, base);
    }
}

fn rewrite_link(link: &NodeRef<'_>, base: Option<&Url>) {
    if ANCHOR_SIGNS.contains(&link.text().trim()) {
        return link.remove_from_parent();
    }
    let Some(href) = link.attr("href") else { return };
    match absolute(href.trim(), base) {
        Some(address) => link.set_attr("href", &address),
        None => link.remove_attr("href"),
    }
    link.remove_attr("title");
}

/// A link's address, where it leads to another page.
fn absolute(href: &str, base: Option<&Url>) -> Option<String> {
    if href.is_empty() || href.starts_with('#') {
        return None;
    }
    let url = match base {
        Some(base) => base.join(href).ok()?,
        None => Url::parse(href).ok()?,
    };
    matches!(url.scheme(), "http" | "https").then(|| url.to_string())
}
