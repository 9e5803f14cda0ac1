//! What is no content: hidden elements, navigation, banners, advertisements.

use dom_query::{Document, NodeRef};

/// Elements that say nothing, or are there to be used.
const ELEMENTS: [&str; 27] = [
    "script", "style", "noscript", "template", "svg", "canvas", "iframe", "frame", "frameset",
    "object", "embed", "audio", "video", "map", "nav", "menu", "button", "input", "select",
    "textarea", "datalist", "progress", "meter", "link", "dialog", "slot", "portal",
];

/// Roles of what surrounds the content.
const ROLES: [&str; 13] = [
    "navigation",
    "banner",
    "contentinfo",
    "search",
    "dialog",
    "alertdialog",
    "menu",
    "menubar",
    "toolbar",
    "tooltip",
    "status",
    "doc-backlink",
    "button",
];

/// Elements that surround the content where they are not in it.
const AROUND: [&str; 3] = ["aside", "footer", "header"];

/// Words of a class or an id of something small that is no content, wherever it is.
const ORNAMENTS: [&str; 34] = [
    "headerlink",
    "anchor-link",
    "anchorjs-link",
    "heading-anchor",
    "hash-link",
    "header-anchor",
    "skip-link",
    "skip-to-content",
    "skiplink",
    "sr-only",
    "visually-hidden",
    "visuallyhidden",
    "screen-reader-text",
    "linenos",
    "linenodiv",
    "lineno",
    "line-number",
    "line-numbers-rows",
    "gutter",
    "hljs-ln-numbers",
    "copy-button",
    "copybtn",
    "clipboard-copy",
    "breadcrumb",
    "breadcrumbs",
    "share-buttons",
    "social-share",
    "sharedaddy",
    "adsbygoogle",
    "advertisement",
    "ad-container",
    "ad-slot",
    "edit-this-page",
    "js-vote-count",
];

/// Beginnings of a class or an id of what asks for consent, by its maker.
const CONSENT: [&str; 17] = [
    "onetrust",
    "ot-sdk",
    "cybot",
    "cookiebot",
    "didomi",
    "qc-cmp",
    "sp_message",
    "usercentrics",
    "truste",
    "osano",
    "iubenda",
    "termly",
    "klaro",
    "fc-consent",
    "cc-window",
    "cmplz",
    "cky-",
];

/// Parts of a class or an id, one of each line, of what asks for consent, or for an address.
const BANNERS: [[&[&str]; 2]; 2] = [
    [
        &["cookie", "consent", "gdpr", "privacy"],
        &[
            "banner",
            "bar",
            "notice",
            "popup",
            "modal",
            "overlay",
            "dialog",
            "consent",
            "message",
            "alert",
            "wall",
            "law",
            "prompt",
            "disclaimer",
        ],
    ],
    [
        &["newsletter", "subscribe", "subscription", "signup", "promo"],
        &["popup", "modal", "overlay", "banner", "box", "form", "cta", "widget"],
    ],
];

/// Words of a class or an id of what is beside the content.
const BESIDE: [&str; 16] = [
    "sidebar",
    "side-bar",
    "sidenav",
    "side-nav",
    "navbar",
    "toc",
    "table-of-contents",
    "related",
    "related-posts",
    "recommended",
    "recommendations",
    "comments-area",
    "disqus_thread",
    "sponsored",
    "widget-area",
    "pagination",
];

/// Characters of a banner at the most; a longer one may be the page.
const BANNER_CHARS: usize = 3_000;

/// Removes all of that.
pub(super) fn clean(document: &Document) {
    let Some(body) = document.body() else { return };
    for node in body.descendants() {
        if !node.is_element() {
            continue;
        }
        if is_left_out(&node) {
            node.remove_from_parent();
        } else if node.has_name("aside") {
            // A note within the content.
            node.rename("blockquote");
        }
    }
}

fn is_left_out(node: &NodeRef<'_>) -> bool {
    let Some(name) = node.node_name() else { return false };
    if ELEMENTS.contains(&&*name) || is_hidden(node) {
        return true;
    }
    if matches!(&*name, "main" | "article" | "code" | "pre" | "h1" | "h2" | "h3" | "h4") {
        return false;
    }
    if node.attr("role").is_some_and(|role| ROLES.contains(&role.trim())) && !is_content(node) {
        return true;
    }
    let words = words(node);
    if words.iter().any(|word| ORNAMENTS.contains(&word.as_str())) && is_short(node) {
        return true;
    }
    let surrounds = AROUND.contains(&&*name)
        || words.iter().any(|word| is_consent(word) || BESIDE.contains(&word.as_str()));
    surrounds && !is_content(node) && (AROUND.contains(&&*name) || is_short(node))
}

/// The classes and the id of an element, in lower case.
fn words(node: &NodeRef<'_>) -> Vec<String> {
    let class = node.class().unwrap_or_default();
    let id = node.id_attr().unwrap_or_default();
    class.split_ascii_whitespace().chain([id.trim()]).map(str::to_ascii_lowercase).collect()
}

fn is_consent(word: &str) -> bool {
    let has_one = |parts: &&[&str]| parts.iter().any(|part| word.contains(part));
    CONSENT.iter().any(|maker| word.starts_with(maker))
        || BANNERS.iter().any(|banner| banner.iter().all(has_one))
}

/// Whether an element is in the content, or around it.
fn is_content(node: &NodeRef<'_>) -> bool {
    let is_main = |it: &NodeRef<'_>| {
        it.has_name("main")
            || it.has_name("article")
            || it.attr("role").is_some_and(|it| &*it == "main")
    };
    node.ancestors_it(None).any(|above| is_main(&above))
        || node.descendants_it().any(|below| is_main(&below))
}

fn is_short(node: &NodeRef<'_>) -> bool {
    node.normalized_char_count() <= BANNER_CHARS
}

/// Whether an element is not shown, as far as it itself tells.
fn is_hidden(node: &NodeRef<'_>) -> bool {
    let hidden = node.attr("hidden").is_some_and(|how| &*how != "until-found");
    let silent = node.attr("aria-hidden").is_some_and(|it| it.eq_ignore_ascii_case("true"));
    hidden || silent || node.attr("style").is_some_and(|style| hides(&style))
}

/// Whether a style draws nothing, or nothing that a person can see.
fn hides(style: &str) -> bool {
    let style = style.to_ascii_lowercase();
    style.split(';').filter_map(|rule| rule.split_once(':')).any(|(key, value)| {
        let value = value.trim().trim_end_matches("!important").trim_end();
        let number = value.trim_end_matches(|c: char| c.is_ascii_alphabetic() || c == '%').parse();
        let is_below = |limit: f64| number.as_ref().is_ok_and(|number: &f64| *number <= limit);
        match key.trim() {
            "display" => value == "none",
            "visibility" => matches!(value, "hidden" | "collapse"),
            "opacity" => is_below(0.05),
            "font-size" => is_below(1.0) && !value.ends_with("em") && !value.ends_with('%'),
            "left" | "top" | "text-indent" => is_below(-900.0),
            "clip" => value.replace(' ', "").starts_with("rect(0"),
            _ => false,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn styles_that_show_nothing_hide() {
        for style in [
            "display:none",
            "color:red; DISPLAY : none !important",
            "opacity:0",
            "font-size:0px",
            "position:absolute;left:-9999px",
            "clip: rect(0, 0, 0, 0)",
        ] {
            assert!(hides(style), "{style}");
        }
        for style in ["display:block", "opacity:1", "font-size:1em", "left:-2px", "", ":;:"] {
            assert!(!hides(style), "{style}");
        }
    }
}
