//! Paths that a model may name.

use std::fmt;
use std::path::{Component, Path, PathBuf};

/// A path inside the workspace that Devika may write: relative, `/`-separated, without `.`, `..`
/// or empty parts, and not a protected one. Whether a symbolic link leads out of the workspace is
/// for whoever opens it to check.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RelPath(String);

/// Why a path cannot be used. The text is for the model as well as for the user.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    /// It is not a relative path inside the workspace.
    #[error(
        "`{0}` is not a path inside the workspace: give it relative to the workspace root, without `..`"
    )]
    Outside(String),
    /// It is one that Devika never writes.
    #[error("`{0}` is protected: Devika never writes version-control, editor or policy files")]
    Protected(String),
}

/// Folders that Devika never writes, whether they exist or not, compared without case.
const PROTECTED_FOLDERS: [&str; 8] =
    [".git", ".hg", ".svn", ".jj", ".vscode", ".idea", ".devika", ".vscode-server"];

/// Files that Devika never writes, whether they exist or not, compared without case.
const PROTECTED_FILES: [&str; 7] = [
    ".devika.toml",
    "devika.toml",
    ".gitmodules",
    ".mcp.json",
    ".nvim.lua",
    ".exrc",
    ".dir-locals.el",
];

impl RelPath {
    /// Checks a path as a model or a client wrote it. `./` in front and backslashes are forgiven.
    ///
    /// # Errors
    /// [`PathError`] for absolute paths, URIs, `..`, percent-encoded or control characters, and
    /// protected paths.
    pub fn new(text: &str) -> Result<Self, PathError> {
        let outside = || PathError::Outside(text.escape_debug().to_string());
        let slashed = text.trim().replace('\\', "/");
        let lower = slashed.to_ascii_lowercase();
        if slashed.starts_with('/')
            || slashed.starts_with('~')
            || slashed.chars().any(|c| c.is_control() || c == ':')
            || ["%2e", "%2f", "%5c", "%00"].iter().any(|code| lower.contains(code))
        {
            return Err(outside());
        }
        let parts: Vec<&str> =
            slashed.split('/').filter(|part| *part != "." && !part.is_empty()).collect();
        if parts.is_empty() || parts.contains(&"..") || slashed.ends_with('/') {
            return Err(outside());
        }
        if parts.iter().any(|part| is_protected_folder(part))
            || is_protected_file(parts[parts.len() - 1])
        {
            return Err(PathError::Protected(text.to_owned()));
        }
        let path = parts.join("/");
        // `./~/a` and `a /.` would be other files when read again.
        if path.starts_with('~') || path.trim() != path {
            return Err(outside());
        }
        Ok(Self(path))
    }

    /// The path of a file under `root`, or `None` where it is not one.
    ///
    /// # Errors
    /// As [`RelPath::new`].
    pub fn below(root: &Path, file: &Path) -> Result<Self, PathError> {
        let outside = || PathError::Outside(file.display().to_string());
        let relative = file.strip_prefix(root).map_err(|_| outside())?;
        let mut parts = Vec::new();
        for component in relative.components() {
            match component {
                Component::Normal(part) => parts.push(part.to_str().ok_or_else(outside)?),
                _ => return Err(outside()),
            }
        }
        Self::new(&parts.join("/"))
    }

    /// With `/` between the parts.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Under `root`, on this system.
    pub fn under(&self, root: &Path) -> PathBuf {
        let mut path = root.to_path_buf();
        path.extend(self.0.split('/'));
        path
    }

    /// The last part.
    pub fn file_name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or(&self.0)
    }
}

impl fmt::Display for RelPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// `.git` has other spellings on file systems that fold case, drop trailing dots and spaces, or
/// keep short names; git itself refuses the same (`core.protectNTFS`, `core.protectHFS`).
fn is_protected_folder(part: &str) -> bool {
    let folded = fold(part);
    PROTECTED_FOLDERS.contains(&folded.as_str()) || folded.starts_with("git~")
}

fn is_protected_file(part: &str) -> bool {
    let folded = fold(part);
    PROTECTED_FILES.contains(&folded.as_str()) || folded.ends_with(".code-workspace")
}

fn fold(part: &str) -> String {
    let visible: String = part.chars().filter(|c| !is_ignorable(*c)).collect();
    visible.trim_end_matches(['.', ' ']).to_lowercase()
}

/// Characters that HFS+ leaves out when it compares names.
fn is_ignorable(c: char) -> bool {
    matches!(c, '\u{200c}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{206a}'..='\u{206f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn assert_outside(text: &str) {
        assert!(matches!(RelPath::new(text), Err(PathError::Outside(_))), "{text}");
    }

    #[test]
    fn a_path_inside_the_workspace_is_taken_in_one_spelling() {
        for text in ["src/a.py", "./src/a.py", "src//a.py", "src\\a.py", " src/./a.py "] {
            assert_eq!(RelPath::new(text).as_ref().map(RelPath::as_str), Ok("src/a.py"), "{text}");
        }
        for text in ["a b.txt", ".gitignore", "Ünïcode/ファイル.txt", "a..b", "...", "gitx/a"]
        {
            assert!(RelPath::new(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn what_leads_out_of_the_workspace_is_refused() {
        for text in [
            "",
            ".",
            "..",
            "../a",
            "a/../../b",
            "a/..",
            "/etc/passwd",
            "~/a",
            "~root/a",
            "C:\\a",
            "\\\\host\\share",
            "%2e%2e/a",
            "a%2Fb",
            "a%5cb",
            "file://host/a",
            "file:a",
            "a\0b",
            "a\nb",
            "a\u{1b}[2Jb",
            "untitled:a",
            "dir/",
            "./~/a",
            "a /.",
            "//host/a",
            "..\\a",
        ] {
            assert_outside(text);
        }
    }

    #[test]
    fn protected_places_are_refused_in_every_spelling() {
        for text in [
            ".git/config",
            ".git/hooks/pre-commit",
            ".GIT/config",
            "sub/.Git/x",
            "git~1/config",
            ".git./config",
            ".git /config",
            ".g\u{200c}it/config",
            ".vscode/settings.json",
            ".VSCode/tasks.json",
            ".devika/config.toml",
            "devika.toml",
            "sub/DEVIKA.toml",
            ".gitmodules",
            "x.code-workspace",
            ".exrc",
            ".git",
        ] {
            assert_eq!(RelPath::new(text), Err(PathError::Protected(text.to_owned())), "{text}");
        }
    }

    #[test]
    fn a_refusal_shows_control_characters_escaped() {
        let refusal = RelPath::new("a\u{1b}[2J\nb").map_err(|error| error.to_string());
        insta::assert_snapshot!(
            refusal.unwrap_err(),
            @r"`a\u{1b}[2J\nb` is not a path inside the workspace: give it relative to the workspace root, without `..`"
        );
    }

    #[test]
    fn a_file_below_the_root_has_its_relative_path() {
        let root = Path::new("project");
        let path = RelPath::below(root, Path::new("project/src/a.py")).unwrap();
        assert_eq!((path.as_str(), path.file_name()), ("src/a.py", "a.py"));
        assert_eq!(path.under(root), Path::new("project/src/a.py"));
        assert!(RelPath::below(root, Path::new("other/a.py")).is_err());
        assert!(RelPath::below(root, Path::new("project/../a.py")).is_err());
        assert!(RelPath::below(root, Path::new("project/.git/config")).is_err());
    }
}
