//! A page as a tree that is neither deep nor large, whatever the page is.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;

use dom_query::Document;
use html5ever::interface::TreeSink;
use html5ever::tendril::StrTendril;
use html5ever::tokenizer::{
    BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts,
};
use html5ever::tree_builder::{TreeBuilder, TreeBuilderOpts};
use html5ever::{Attribute, LocalName};

use super::HTML_BYTES;
use super::hidden::{has_hidden, without_hidden};
use super::tags::without_huge;

/// Elements of a page; a long page of documentation has 20,000.
const ELEMENTS: usize = 60_000;

/// How deep elements are nested; browsers stop at 512, and pages for people rarely reach 60.
const DEPTH: usize = 150;

/// Bytes of an attribute's value. A class or a style of more is none for people.
const VALUE_BYTES: usize = 2048;

/// The attributes that are looked at. All others are dropped.
const ATTRIBUTES: [&str; 24] = [
    "alt",
    "aria-hidden",
    "class",
    "content",
    "data-lang",
    "data-language",
    "dir",
    "hidden",
    "href",
    "id",
    "itemprop",
    "lang",
    "name",
    "open",
    "property",
    "rel",
    "role",
    "src",
    "start",
    "style",
    "title",
    "type",
    "value",
    "colspan",
];

/// Elements that end without an end tag, or are ended by their next sibling: they nest no deeper than
/// what is around them.
const SHALLOW: [&str; 34] = [
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track",
    "wbr", "param", "p", "li", "dd", "dt", "option", "optgroup", "tr", "td", "th", "thead",
    "tbody", "tfoot", "rp", "rt", "html", "head", "body", "frame", "keygen", "colgroup",
];

/// Elements that are opened again after each paragraph that they reach into. Without attributes, the
/// parser opens three of each at the most.
const FORMATTING: [&str; 13] =
    ["b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u"];

/// A page that was read into a tree.
pub(super) struct Parsed {
    pub(super) document: Document,
    /// Characters that nobody sees, which were left out.
    pub(super) hidden: usize,
    /// Whether something else was left out.
    pub(super) cut: bool,
}

/// Reads a page.
pub(super) fn parse(html: &str) -> Parsed {
    let end = html.floor_char_boundary(HTML_BYTES);
    let options = TreeBuilderOpts { scripting_enabled: false, ..TreeBuilderOpts::default() };
    let bounded = Bounded {
        builder: TreeBuilder::new(Document::default(), options),
        open: RefCell::default(),
        depth: Cell::new(0),
        elements: Cell::new(0),
        hidden: Cell::new(0),
        cut: Cell::new(end < html.len()),
    };
    let tokenizer = Tokenizer::new(bounded, TokenizerOpts::default());
    let input = BufferQueue::default();
    input.push_back(StrTendril::from_slice(&without_huge(&html[..end])));
    // It stops where a script would run.
    while !input.is_empty() {
        let _script = tokenizer.feed(&input);
    }
    tokenizer.end();
    let Bounded { builder, hidden, cut, .. } = tokenizer.sink;
    Parsed { document: builder.sink.finish(), hidden: hidden.get(), cut: cut.get() }
}

/// Hands tokens on to the tree, as long as there is room.
struct Bounded {
    builder: TreeBuilder<dom_query::NodeId, Document>,
    /// How many elements of a name are open.
    open: RefCell<HashMap<LocalName, usize>>,
    /// How many elements are open, those included that were left out.
    depth: Cell<usize>,
    elements: Cell<usize>,
    hidden: Cell<usize>,
    cut: Cell<bool>,
}

impl TokenSink for Bounded {
    type Handle = dom_query::NodeId;

    fn process_token(&self, token: Token, line: u64) -> TokenSinkResult<Self::Handle> {
        let token = match token {
            Token::TagToken(tag) => match self.admit(tag) {
                Some(tag) => Token::TagToken(tag),
                None => return TokenSinkResult::Continue,
            },
            Token::CharacterTokens(text) => Token::CharacterTokens(self.visible(text)),
            Token::CommentToken(_) | Token::ParseError(_) => return TokenSinkResult::Continue,
            other => other,
        };
        self.builder.process_token(token, line)
    }

    fn end(&self) {
        self.builder.end();
    }

    fn adjusted_current_node_present_but_not_in_html_namespace(&self) -> bool {
        self.builder.adjusted_current_node_present_but_not_in_html_namespace()
    }
}

impl Bounded {
    fn visible(&self, text: StrTendril) -> StrTendril {
        if !has_hidden(&text) {
            return text;
        }
        let (visible, hidden) = without_hidden(&text);
        self.hidden.set(self.hidden.get() + hidden);
        StrTendril::from_slice(&visible)
    }

    /// The tag as the tree gets it; `None` where there is no room.
    fn admit(&self, mut tag: Tag) -> Option<Tag> {
        let has_room = match tag.kind {
            TagKind::StartTag => self.opens(&tag),
            TagKind::EndTag => self.closes(&tag),
        };
        if !has_room {
            self.cut.set(true);
            return None;
        }
        if FORMATTING.contains(&&*tag.name) {
            tag.attrs.retain(|it| &*it.name.local == "class" && &*tag.name == "code");
        }
        tag.attrs.retain_mut(|attribute| self.keeps(attribute));
        Some(tag)
    }

    fn opens(&self, tag: &Tag) -> bool {
        self.elements.set(self.elements.get() + 1);
        if !SHALLOW.contains(&&*tag.name) && !tag.self_closing {
            self.depth.set(self.depth.get() + 1);
            *self.open.borrow_mut().entry(tag.name.clone()).or_default() += 1;
        }
        self.depth.get() <= DEPTH && self.elements.get() <= ELEMENTS
    }

    fn closes(&self, tag: &Tag) -> bool {
        let was_deep = self.depth.get() > DEPTH;
        if let Some(open) = self.open.borrow_mut().get_mut(&tag.name).filter(|open| **open > 0) {
            *open -= 1;
            self.depth.set(self.depth.get().saturating_sub(1));
            return !was_deep;
        }
        true
    }

    fn keeps(&self, attribute: &mut Attribute) -> bool {
        if !ATTRIBUTES.contains(&&*attribute.name.local) || attribute.value.len() > VALUE_BYTES {
            return false;
        }
        attribute.value = self.visible(std::mem::take(&mut attribute.value));
        true
    }
}
