//! Whether a piece of text looks like the path of a file.

/// Files that have no extension and are known by name.
const BARE_NAMES: [&str; 14] = [
    "makefile",
    "dockerfile",
    "license",
    "readme",
    "procfile",
    "gemfile",
    "rakefile",
    "justfile",
    "jenkinsfile",
    "vagrantfile",
    "changelog",
    "codeowners",
    "containerfile",
    "notice",
];

/// Names of languages that look like files.
const LANGUAGES: [&str; 6] = ["node.js", "vue.js", "asp.net", "next.js", "three.js", "d3.js"];

/// The path in `text` where it is one and nothing else, without quotes, emphasis and colons.
pub(super) fn path_alone(text: &str) -> Option<String> {
    let bare = strip_decoration(text);
    looks_like_path(bare).then(|| bare.to_owned())
}

/// The path in `text`, where the writer said that it is one (after `File:` or in a fence's info).
pub(super) fn path_said(text: &str) -> Option<String> {
    if let Some((_, rest)) = text.split_once('`')
        && let Some((inside, _)) = rest.split_once('`')
    {
        return usable(inside.trim());
    }
    let bare = strip_decoration(text);
    let bare = bare.split_once(" (").map_or(bare, |(path, _)| strip_decoration(path));
    usable(bare)
}

fn usable(path: &str) -> Option<String> {
    let said = !path.is_empty()
        && path.len() < 512
        && !path.contains(['`', '"', '<', '>', '|', '*', '?'])
        && (!path.contains(char::is_whitespace) || looks_like_file(path));
    said.then(|| path.to_owned())
}

fn looks_like_file(path: &str) -> bool {
    path.split_whitespace().count() <= 4 && extension(path).is_some()
}

/// The one path-like piece of text in backticks in a line, if there is exactly one.
pub(super) fn path_in_backticks(line: &str) -> Option<String> {
    let mut quoted = line.split('`').skip(1).step_by(2).filter(|piece| looks_like_path(piece));
    match (quoted.next(), quoted.next()) {
        (Some(path), None) => Some(path.to_owned()),
        _ => None,
    }
}

/// Whether `text` could only be a file's path: no spaces, and an extension or a known name.
pub(super) fn looks_like_path(text: &str) -> bool {
    let clean = !text.is_empty()
        && text.len() < 256
        && !text.contains(char::is_whitespace)
        && !text.contains("://")
        && !text.contains(['(', ')', '<', '>', '"', '\'', '=', ',', ';', '`', '*', '?', '|', '$'])
        && !text.ends_with(['.', ':', '/', '\\']);
    if !clean || LANGUAGES.contains(&text.to_ascii_lowercase().as_str()) {
        return false;
    }
    let name = text.rsplit(['/', '\\']).next().unwrap_or(text);
    BARE_NAMES.contains(&name.to_ascii_lowercase().as_str())
        || extension(name).is_some()
        || (name.starts_with('.') && name.len() > 2 && name[1..].chars().all(is_name_char))
}

fn is_name_char(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '-' | '.')
}

/// The extension of a file's name: 1 to 10 letters and digits, not all digits.
pub(super) fn extension(name: &str) -> Option<&str> {
    let (stem, extension) = name.rsplit_once('.')?;
    let plausible = !stem.is_empty()
        && (1..=10).contains(&extension.len())
        && extension.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        && extension.chars().any(|c| c.is_ascii_alphabetic());
    plausible.then_some(extension)
}

/// `text` without the marks of headings, lists, emphasis, quotes and closing colons around it.
pub(super) fn strip_decoration(text: &str) -> &str {
    let mut bare = text.trim();
    bare = bare.trim_start_matches('#').trim_start();
    bare = bare.strip_prefix("- ").or_else(|| bare.strip_prefix("* ")).unwrap_or(bare);
    bare = strip_number(bare);
    loop {
        let next = bare
            .trim()
            .trim_matches(['*', '`', '"', '\''])
            .trim_end_matches(':')
            .trim_matches(['*', '`', '"', '\'']);
        if next == bare {
            return bare;
        }
        bare = next;
    }
}

/// `text` without a list's number (`1. `, `2) `) in front.
fn strip_number(text: &str) -> &str {
    let rest = text.trim_start_matches(|c: char| c.is_ascii_digit());
    if rest.len() == text.len() {
        return text;
    }
    rest.strip_prefix(". ").or_else(|| rest.strip_prefix(") ")).unwrap_or(text).trim_start()
}
