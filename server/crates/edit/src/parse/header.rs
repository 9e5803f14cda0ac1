//! Lines that name a file, or ask for one to be deleted or renamed.

use super::path_like::{
    extension, looks_like_path, path_alone, path_in_backticks, path_said, strip_decoration,
};
use crate::Block;

/// A line that names the file of the block after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) path: String,
    pub(super) strength: Strength,
}

/// How surely a line names the file of the block after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Strength {
    /// A sentence with one path in it and a colon at its end.
    Sentence,
    /// A path alone on its line, as a heading, in bold, or plain.
    Alone,
    /// `File: path`.
    Said,
}

/// Words before a colon that say that a file's path follows.
const FILE_WORDS: [&str; 16] = [
    "file",
    "filename",
    "file name",
    "filepath",
    "file path",
    "path",
    "new file",
    "create file",
    "create",
    "modify",
    "update",
    "edit",
    "modified file",
    "updated file",
    "edit file",
    "update file",
];

/// Words of sentences that speak of a file's use, not of its text.
const USE_WORDS: [&str; 12] = [
    "run",
    "running",
    "execute",
    "executing",
    "output",
    "usage",
    "test it",
    "start",
    "install",
    "prints",
    "invoke",
    "call",
];

/// Languages of fences that show commands or their output rather than a file.
const SHELL_LANGUAGES: [&str; 11] = [
    "bash",
    "sh",
    "shell",
    "console",
    "zsh",
    "powershell",
    "cmd",
    "text",
    "output",
    "terminal",
    "shell-session",
];

/// The file that a line names, if it names one.
pub(super) fn header(line: &str) -> Option<Header> {
    let strength = |strength| move |path| Header { path, strength };
    if let Some(path) = said(line) {
        return Some(Header { path, strength: Strength::Said });
    }
    if let Some(path) = path_alone(line) {
        return Some(Header { path, strength: Strength::Alone });
    }
    let trimmed = line.trim().trim_end_matches('*');
    if !trimmed.ends_with(':') || trimmed.len() > 160 {
        return None;
    }
    let lower = trimmed.to_lowercase();
    let words: Vec<&str> = lower.split(|c: char| !c.is_alphanumeric()).collect();
    if USE_WORDS.iter().any(|word| words.contains(word)) {
        return None;
    }
    path_in_backticks(trimmed).map(strength(Strength::Sentence))
}

/// The path in a line such as ``File: `path` ``, `### New file: path`.
fn said(line: &str) -> Option<String> {
    let (word, path) = keyword(line)?;
    let path = FILE_WORDS.contains(&word.as_str()).then(|| path_said(path)).flatten()?;
    let is_plain = word.contains("file") || word == "path" || line.contains('`');
    (is_plain || looks_like_path(&path)).then_some(path)
}

/// The word before a line's first colon, lower-case and bare, and what follows the colon.
fn keyword(line: &str) -> Option<(String, &str)> {
    let (before, after) = line.split_once(':')?;
    if before.len() > 40 || after.starts_with("//") {
        return None;
    }
    Some((strip_decoration(before).to_lowercase(), after.trim()))
}

/// The block in a line such as ``Delete: `path` `` or ``Rename: `old` -> `new` ``.
pub(super) fn action(line: &str) -> Option<Block> {
    let (word, rest) = keyword(line)?;
    match word.as_str() {
        "delete" | "delete file" | "remove" | "remove file" | "deleted file" => {
            named(rest).map(|path| Block::Delete { path })
        }
        "rename" | "rename file" | "move" | "move file" => {
            let (from, to) = [" -> ", " → ", " => ", " to ", "->"]
                .iter()
                .find_map(|arrow| rest.split_once(arrow))?;
            Some(Block::Rename { from: named(from)?, to: named(to)? })
        }
        _ => None,
    }
}

/// A path in backticks, or one that looks like nothing else.
fn named(text: &str) -> Option<String> {
    let text = text.trim().trim_matches('*').trim().trim_end_matches('.');
    if text.len() > 2 && text.starts_with('`') && text.ends_with('`') {
        return path_said(text);
    }
    path_alone(text)
}

/// Whether a fence of `language` can be the text of the file at `path` that a header names.
pub(super) fn fits(header: &Header, language: &str) -> bool {
    let language = language.to_ascii_lowercase();
    if header.strength == Strength::Said || !SHELL_LANGUAGES.contains(&language.as_str()) {
        return true;
    }
    match extension(&header.path) {
        Some(extension) => {
            matches!(extension, "sh" | "bash" | "zsh" | "ps1" | "cmd" | "bat" | "txt" | "text")
        }
        None => true,
    }
}

/// The path in the info string of a fence: `python hello.py`, `hello.py`, `python:hello.py`,
/// `python title="hello.py"`, ``File: `hello.py` ``.
pub(super) fn path_in_info(info: &str) -> Option<String> {
    if let Some(path) = said(info) {
        return Some(path);
    }
    info.split_whitespace().find_map(|word| {
        let word = word.trim_matches(['{', '}', '(', ')', '[', ']']);
        let value = word.split_once('=').map_or(word, |(_, value)| value);
        let value = value.trim_matches(['"', '\'']);
        path_alone(value)
            .filter(|path| !path.contains(':'))
            .or_else(|| value.split_once(':').and_then(|(_, path)| path_alone(path)))
    })
}

/// The path in a comment such as `# hello.py` or `<!-- File: index.html -->` that is a file's
/// first line.
pub(super) fn path_in_comment(line: &str) -> Option<String> {
    let line = line.trim();
    let inner = ["#", "//", "--", ";", "/*", "<!--", "\"\"\""]
        .iter()
        .find_map(|mark| line.strip_prefix(mark))?;
    let inner = ["*/", "-->", "\"\"\""]
        .iter()
        .find_map(|mark| inner.trim_end().strip_suffix(mark))
        .unwrap_or(inner)
        .trim();
    said(inner)
        .filter(|path| looks_like_path(path))
        .or_else(|| path_alone(inner).filter(|path| extension(path).is_some()))
}
