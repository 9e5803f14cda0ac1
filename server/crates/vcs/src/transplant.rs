//! Moving Devika's change of a file onto another version of that file: the committed one, or the
//! staged one, which the user's own uncommitted work makes differ from what is on disk.

use git2::{MergeFileInput, merge_file};

/// What the other version becomes.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Transplant {
    /// It has this text now.
    Text(Vec<u8>),
    /// It is gone.
    Gone,
    /// The two changes meet.
    Overlap,
}

/// One file's change on disk.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Change<'a> {
    pub(crate) before: Option<&'a str>,
    pub(crate) after: Option<&'a str>,
}

impl Change<'_> {
    /// The change, made to `target` instead of to `before`. A file that git does not know yet is
    /// taken whole, for its change cannot be kept without it; then `to_lf` says whether git stores
    /// its CRLF as LF.
    pub(crate) fn onto(
        self,
        target: Option<&[u8]>,
        to_lf: bool,
    ) -> Result<Transplant, git2::Error> {
        let Some(after) = self.after else { return Ok(Transplant::Gone) };
        let (Some(target), Some(before)) = (target, self.before) else {
            let whole = if to_lf { lf(after) } else { after.into() };
            return Ok(Transplant::Text(whole));
        };
        if has_crlf(before.as_bytes()) && !has_crlf(target) {
            return merge(&lf(before), target, &lf(after));
        }
        merge(before.as_bytes(), target, after.as_bytes())
    }
}

fn merge(base: &[u8], target: &[u8], changed: &[u8]) -> Result<Transplant, git2::Error> {
    if base == target {
        return Ok(Transplant::Text(changed.into()));
    }
    let (mut ancestor, mut ours, mut theirs) =
        (MergeFileInput::new(), MergeFileInput::new(), MergeFileInput::new());
    let merged =
        merge_file(ancestor.content(base), ours.content(target), theirs.content(changed), None)?;
    Ok(match merged.is_automergeable() {
        true => Transplant::Text(merged.content().into()),
        false => Transplant::Overlap,
    })
}

fn has_crlf(text: &[u8]) -> bool {
    text.windows(2).any(|pair| pair == b"\r\n")
}

fn lf(text: &str) -> Vec<u8> {
    text.replace("\r\n", "\n").into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn transplant(before: &str, after: &str, target: &str) -> Transplant {
        // libgit2 is set up by its first object, in a program by the repository.
        drop(git2::Config::new().unwrap());
        let change = Change { before: Some(before), after: Some(after) };
        change.onto(Some(target.as_bytes()), false).unwrap()
    }

    #[test]
    fn the_users_lines_stay_out_of_the_committed_version() {
        let moved = transplant("user\na\nb\nc\nd\n", "user\na\nb\nc\nDevika\n", "a\nb\nc\nd\n");
        assert_eq!(moved, Transplant::Text(b"a\nb\nc\nDevika\n".into()));
    }

    #[test]
    fn two_changes_of_one_line_meet() {
        assert_eq!(transplant("user\n", "Devika\n", "committed\n"), Transplant::Overlap);
    }

    #[test]
    fn crlf_on_disk_stays_lf_where_git_has_lf() {
        let moved = transplant("a\r\nb\r\n", "a\r\nDevika\r\n", "a\nb\n");
        assert_eq!(moved, Transplant::Text(b"a\nDevika\n".into()));
    }

    #[test]
    fn crlf_in_git_stays_crlf() {
        let moved = transplant("a\r\nb\r\n", "a\r\nDevika\r\n", "a\r\nb\r\n");
        assert_eq!(moved, Transplant::Text(b"a\r\nDevika\r\n".into()));
    }
}
