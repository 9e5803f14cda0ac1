//! What a step added, looked through before it is committed: secrets, markers of conflicts, bytes that
//! are no text, huge files, and headers of licences. A secret itself is never part of what is found.

mod licences;
mod secrets;

use devika_config::CommitChecks;
use devika_edit::{Added, added};
use devika_vcs::CommitFile;
use sha2::{Digest, Sha256};

/// Digits of a finding's hash: enough to tell findings apart, and too few to find a secret by.
const DIGITS: usize = 12;

/// Findings of a file at the most: the first few say what is wrong with it.
const MOST: usize = 20;

/// Something that may not be meant to be in the history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Finding {
    /// The file, relative to the root.
    pub(crate) path: String,
    /// The line, counted from 1; none for the whole file.
    pub(crate) line: Option<usize>,
    /// What it is, without what is to be kept secret: `a token of GitHub`.
    pub(crate) what: String,
    /// Names it, wherever it stands in the file.
    pub(crate) hash: String,
}

impl Finding {
    /// `a.py:3: a token of GitHub (finding 4f0c1d2e3a5b)`
    pub(crate) fn in_words(&self) -> String {
        let Self { path, what, hash, .. } = self;
        match self.line {
            Some(line) => format!("{path}:{line}: {what} (finding {hash})"),
            None => format!("{path}: {what} (finding {hash})"),
        }
    }
}

/// What is found in what the step added, without what the configuration allows.
pub(crate) fn inspect(files: &[CommitFile], checks: &CommitChecks) -> Vec<Finding> {
    if !checks.on {
        return Vec::new();
    }
    let found = files.iter().flat_map(|file| of_file(file, checks));
    found.filter(|finding| !checks.allowed.contains(&finding.hash)).collect()
}

fn of_file(file: &CommitFile, checks: &CommitChecks) -> Vec<Finding> {
    let Some(after) = &file.after else { return Vec::new() };
    let finding = |line, what: &str, of: &str| Finding {
        path: file.path.clone(),
        line,
        what: what.to_owned(),
        hash: hash(&file.path, what, of),
    };
    let added = added(file.before.as_deref().unwrap_or_default(), after);
    let bytes: usize = added.iter().map(|added| added.text.len()).sum();
    if bytes > checks.file_bytes {
        let what = format!("{} kB are added to it (`git.file_kb`)", bytes.div_ceil(1 << 10));
        return vec![finding(None, &what, "")];
    }
    if added.iter().any(|added| added.text.contains('\0')) {
        return vec![finding(None, "bytes that are no text", &hash("", "", after))];
    }
    let mut found = Vec::new();
    for added in &added {
        found.extend(
            markers(added)
                .map(|(line, marker)| finding(Some(line), "the marker of a conflict", marker)),
        );
        found.extend(
            secrets::of(&file.path, added)
                .into_iter()
                .map(|secret| finding(Some(secret.line), &secret.what, &secret.text)),
        );
        found.extend(licences::of(added, &checks.licences).into_iter().map(|(line, licence)| {
            finding(Some(line), &format!("the header of a licence: {licence}"), "")
        }));
    }
    found.sort_by_key(|finding| finding.line);
    found.dedup();
    found.truncate(MOST);
    found
}

/// Lines that git puts into a file that it could not merge. The one in the middle is left out: it
/// underlines headings, too, and is never alone.
fn markers(added: &Added) -> impl Iterator<Item = (usize, &str)> {
    let is_marker = |line: &str| {
        ["<<<<<<< ", ">>>>>>> ", "||||||| "].iter().any(|marker| line.starts_with(marker))
    };
    let lines = added.text.lines().enumerate().filter(move |(_, line)| is_marker(line));
    lines.map(|(at, line)| (added.line + at, line))
}

/// Names several findings together.
pub(crate) fn digest_of(found: &[Finding]) -> String {
    let hashes: Vec<&str> = found.iter().map(|finding| finding.hash.as_str()).collect();
    hash("", "", &hashes.join(" "))
}

/// Of a finding, not of where it stands in the file: lines move.
fn hash(path: &str, what: &str, of: &str) -> String {
    let mut digest = Sha256::new();
    for part in [path, what, of] {
        digest.update((part.len() as u64).to_le_bytes());
        digest.update(part.as_bytes());
    }
    let digits: String = digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    digits[..DIGITS].to_owned()
}

#[cfg(test)]
mod tests;
