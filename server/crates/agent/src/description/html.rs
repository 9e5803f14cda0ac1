//! The page that is printed: Markdown as HTML that holds no script, loads nothing, and has the
//! diagram drawn.

use pulldown_cmark::{CodeBlockKind, CowStr, Event, Options, Parser, Tag, TagEnd};

const STYLE: &str = "body{font:11pt/1.5 sans-serif;max-width:44em;margin:auto}pre,code{font-family:monospace;background:#f4f4f4}pre{padding:.6em;white-space:pre-wrap}h1,h2{line-height:1.2}table{border-collapse:collapse}td,th{border:1px solid #ccc;padding:.2em .6em}";

/// A page of Markdown, its Mermaid diagram replaced by `drawing`.
pub(crate) fn page(title: &str, markdown: &str, drawing: &str) -> String {
    let mut in_diagram = false;
    let events =
        Parser::new_ext(markdown, Options::ENABLE_TABLES).filter_map(|event| match event {
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(language)))
                if language.as_ref() == "mermaid" =>
            {
                in_diagram = true;
                Some(Event::Html(CowStr::from(format!("<figure>{drawing}</figure>"))))
            }
            Event::End(TagEnd::CodeBlock) if in_diagram => {
                in_diagram = false;
                None
            }
            Event::Text(_) if in_diagram => None,
            // What a model or a file wrote is text, whatever it looks like, and nothing is loaded.
            Event::Html(text) | Event::InlineHtml(text) => Some(Event::Text(text)),
            Event::Start(Tag::Image { .. }) | Event::End(TagEnd::Image) => None,
            other => Some(other),
        });
    let mut body = String::new();
    pulldown_cmark::html::push_html(&mut body, events);
    let body = with_anchors(&body);
    format!(
        "<!doctype html><html><head><meta charset=\"utf-8\"><meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\"><title>{}</title><style>{STYLE}</style></head><body>{body}</body></html>",
        escaped(title)
    )
}

/// The body with the names that the contents lead to.
fn with_anchors(body: &str) -> String {
    let mut sections = body.split("<h2>");
    let first = sections.next().unwrap_or_default().to_owned();
    sections.fold(first, |text, section| {
        let title = section.split("</h2>").next().unwrap_or_default();
        format!("{text}<h2 id=\"{}\">{section}", anchor(title))
    })
}

/// The name of a heading in links, as Markdown viewers make it.
pub(crate) fn anchor(title: &str) -> String {
    let kept = title.to_lowercase().replace(' ', "-");
    kept.chars().filter(|c| c.is_alphanumeric() || *c == '-').collect()
}

/// A text as it stands in HTML.
pub(crate) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(markdown: &str) -> String {
        let page = page("A", markdown, "<svg></svg>");
        let body = page.split_once("<body>").unwrap().1;
        body.trim_end_matches("</body></html>").trim().to_owned()
    }

    #[test]
    fn the_diagram_is_drawn_where_markdown_has_it() {
        assert_eq!(
            body("# A\n\n```mermaid\ngraph TD\n  a --> b\n```\n"),
            "<h1>A</h1>\n<figure><svg></svg></figure>"
        );
    }

    #[test]
    fn the_contents_lead_to_their_sections() {
        assert_eq!(
            body("[A b](#a-b)\n\n## A b\n"),
            "<p><a href=\"#a-b\">A b</a></p>\n<h2 id=\"a-b\">A b</h2>"
        );
    }

    #[test]
    fn what_a_model_wrote_cannot_run_or_load_anything() {
        let text = body("<script>x()</script>\n\nA <b>word</b> ![p](https://example.org/p.png)\n");
        assert!(
            !text.contains("<script") && !text.contains("<b>") && !text.contains("<img"),
            "{text}"
        );
    }
}
