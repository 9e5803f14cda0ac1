//! Which nodes of a syntax tree define something, in each language: tables alone.

use super::symbol::SymbolKind::{
    self, Alias, Class, Constant, Enum, Function, Interface, Macro, Method, Module, Property,
    Struct, Trait, Union, Variable,
};
use crate::language::Language;

/// How the name of a definition is found in its node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Naming {
    /// In the field `name`.
    Name,
    /// In the field `name`, and the definition counts only with a body.
    NameWithBody,
    /// In the field `name`, and the definition counts only with a value: `#define GUARD` does not.
    NameWithValue,
    /// In the field `name`, and the type of the field `receiver` contains it.
    Receiver,
    /// In the field `name`, and the definition counts as a function where the field `value` is one.
    NameOfValue,
    /// At the end of nested fields `declarator`.
    Declarator,
    /// In the field `left`, where that is a plain name.
    Left,
    /// In the first child that is a `name`.
    Child,
    /// In the field `type`: contains definitions, and is none itself.
    Scope,
}

/// What is known of a language.
pub(super) struct Rules {
    /// Nodes that define something.
    pub(super) definitions: &'static [(&'static str, SymbolKind, Naming)],
    /// Nodes that are names of something, defined here or elsewhere.
    pub(super) names: &'static [&'static str],
    /// Nodes that wrap a definition and begin before it.
    pub(super) wrappers: &'static [&'static str],
    /// Nodes that belong to the definition that follows them.
    pub(super) leading: &'static [&'static str],
}

impl Rules {
    pub(super) fn of(language: Language) -> &'static Self {
        match language {
            Language::Rust => &RUST,
            Language::Python => &PYTHON,
            Language::JavaScript => &JAVASCRIPT,
            Language::TypeScript | Language::Tsx => &TYPESCRIPT,
            Language::Go => &GO,
            Language::Java => &JAVA,
            Language::C => &C,
            Language::Cpp => &CPP,
            Language::CSharp => &C_SHARP,
            Language::Ruby => &RUBY,
            Language::Php => &PHP,
        }
    }
}

const RUST: Rules = Rules {
    definitions: &[
        ("function_item", Function, Naming::Name),
        ("function_signature_item", Function, Naming::Name),
        ("struct_item", Struct, Naming::Name),
        ("enum_item", Enum, Naming::Name),
        ("union_item", Union, Naming::Name),
        ("trait_item", Trait, Naming::Name),
        ("impl_item", Struct, Naming::Scope),
        ("mod_item", Module, Naming::NameWithBody),
        ("const_item", Constant, Naming::Name),
        ("static_item", Constant, Naming::Name),
        ("type_item", Alias, Naming::Name),
        ("macro_definition", Macro, Naming::Name),
    ],
    names: &["identifier", "type_identifier", "field_identifier", "shorthand_field_identifier"],
    wrappers: &[],
    leading: &["line_comment", "block_comment", "attribute_item"],
};

const PYTHON: Rules = Rules {
    definitions: &[
        ("function_definition", Function, Naming::Name),
        ("class_definition", Class, Naming::Name),
        ("assignment", Variable, Naming::Left),
    ],
    names: &["identifier"],
    wrappers: &["decorated_definition"],
    leading: &["comment"],
};

const JAVASCRIPT: Rules = Rules {
    definitions: &[
        ("function_declaration", Function, Naming::Name),
        ("generator_function_declaration", Function, Naming::Name),
        ("class_declaration", Class, Naming::Name),
        ("method_definition", Method, Naming::Name),
        ("variable_declarator", Variable, Naming::NameOfValue),
    ],
    names: &[
        "identifier",
        "property_identifier",
        "private_property_identifier",
        "shorthand_property_identifier",
    ],
    wrappers: &["export_statement", "lexical_declaration", "variable_declaration"],
    leading: &["comment", "decorator"],
};

const TYPESCRIPT: Rules = Rules {
    definitions: &[
        ("function_declaration", Function, Naming::Name),
        ("generator_function_declaration", Function, Naming::Name),
        ("function_signature", Function, Naming::Name),
        ("class_declaration", Class, Naming::Name),
        ("abstract_class_declaration", Class, Naming::Name),
        ("interface_declaration", Interface, Naming::Name),
        ("enum_declaration", Enum, Naming::Name),
        ("type_alias_declaration", Alias, Naming::Name),
        ("internal_module", Module, Naming::Name),
        ("method_definition", Method, Naming::Name),
        ("abstract_method_signature", Method, Naming::Name),
        ("variable_declarator", Variable, Naming::NameOfValue),
    ],
    names: &[
        "identifier",
        "property_identifier",
        "private_property_identifier",
        "shorthand_property_identifier",
        "type_identifier",
    ],
    wrappers: &[
        "export_statement",
        "lexical_declaration",
        "variable_declaration",
        "ambient_declaration",
    ],
    leading: &["comment", "decorator"],
};

