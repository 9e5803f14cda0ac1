//! Blocks of code: their language where the Markdown is made from, and their lines.

use dom_query::{Document, NodeRef};

/// Where the language of a block is kept for the Markdown.
const LANGUAGE: &str = "data-lang";

/// What stands before a language in a class.
const PREFIXES: [&str; 6] =
    ["language-", "lang-", "highlight-source-", "highlight-text-", "highlight-", "src-"];

/// Classes next to which the language stands alone.
const BESIDE: [&str; 5] = ["sourceCode", "hljs", "brush:", "prettyprint", "codehilite"];

/// What is named like a language and is none.
const NONE: [&str; 12] = [
    "default",
    "none",
    "text",
    "plain",
    "plaintext",
    "txt",
    "nohighlight",
    "no-highlight",
    "literate",
    "numberSource",
    "linenums",
    "notranslate",
];

/// Marks all blocks with their language, and ends lines that only a style has ended.
pub(super) fn mark(document: &Document) {
    for block in document.select("pre").nodes() {
        if let Some(language) = language(block) {
            block.set_attr(LANGUAGE, &language);
        }
        for line_break in block.find_all("br") {
            line_break.replace_with(&document.tree.new_text("\n"));
        }
        end_lines(document, block);
    }
}

/// Lines that are elements of their own have no sign between them.
fn end_lines(document: &Document, block: &NodeRef<'_>) {
    for line in block.descendants() {
        let is_line = line.has_name("div")
            || line.has_name("li")
            || line.has_name("p")
            || line.has_class("line")
            || line.has_class("token-line");
        if is_line && line.next_sibling().is_some_and(|next| !next.text().starts_with('\n')) {
            let text = line.text();
            if !text.ends_with('\n') {
                line.append_child(&document.tree.new_text("\n"));
            }
        }
    }
}

fn language(block: &NodeRef<'_>) -> Option<String> {
    let code = block.first_element_child().filter(|child| child.has_name("code"));
    let around = block.ancestors(Some(3)).into_iter().take_while(|it| !it.has_name("body"));
    std::iter::once(*block).chain(code).chain(around).find_map(|node| stated(&node))
}

/// The language that an element states about the code in it.
fn stated(node: &NodeRef<'_>) -> Option<String> {
    let attribute = |name| node.attr(name).and_then(|value| clean(&value));
    attribute(LANGUAGE).or_else(|| attribute("data-language")).or_else(|| {
        let class = node.class()?;
        let words: Vec<&str> = class.split_ascii_whitespace().collect();
        let prefixed = words
            .iter()
            .filter_map(|word| PREFIXES.iter().find_map(|it| word.strip_prefix(it)))
            .find_map(clean);
        prefixed.or_else(|| beside(&words))
    })
}

fn beside(words: &[&str]) -> Option<String> {
    let at = words.iter().position(|word| BESIDE.contains(word))?;
    words.get(at + 1).and_then(|word| clean(word.trim_end_matches(';')))
}

fn clean(language: &str) -> Option<String> {
    let language = language.trim();
    let is_name = (1..=20).contains(&language.len())
        && language.bytes().all(|b| b.is_ascii_alphanumeric() || b"+#-_.".contains(&b))
        && !NONE.contains(&language);
    is_name.then(|| language.to_ascii_lowercase())
}

/// Elements of a name inside another.
trait FindAll<'a> {
    fn find_all(&self, name: &str) -> Vec<NodeRef<'a>>;
}

impl<'a> FindAll<'a> for NodeRef<'a> {
    fn find_all(&self, name: &str) -> Vec<NodeRef<'a>> {
        self.descendants_it().filter(|node| node.has_name(name)).collect()
    }
}
