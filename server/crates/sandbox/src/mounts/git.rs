//! A workspace whose history lies elsewhere: git's worktrees and submodules.

use std::fs;
use std::path::{Path, PathBuf};

/// The most that is read of a file which names a folder: 4 KiB.
const LONGEST: u64 = 4096;

/// The folders outside the workspace that its `.git` file leads to: its own, and the one that it
/// shares with the main worktree. None where the file leads to something that is no git folder: a
/// hostile repository could name any folder there, and so have it shown.
pub(super) fn shared_folders(workspace: &Path) -> Vec<PathBuf> {
    let Some(own) = named_in(&workspace.join(".git"), "gitdir:", workspace) else {
        return Vec::new();
    };
    let shared = named_in(&own.join("commondir"), "", &own).unwrap_or_else(|| own.clone());
    let is_whole = own.join("HEAD").is_file()
        && shared.join("HEAD").is_file()
        && shared.join("objects").is_dir()
        && shared.join("refs").is_dir()
        && own.starts_with(&shared);
    match is_whole {
        true => vec![shared],
        false => Vec::new(),
    }
}

/// The folder that a small file names behind `label`, taken from `base`.
fn named_in(file: &Path, label: &str, base: &Path) -> Option<PathBuf> {
    let found = fs::symlink_metadata(file).ok()?;
    if !found.is_file() || found.len() > LONGEST {
        return None;
    }
    let text = fs::read_to_string(file).ok()?;
    let named = text.strip_prefix(label)?.trim();
    base.join(named).canonicalize().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn worktree() -> (tempfile::TempDir, PathBuf, PathBuf) {
        let root = tempfile::tempdir().unwrap();
        let main = root.path().canonicalize().unwrap().join("main/.git");
        let own = main.join("worktrees/w");
        for folder in [&own, &main.join("objects"), &main.join("refs")] {
            fs::create_dir_all(folder).unwrap();
        }
        fs::write(main.join("HEAD"), "ref: refs/heads/main\n").unwrap();
        fs::write(own.join("HEAD"), "ref: refs/heads/w\n").unwrap();
        fs::write(own.join("commondir"), "../..\n").unwrap();
        let workspace = root.path().join("w");
        fs::create_dir(&workspace).unwrap();
        fs::write(workspace.join(".git"), format!("gitdir: {}\n", own.display())).unwrap();
        (root, workspace, main)
    }

    #[test]
    fn a_worktree_leads_to_the_history_that_it_shares() {
        let (_root, workspace, main) = worktree();
        assert_eq!(shared_folders(&workspace), [main]);
    }

    #[test]
    fn a_git_file_that_leads_to_any_other_folder_leads_nowhere() {
        let (root, workspace, main) = worktree();
        let secrets = root.path().join("secrets");
        fs::create_dir(&secrets).unwrap();
        fs::write(workspace.join(".git"), "gitdir: ../secrets\n").unwrap();
        assert_eq!(shared_folders(&workspace), [""; 0].map(PathBuf::from));

        // Nor does a real one that names another as the one it shares.
        fs::write(workspace.join(".git"), "gitdir: ../main/.git/worktrees/w\n").unwrap();
        fs::write(main.join("worktrees/w/commondir"), "../../../../secrets\n").unwrap();
        assert_eq!(shared_folders(&workspace), [""; 0].map(PathBuf::from));
    }
}