const GO: Rules = Rules {
    definitions: &[
        ("function_declaration", Function, Naming::Name),
        ("method_declaration", Method, Naming::Receiver),
        ("type_spec", Struct, Naming::Name),
        ("type_alias", Alias, Naming::Name),
        ("const_spec", Constant, Naming::Name),
        ("var_spec", Variable, Naming::Name),
    ],
    names: &["identifier", "field_identifier", "type_identifier"],
    wrappers: &["type_declaration", "const_declaration", "var_declaration"],
    leading: &["comment"],
};

const JAVA: Rules = Rules {
    definitions: &[
        ("class_declaration", Class, Naming::Name),
        ("interface_declaration", Interface, Naming::Name),
        ("annotation_type_declaration", Interface, Naming::Name),
        ("enum_declaration", Enum, Naming::Name),
        ("record_declaration", Struct, Naming::Name),
        ("method_declaration", Method, Naming::Name),
        ("constructor_declaration", Method, Naming::Name),
    ],
    names: &["identifier", "type_identifier"],
    wrappers: &[],
    leading: &["line_comment", "block_comment"],
};

const C: Rules = Rules {
    definitions: &[
        ("function_definition", Function, Naming::Declarator),
        ("struct_specifier", Struct, Naming::NameWithBody),
        ("union_specifier", Union, Naming::NameWithBody),
        ("enum_specifier", Enum, Naming::NameWithBody),
        ("type_definition", Alias, Naming::Declarator),
        ("preproc_def", Macro, Naming::NameWithValue),
        ("preproc_function_def", Macro, Naming::Name),
    ],
    names: &["identifier", "type_identifier", "field_identifier"],
    wrappers: &[],
    leading: &["comment"],
};

const CPP: Rules = Rules {
    definitions: &[
        ("function_definition", Function, Naming::Declarator),
        ("class_specifier", Class, Naming::NameWithBody),
        ("struct_specifier", Struct, Naming::NameWithBody),
        ("union_specifier", Union, Naming::NameWithBody),
        ("enum_specifier", Enum, Naming::NameWithBody),
        ("concept_definition", Trait, Naming::Name),
        ("alias_declaration", Alias, Naming::Name),
        ("type_definition", Alias, Naming::Declarator),
        ("namespace_definition", Module, Naming::Name),
        ("preproc_def", Macro, Naming::NameWithValue),
        ("preproc_function_def", Macro, Naming::Name),
    ],
    names: &["identifier", "type_identifier", "field_identifier"],
    wrappers: &["template_declaration"],
    leading: &["comment"],
};

const C_SHARP: Rules = Rules {
    definitions: &[
        ("namespace_declaration", Module, Naming::Name),
        ("class_declaration", Class, Naming::Name),
        ("interface_declaration", Interface, Naming::Name),
        ("struct_declaration", Struct, Naming::Name),
        ("record_declaration", Struct, Naming::Name),
        ("enum_declaration", Enum, Naming::Name),
        ("delegate_declaration", Alias, Naming::Name),
        ("method_declaration", Method, Naming::Name),
        ("constructor_declaration", Method, Naming::Name),
        ("property_declaration", Property, Naming::Name),
    ],
    names: &["identifier"],
    wrappers: &[],
    leading: &["comment"],
};

const RUBY: Rules = Rules {
    definitions: &[
        ("module", Module, Naming::Name),
        ("class", Class, Naming::Name),
        ("method", Function, Naming::Name),
        ("singleton_method", Method, Naming::Name),
        ("assignment", Constant, Naming::Left),
    ],
    names: &["identifier", "constant"],
    wrappers: &[],
    leading: &["comment"],
};

const PHP: Rules = Rules {
    definitions: &[
        ("namespace_definition", Module, Naming::NameWithBody),
        ("class_declaration", Class, Naming::Name),
        ("interface_declaration", Interface, Naming::Name),
        ("trait_declaration", Trait, Naming::Name),
        ("enum_declaration", Enum, Naming::Name),
        ("function_definition", Function, Naming::Name),
        ("method_declaration", Method, Naming::Name),
        ("const_element", Constant, Naming::Child),
    ],
    names: &["name"],
    wrappers: &["const_declaration"],
    leading: &["comment"],
};
