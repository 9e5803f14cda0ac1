//! Finding the protected places of a workspace.

use std::fs;
use std::path::{Path, PathBuf};

use super::names::{is_protected, is_searched};

/// Folders that are looked into at the most, the nearest to the root first.
const MOST_FOLDERS: usize = 5_000;

/// All protected places in a workspace, the nearest to the root first. Links are not followed.
pub(super) fn protected(workspace: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![workspace.to_owned()];
    let mut next = 0;
    while let Some(folder) = folders.get(next).cloned() {
        next += 1;
        // A folder that cannot be read is one that the command could not read either.
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
            if is_protected(&name) {
                found.push(entry.path());
            } else if is_folder && is_searched(&name) && folders.len() < MOST_FOLDERS {
                folders.push(entry.path());
            }
        }
    }
    found
}
