//! What has changed since a commit.

use git2::{DiffFormat, DiffLineType, DiffOptions, Oid, Tree};

use crate::{Repository, VcsError};

/// Files larger than this are only named in a diff, in bytes.
const LARGEST_FILE: i64 = 256 * 1024;

impl Repository {
    /// What the commits from `commit` to HEAD change together below the root, as a unified diff of at
    /// most about `limit` bytes; a line says where it was cut. `None` where the commit is no part of
    /// HEAD's history: it was discarded, or is on another branch.
    ///
    /// # Errors
    /// [`VcsError::Other`].
    pub fn changes_since(&self, commit: &str, limit: usize) -> Result<Option<String>, VcsError> {
        let (Ok(first), Some(head)) = (Oid::from_str(commit), self.head()?) else {
            return Ok(None);
        };
        let head = Oid::from_str(&head)?;
        let Ok(commit) = self.git.find_commit(first) else { return Ok(None) };
        if head != first && !self.git.graph_descendant_of(head, first)? {
            return Ok(None);
        }
        let before = match commit.parent(0) {
            Ok(parent) => Some(parent.tree()?),
            Err(_) => None,
        };
        let now = self.git.find_commit(head)?.tree()?;
        self.unified(before.as_ref(), &now, limit).map(Some)
    }

    fn unified(
        &self,
        before: Option<&Tree<'_>>,
        now: &Tree<'_>,
        limit: usize,
    ) -> Result<String, VcsError> {
        let mut options = DiffOptions::new();
        options.max_size(LARGEST_FILE).context_lines(2);
        if !self.prefix.as_os_str().is_empty() {
            options.pathspec(&self.prefix).disable_pathspec_match(true);
        }
        let diff = self.git.diff_tree_to_tree(before, Some(now), Some(&mut options))?;
        let (mut text, mut is_cut) = (String::new(), false);
        diff.print(DiffFormat::Patch, |_, _, line| {
            if is_cut {
                return true;
            }
            let sign = match line.origin_value() {
                DiffLineType::Context | DiffLineType::Addition | DiffLineType::Deletion => {
                    Some(line.origin())
                }
                _ => None,
            };
            let content = String::from_utf8_lossy(line.content());
            is_cut = text.len() + content.len() > limit;
            if !is_cut {
                text.extend(sign);
                text.push_str(&content);
            }
            true
        })?;
        if is_cut {
            text.push_str("[… the rest of the diff is left out]\n");
        }
        Ok(text)
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use tempfile::TempDir;

    use super::*;
    use crate::{CommitFile, CommitRequest};

    /// Writes a file and commits it; returns the commit.
    fn commit(repository: &Repository, root: &Path, before: Option<&str>, after: &str) -> String {
        std::fs::write(root.join("a.txt"), after).unwrap();
        let file = CommitFile {
            path: "a.txt".to_owned(),
            before: before.map(str::to_owned),
            after: Some(after.to_owned()),
        };
        let message = "Change a".to_owned();
        let request = CommitRequest { files: vec![file], message, ..CommitRequest::default() };
        repository.commit(&request).unwrap().id
    }

    fn repository() -> (TempDir, Repository) {
        let folder = tempfile::tempdir().unwrap();
        let repository = Repository::init(folder.path()).unwrap();
        let mut config = repository.git.config().unwrap();
        config.set_str("user.name", "A User").unwrap();
        config.set_str("user.email", "user@example.org").unwrap();
        (folder, repository)
    }

    #[test]
    fn several_commits_are_one_difference() {
        let (folder, repository) = repository();
        commit(&repository, folder.path(), None, "one\ntwo\n");
        let first = commit(&repository, folder.path(), Some("one\ntwo\n"), "one\n2\n");
        commit(&repository, folder.path(), Some("one\n2\n"), "one\n2\nthree\n");
        let changes = repository.changes_since(&first, 1_000).unwrap().unwrap();
        let body = changes.split_once("@@\n").unwrap().1;
        assert_eq!(body, " one\n-two\n+2\n+three\n");
    }

    #[test]
    fn the_first_commit_of_a_project_is_a_difference_to_nothing() {
        let (folder, repository) = repository();
        let first = commit(&repository, folder.path(), None, "one\n");
        let changes = repository.changes_since(&first, 1_000).unwrap().unwrap();
        assert!(changes.contains("+one\n"), "{changes}");
    }

    #[test]
    fn a_long_difference_is_cut_and_says_so() {
        let (folder, repository) = repository();
        let first = commit(&repository, folder.path(), None, &"line\n".repeat(1_000));
        let changes = repository.changes_since(&first, 300).unwrap().unwrap();
        assert!(changes.ends_with("[… the rest of the diff is left out]\n"), "{changes}");
        assert!(changes.len() < 400);
    }

    #[test]
    fn a_commit_that_was_discarded_has_no_difference() {
        let (folder, repository) = repository();
        commit(&repository, folder.path(), None, "one\n");
        let unknown = "0123456789012345678901234567890123456789";
        assert_eq!(repository.changes_since(unknown, 1_000).unwrap(), None);
    }
}
