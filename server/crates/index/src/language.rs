//! The languages whose definitions are known, by the names of files.

/// A language that is parsed. Files of all others are cut into windows of lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Language {
    /// Rust.
    Rust,
    /// Python.
    Python,
    /// JavaScript, with JSX.
    JavaScript,
    /// TypeScript.
    TypeScript,
    /// TypeScript with JSX.
    Tsx,
    /// Go.
    Go,
    /// Java.
    Java,
    /// C.
    C,
    /// C++.
    Cpp,
    /// C#.
    CSharp,
    /// Ruby.
    Ruby,
    /// PHP.
    Php,
}

impl Language {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::Rust,
        Self::Python,
        Self::JavaScript,
        Self::TypeScript,
        Self::Tsx,
        Self::Go,
        Self::Java,
        Self::C,
        Self::Cpp,
        Self::CSharp,
        Self::Ruby,
        Self::Php,
    ];

    /// The language of a file, by its name; by its text too for `.h`, which C and C++ share.
    #[must_use]
    pub fn of(path: &str, text: &str) -> Option<Self> {
        let name = path.rsplit('/').next().unwrap_or(path);
        let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
        Some(match extension {
            "rs" => Self::Rust,
            "py" | "pyi" | "pyw" => Self::Python,
            "js" | "mjs" | "cjs" | "jsx" => Self::JavaScript,
            "ts" | "mts" | "cts" => Self::TypeScript,
            "tsx" => Self::Tsx,
            "go" => Self::Go,
            "java" => Self::Java,
            "c" => Self::C,
            "h" if speaks_cpp(text) => Self::Cpp,
            "h" => Self::C,
            "cc" | "cpp" | "cxx" | "c++" | "hh" | "hpp" | "hxx" | "h++" | "inl" | "ipp" | "tpp"
            | "cu" | "cuh" => Self::Cpp,
            "cs" => Self::CSharp,
            "rb" | "rake" | "gemspec" => Self::Ruby,
            "php" | "phtml" => Self::Php,
            _ if matches!(name, "Rakefile" | "Gemfile") => Self::Ruby,
            _ => return None,
        })
    }

    /// What joins the parts of a qualified name.
    pub(crate) fn joint(self) -> &'static str {
        match self {
            Self::Rust | Self::Cpp | Self::Ruby | Self::Php => "::",
            _ => ".",
        }
    }

    pub(crate) fn grammar(self) -> tree_sitter::Language {
        match self {
            Self::Rust => tree_sitter_rust::LANGUAGE,
            Self::Python => tree_sitter_python::LANGUAGE,
            Self::JavaScript => tree_sitter_javascript::LANGUAGE,
            Self::TypeScript => tree_sitter_typescript::LANGUAGE_TYPESCRIPT,
            Self::Tsx => tree_sitter_typescript::LANGUAGE_TSX,
            Self::Go => tree_sitter_go::LANGUAGE,
            Self::Java => tree_sitter_java::LANGUAGE,
            Self::C => tree_sitter_c::LANGUAGE,
            Self::Cpp => tree_sitter_cpp::LANGUAGE,
            Self::CSharp => tree_sitter_c_sharp::LANGUAGE,
            Self::Ruby => tree_sitter_ruby::LANGUAGE,
            Self::Php => tree_sitter_php::LANGUAGE_PHP,
        }
        .into()
    }
}

/// Whether a header begins lines with what only C++ has.
fn speaks_cpp(text: &str) -> bool {
    const SIGNS: [&str; 6] = ["class ", "namespace ", "template", "public:", "private:", "using "];
    text.lines().any(|line| SIGNS.iter().any(|sign| line.trim_start().starts_with(sign)))
}

#[cfg(test)]
mod tests {
    use super::Language;

    #[test]
    fn a_file_is_of_the_language_that_its_name_says() {
        assert_eq!(Language::of("src/main.rs", ""), Some(Language::Rust));
        assert_eq!(Language::of("a/b.spec.tsx", ""), Some(Language::Tsx));
        assert_eq!(Language::of("Rakefile", ""), Some(Language::Ruby));
        assert_eq!(Language::of("notes.md", ""), None);
        assert_eq!(Language::of("Makefile", ""), None);
    }

    #[test]
    fn a_header_is_of_cpp_where_it_speaks_it() {
        assert_eq!(Language::of("a.h", "int add(int, int);\n"), Some(Language::C));
        assert_eq!(Language::of("a.h", "namespace a {\n}\n"), Some(Language::Cpp));
    }
}
