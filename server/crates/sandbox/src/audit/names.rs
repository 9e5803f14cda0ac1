//! The places in a workspace that a command may not write: what an editor, git, a shell or Devika would
//! act on without asking.

/// Folders, in lower case.
const FOLDERS: [&str; 9] =
    [".git", ".hg", ".svn", ".jj", ".vscode", ".vscode-server", ".idea", ".devika", ".nvim"];

/// Files, in lower case.
const FILES: [&str; 7] = [
    ".devika.toml",
    "devika.toml",
    ".gitmodules",
    ".mcp.json",
    ".exrc",
    ".envrc",
    ".dir-locals.el",
];

/// Those that are kept from being made where they are not there. The others are found afterwards.
pub(super) const KEPT_AWAY: [(&str, Shape); 9] = [
    (".git", Shape::Folder),
    (".vscode", Shape::Folder),
    (".idea", Shape::Folder),
    (".envrc", Shape::Folder),
    (".exrc", Shape::Folder),
    (".nvim.lua", Shape::Folder),
    (".nvimrc", Shape::Folder),
    (".mcp.json", Shape::Folder),
    // The only one that somebody reads while a command runs: a second Devika.
    (".devika.toml", Shape::File),
];

/// What stands in for something that must not be made. An empty folder is the rule: git does not see it,
/// and no program takes it for its settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    Folder,
    File,
}

/// Folders that hold other people's programs, which bring such files along, and where nobody works.
const NOT_SEARCHED: [&str; 7] =
    ["node_modules", "target", ".venv", "venv", "site-packages", "__pycache__", ".tox"];

pub(super) fn is_protected(name: &str) -> bool {
    let name = name.to_lowercase();
    FOLDERS.contains(&name.as_str())
        || FILES.contains(&name.as_str())
        || name.starts_with(".nvim")
        || name.ends_with(".code-workspace")
}

pub(super) fn is_searched(name: &str) -> bool {
    !NOT_SEARCHED.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_of_names_are_protected_in_every_spelling() {
        for name in
            [".git", ".GIT", ".vscode", ".nvim.lua", ".nvimrc", "a.code-workspace", ".envrc"]
        {
            assert!(is_protected(name), "{name}");
        }
        for name in [".gitignore", ".github", "git", ".env", "devika", "x.git"] {
            assert!(!is_protected(name), "{name}");
        }
    }

    #[test]
    fn what_is_kept_away_is_protected() {
        assert!(KEPT_AWAY.iter().all(|(name, _)| is_protected(name)));
    }
}
