//! What a text defines and what it mentions, read from its syntax tree.

mod naming;
mod roles;
mod rules;
mod symbol;

use std::collections::{BTreeMap, HashSet};
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use tree_sitter::{Node, ParseOptions, ParseState, Parser, Tree};

pub use symbol::{Symbol, SymbolKind};

use self::roles::{Grammar, Role};
use self::rules::Naming;
use crate::language::Language;

/// How long a text may be parsed. A file of the size that is admitted takes a tenth of it; what takes
/// longer is no program in its language, and is cut into windows of lines instead.
const PATIENCE: Duration = Duration::from_secs(3);

/// Definitions within definitions at most; deeper ones are part of what they stand in.
const DEPTH: usize = 24;

/// Bytes of a name that is worth a mention.
const NAME: std::ops::RangeInclusive<usize> = 2..=80;

/// What a text defines and mentions.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Outline {
    /// Its definitions, in the order in which they begin.
    pub(crate) symbols: Vec<Symbol>,
    /// The lines of its definitions, in the same order, with scopes that define nothing themselves.
    pub(crate) spans: Vec<Span>,
    /// How often each name occurs in it, other than where it is defined.
    pub(crate) mentions: BTreeMap<String, u32>,
}

/// The lines of a definition, its comments, attributes and decorators included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Span {
    /// Its first line, counted from 0.
    pub(crate) first: usize,
    /// Its last line.
    pub(crate) last: usize,
    /// Its qualified name.
    pub(crate) title: String,
    /// The span that it stands in, by its place in the list.
    pub(crate) parent: Option<usize>,
}

/// Reads the outline of a text from its tree.
pub(crate) fn outline(language: Language, text: &str, tree: &Tree) -> Outline {
    let mut reader = Reader {
        grammar: Grammar::of(language),
        text,
        outline: Outline::default(),
        open: Vec::new(),
        wrapper: None,
        leading: None,
        own_names: HashSet::new(),
    };
    reader.walk(tree);
    reader.outline
}

