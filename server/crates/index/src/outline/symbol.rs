//! What a definition is called, what it is and where it stands.

/// What a definition defines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SymbolKind {
    /// A module or namespace.
    Module,
    /// A class.
    Class,
    /// A struct or record.
    Struct,
    /// An enumeration.
    Enum,
    /// A union.
    Union,
    /// An interface.
    Interface,
    /// A trait or concept.
    Trait,
    /// Another name for a type.
    Alias,
    /// A function that belongs to no type.
    Function,
    /// A function of a type.
    Method,
    /// A property of a type.
    Property,
    /// A constant.
    Constant,
    /// A variable of a whole file.
    Variable,
    /// A macro.
    Macro,
}

impl SymbolKind {
    /// All kinds.
    pub const ALL: [Self; 14] = [
        Self::Module,
        Self::Class,
        Self::Struct,
        Self::Enum,
        Self::Union,
        Self::Interface,
        Self::Trait,
        Self::Alias,
        Self::Function,
        Self::Method,
        Self::Property,
        Self::Constant,
        Self::Variable,
        Self::Macro,
    ];

    /// The word for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Module => "module",
            Self::Class => "class",
            Self::Struct => "struct",
            Self::Enum => "enum",
            Self::Union => "union",
            Self::Interface => "interface",
            Self::Trait => "trait",
            Self::Alias => "alias",
            Self::Function => "function",
            Self::Method => "method",
            Self::Property => "property",
            Self::Constant => "constant",
            Self::Variable => "variable",
            Self::Macro => "macro",
        }
    }

    /// The kind that this word stands for.
    #[must_use]
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }

    /// Whether functions in it are methods.
    pub(crate) fn is_type(self) -> bool {
        matches!(
            self,
            Self::Class | Self::Struct | Self::Enum | Self::Union | Self::Interface | Self::Trait
        )
    }
}

/// A definition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Symbol {
    /// Its own name.
    pub name: String,
    /// What it is defined in, from the outside in (`devika::index`); empty at the top of a file.
    pub container: String,
    /// What it defines.
    pub kind: SymbolKind,
    /// The line of its signature, counted from 1.
    pub line: u32,
    /// Its last line.
    pub last_line: u32,
    /// Its head on one line, without its body.
    pub signature: String,
}
