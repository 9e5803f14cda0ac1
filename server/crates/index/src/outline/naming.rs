//! The name and the signature of a definition.

use tree_sitter::Node;

use super::rules::Naming;

/// Characters of a signature at most; what is longer is cut.
const SIGNATURE: usize = 160;

/// A name with what it says about where it belongs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Named {
    pub(super) name: String,
    /// What the name itself says it belongs to, as `Foo` in `Foo::bar`; empty where it says nothing.
    pub(super) container: String,
    /// The node of the name, which is no mention of it.
    pub(super) node: usize,
    /// Whether its value is a function.
    pub(super) is_function: bool,
}

/// The name of a definition, where it is one by its rule.
pub(super) fn name(node: Node<'_>, naming: Naming, text: &str) -> Option<Named> {
    let field = |name| node.child_by_field_name(name);
    match naming {
        Naming::Name => named(field("name")?, text),
        Naming::NameWithBody => field("body").and_then(|_| named(field("name")?, text)),
        Naming::NameWithValue => field("value").and_then(|_| named(field("name")?, text)),
        Naming::Receiver => {
            let container = receiver(field("receiver")?, text).to_owned();
            Some(Named { container, ..named(field("name")?, text)? })
        }
        Naming::NameOfValue => {
            let name = field("name").filter(|name| name.kind() == "identifier")?;
            Some(Named { is_function: is_function(field("value")), ..named(name, text)? })
        }
        Naming::Declarator => declared(node, text),
        Naming::Left => {
            let left = field("left")?;
            matches!(left.kind(), "identifier" | "constant").then(|| named(left, text)).flatten()
        }
        Naming::Child => {
            let mut cursor = node.walk();
            let name = node.children(&mut cursor).find(|child| child.kind() == "name")?;
            named(name, text)
        }
        Naming::Scope => named(field("type")?, text),
    }
}

fn named(node: Node<'_>, text: &str) -> Option<Named> {
    let plain = plain(text.get(node.byte_range())?);
    let cut = ["::", ".", "\\"].iter().filter_map(|joint| {
        plain.rfind(joint).filter(|at| *at > 0).map(|at| (at, at + joint.len()))
    });
    let (container, name) = match cut.max() {
        Some((end, start)) => (plain[..end].to_owned(), plain[start..].to_owned()),
        None => (String::new(), plain),
    };
    let named = Named { name, container, node: node.id(), is_function: false };
    (!named.name.is_empty()).then_some(named)
}

/// A name without what types it is for: `Door<T>::open` is `Door::open`.
fn plain(whole: &str) -> String {
    let line = whole.split(['\n', '(', '[']).next().unwrap_or(whole).trim();
    if line.contains("operator") {
        return line.to_owned();
    }
    let mut depth = 0_usize;
    let mut plain = String::new();
    for sign in line.chars() {
        match sign {
            '<' => depth += 1,
            '>' => depth = depth.saturating_sub(1),
            _ if depth == 0 => plain.push(sign),
            _ => {}
        }
    }
    plain
}

/// The name that nested declarators of C lead to: `*name(args)`.
fn declared(node: Node<'_>, text: &str) -> Option<Named> {
    let mut inner = node.child_by_field_name("declarator")?;
    loop {
        let next = match inner.kind() {
            // These two hold what they declare without naming it.
            "reference_declarator" | "parenthesized_declarator" => inner.named_child(0),
            _ => inner.child_by_field_name("declarator"),
        };
        match next {
            Some(next) => inner = next,
            None => return named(inner, text),
        }
    }
}

/// The type of Go's `(r *Type[T])`.
fn receiver<'t>(node: Node<'_>, text: &'t str) -> &'t str {
    let whole = text.get(node.byte_range()).unwrap_or_default();
    let inner = whole.trim_matches(['(', ')']).split('[').next().unwrap_or_default();
    inner.rsplit([' ', '*']).next().unwrap_or_default()
}

fn is_function(value: Option<Node<'_>>) -> bool {
    value.is_some_and(|value| {
        matches!(value.kind(), "arrow_function" | "function_expression" | "generator_function")
    })
}

/// The head of a definition that begins at `start`, up to its body, on one line.
pub(super) fn signature(node: Node<'_>, start: usize, text: &str) -> String {
    let body = node
        .child_by_field_name("body")
        .or_else(|| node.child_by_field_name("value")?.child_by_field_name("body"));
    let head = match body {
        Some(body) => text.get(start..body.start_byte()),
        None if node.child_by_field_name("parameters").is_some() => {
            text.get(start..node.end_byte())
        }
        None => text.get(start..node.end_byte()).and_then(|all| all.lines().next()),
    };
    let mut line = String::new();
    for word in head.unwrap_or_default().split_whitespace() {
        if !line.is_empty() && !line.ends_with(['(', '[', '<']) {
            line.push(' ');
        }
        if word.starts_with([')', ']', '>']) {
            line.truncate(line.trim_end_matches([',', ' ']).len());
        }
        line.push_str(word);
        if line.len() > SIGNATURE {
            break;
        }
    }
    if line.chars().count() > SIGNATURE {
        return line.chars().take(SIGNATURE).chain(['…']).collect();
    }
    let end = line.trim_end_matches(['{', ':', ';', '=', ' ']).trim_end_matches(" =>").len();
    line.truncate(end);
    line
}