/// Parses a text; `None` where that takes unreasonably long. With the tree of what it was before, moved
/// to where things are now, only what differs is parsed.
pub(crate) fn parse(language: Language, text: &str, before: Option<&Tree>) -> Option<Tree> {
    let mut parser = Parser::new();
    parser.set_language(&Grammar::of(language).parser).ok()?;
    let begun = Instant::now();
    let mut watch = |_: &ParseState| {
        if begun.elapsed() > PATIENCE { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let bytes = text.as_bytes();
    parser.parse_with_options(
        &mut |at, _| bytes.get(at..).unwrap_or_default(),
        before,
        Some(ParseOptions::new().progress_callback(&mut watch)),
    )
}

/// A definition that the walk is in.
struct Open {
    end: usize,
    span: usize,
    kind: SymbolKind,
    title: String,
}

struct Reader<'t> {
    grammar: &'static Grammar,
    text: &'t str,
    outline: Outline,
    open: Vec<Open>,
    /// The outermost node that may wrap the next definition.
    wrapper: Option<Node<'t>>,
    /// First and last line of the comments that were read last.
    leading: Option<(usize, usize)>,
    /// Nodes that name definitions, which the walk has yet to come to.
    own_names: HashSet<usize>,
}

impl<'t> Reader<'t> {
    /// Comes to every node in the order of the text, without recursion: trees may be deep.
    fn walk(&mut self, tree: &'t Tree) {
        let mut cursor = tree.walk();
        loop {
            self.enter(cursor.node());
            if cursor.goto_first_child() {
                continue;
            }
            while !cursor.goto_next_sibling() {
                if !cursor.goto_parent() {
                    return;
                }
            }
        }
    }

    fn enter(&mut self, node: Node<'t>) {
        let role = self.grammar.role(node);
        if role == Role::None {
            return;
        }
        while self.open.last().is_some_and(|open| open.end <= node.start_byte()) {
            self.open.pop();
        }
        match role {
            Role::None => {}
            Role::Name => self.mention(node),
            Role::Leading => self.lead(node),
            Role::Wrapper => self.wrap(node),
            Role::Definition(kind, naming) => self.define(node, kind, naming),
        }
    }

    fn mention(&mut self, node: Node<'_>) {
        if self.own_names.remove(&node.id()) {
            return;
        }
        let Some(name) = self.text.get(node.byte_range()) else { return };
        if NAME.contains(&name.len()) {
            match self.outline.mentions.get_mut(name) {
                Some(count) => *count += 1,
                None => drop(self.outline.mentions.insert(name.to_owned(), 1)),
            }
        }
    }

    /// Keeps the lines of comments and attributes that stand on lines of their own, one below the
    /// other.
    fn lead(&mut self, node: Node<'_>) {
        if !self.begins_its_line(node) {
            return;
        }
        let (first, last) = lines(node);
        self.leading = match self.leading {
            Some((start, end)) if first <= end + 1 => Some((start, last)),
            _ => Some((first, last)),
        };
    }

    fn begins_its_line(&self, node: Node<'_>) -> bool {
        let before = &self.text[..node.start_byte()];
        let line = before.rfind('\n').map_or(0, |at| at + 1);
        before[line..].trim_ascii().is_empty()
    }

    fn wrap(&mut self, node: Node<'t>) {
        let is_within = self.wrapper.is_some_and(|outer| node.start_byte() < outer.end_byte());
        if !is_within {
            self.wrapper = Some(node);
        }
    }

    fn define(&mut self, node: Node<'t>, kind: SymbolKind, naming: Naming) {
        let Some(named) = naming::name(node, naming, self.text) else { return };
        let kind = self.kind(kind, naming, named.is_function);
        if self.open.len() >= DEPTH || !self.counts(kind, naming, &named.name) {
            return;
        }
        let outer = self.wrapper.take().filter(|wrapper| wraps(*wrapper, node)).unwrap_or(node);
        let container = self.container(&named.container);
        let title = self.join(&container, &named.name);
        let span = self.add_span(outer, title.clone());
        if naming != Naming::Scope {
            self.own_names.insert(named.node);
            let start = if outer.kind() == "decorated_definition" { node } else { outer };
            self.outline.symbols.push(Symbol {
                name: named.name,
                container,
                kind,
                line: line_number(start.start_position().row),
                last_line: line_number(lines(node).1),
                signature: naming::signature(node, start.start_byte(), self.text),
            });
        }
        self.open.push(Open { end: node.end_byte(), span, kind, title });
    }

    /// A function of a type is a method, and a variable that holds a function is one.
    fn kind(&self, kind: SymbolKind, naming: Naming, is_function: bool) -> SymbolKind {
        let in_type = self.open.last().is_some_and(|open| open.kind.is_type());
        match kind {
            SymbolKind::Function if in_type => SymbolKind::Method,
            SymbolKind::Variable if naming == Naming::NameOfValue && is_function => {
                SymbolKind::Function
            }
            _ => kind,
        }
    }

    /// Variables count at the top of a file alone, and constants outside of functions.
    fn counts(&self, kind: SymbolKind, naming: Naming, name: &str) -> bool {
        let within = |kinds: &[SymbolKind]| self.open.iter().any(|open| kinds.contains(&open.kind));
        match kind {
            SymbolKind::Variable => self.open.iter().all(|open| open.kind == SymbolKind::Module),
            SymbolKind::Constant if naming == Naming::Left => {
                name.starts_with(char::is_uppercase)
                    && !within(&[SymbolKind::Function, SymbolKind::Method])
            }
            SymbolKind::Constant => !within(&[SymbolKind::Function, SymbolKind::Method]),
            _ => true,
        }
    }

    fn container(&self, own: &str) -> String {
        let outer = self.open.last().map_or("", |open| open.title.as_str());
        if own.is_empty() { outer.to_owned() } else { self.join(outer, own) }
    }

    fn join(&self, container: &str, name: &str) -> String {
        if container.is_empty() {
            name.to_owned()
        } else {
            format!("{container}{}{name}", self.grammar.language.joint())
        }
    }

    fn add_span(&mut self, outer: Node<'_>, title: String) -> usize {
        let (start, last) = lines(outer);
        let first = match self.leading.take() {
            Some((first, end)) if first <= start && start <= end + 1 => first,
            _ => start,
        };
        let parent = self.open.last().map(|open| open.span);
        self.outline.spans.push(Span { first: first.min(start), last, title, parent });
        self.outline.spans.len() - 1
    }
}

/// Whether a definition is all that a node holds, but for what stands before it: in Go's `type (…)` it
/// is one of several.
fn wraps(wrapper: Node<'_>, node: Node<'_>) -> bool {
    let is_above = matches!(wrapper.kind(), "decorated_definition" | "template_declaration");
    let is_beside = wrapper.start_position().row == node.start_position().row;
    node.end_byte() <= wrapper.end_byte() && (is_above || is_beside)
}

/// First and last line of a node, counted from 0. A node that ends with a line break ends before it.
fn lines(node: Node<'_>) -> (usize, usize) {
    let (start, end) = (node.start_position(), node.end_position());
    let last = if end.column == 0 { end.row.saturating_sub(1) } else { end.row };
    (start.row, last.max(start.row))
}

fn line_number(row: usize) -> u32 {
    u32::try_from(row).unwrap_or(u32::MAX).saturating_add(1)
}

/// The outline of a text that is new.
#[cfg(test)]
pub(crate) fn outline_of(language: Language, text: &str) -> Outline {
    outline(language, text, &parse(language, text, None).unwrap())
}

#[cfg(test)]
mod tests;
