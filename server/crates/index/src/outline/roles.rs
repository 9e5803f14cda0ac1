//! The rules of a language by the numbers of its nodes: a look-up a node, no comparison of words.

use std::sync::OnceLock;

use super::rules::{Naming, Rules};
use super::symbol::SymbolKind;
use crate::language::Language;

/// What a node is to an outline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    None,
    Name,
    Wrapper,
    Leading,
    Definition(SymbolKind, Naming),
}

/// A grammar with the roles of its nodes.
pub(super) struct Grammar {
    pub(super) language: Language,
    pub(super) parser: tree_sitter::Language,
    roles: Vec<Role>,
}

impl Grammar {
    /// The grammar of a language, made once.
    pub(super) fn of(language: Language) -> &'static Self {
        static ALL: [OnceLock<Grammar>; Language::ALL.len()] =
            [const { OnceLock::new() }; Language::ALL.len()];
        ALL[language as usize].get_or_init(|| Self::new(language))
    }

    fn new(language: Language) -> Self {
        let parser = language.grammar();
        let rules = Rules::of(language);
        // One name may stand for several numbers, so all numbers are asked for their names.
        let ids = 0..u16::try_from(parser.node_kind_count()).unwrap_or(u16::MAX);
        let roles = ids
            .map(|id| match parser.node_kind_for_id(id) {
                Some(name) if parser.node_kind_is_named(id) => role(rules, name),
                _ => Role::None,
            })
            .collect();
        Self { language, parser, roles }
    }

    pub(super) fn role(&self, node: tree_sitter::Node<'_>) -> Role {
        self.roles.get(usize::from(node.kind_id())).copied().unwrap_or(Role::None)
    }
}

fn role(rules: &Rules, name: &str) -> Role {
    if let Some((_, kind, naming)) = rules.definitions.iter().find(|(node, ..)| *node == name) {
        Role::Definition(*kind, *naming)
    } else if rules.names.contains(&name) {
        Role::Name
    } else if rules.wrappers.contains(&name) {
        Role::Wrapper
    } else if rules.leading.contains(&name) {
        Role::Leading
    } else {
        Role::None
    }
}

#[cfg(test)]
mod tests {
    use super::{Grammar, Role, Rules};
    use crate::language::Language;

    #[test]
    fn every_rule_names_nodes_that_its_grammar_has() {
        for language in Language::ALL {
            let (grammar, rules) = (Grammar::of(language), Rules::of(language));
            let definitions = rules.definitions.iter().map(|(node, ..)| node);
            let nodes = definitions.chain(rules.names).chain(rules.wrappers).chain(rules.leading);
            for node in nodes {
                let id = grammar.parser.id_for_node_kind(node, true);
                assert_ne!(id, 0, "{language:?} has no node {node}");
                assert_ne!(grammar.roles[usize::from(id)], Role::None, "{language:?}: {node}");
            }
        }
    }
}
