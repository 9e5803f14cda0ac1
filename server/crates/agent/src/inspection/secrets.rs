//! Secrets in what was added: what looks like a provider's key, a password in an address, and what is
//! given to a name such as `api_key` and looks drawn by lot.

use std::collections::HashMap;
use std::sync::LazyLock;

use devika_config::key_shapes;
use devika_edit::Added;
use regex::Regex;

/// Characters of a value that may be a secret, at the least and at the most.
const LENGTHS: std::ops::RangeInclusive<usize> = 12..=200;

/// Bits of a character, by how often each stands in the value, from which on it looks drawn by lot:
/// words of a language have 2.5 to 3.3, sixteen letters and digits at random about 3.7.
const BITS: f64 = 3.4;

/// Files that hold sums of what others made.
const LOCKS: [&str; 12] = [
    "package-lock.json",
    "npm-shrinkwrap.json",
    "yarn.lock",
    "pnpm-lock.yaml",
    "Cargo.lock",
    "poetry.lock",
    "uv.lock",
    "Pipfile.lock",
    "composer.lock",
    "Gemfile.lock",
    "go.sum",
    "flake.lock",
];

/// What stands in values that only show where one belongs.
const PLACEHOLDERS: [&str; 17] = [
    "example",
    "placeholder",
    "changeme",
    "change-me",
    "change_me",
    "your",
    "dummy",
    "fake",
    "sample",
    "redacted",
    "test",
    "xxxx",
    "0000",
    "1234",
    "abcdef",
    "secret",
    "password",
];

/// The token that the pages about signed tokens show.
const SHOWN_TOKEN: &str = "eyJzdWIiOiIxMjM0NTY3ODkwIiwi";

/// A name, and the text that it is given.
static ASSIGNED: LazyLock<Regex> = LazyLock::new(|| {
    compiled(
        r#"(?i)([a-z0-9_.-]*(?:secret|token|passw(?:or)?d|passphrase|credential|api[_-]?key|access[_-]?key|private[_-]?key|auth[_-]?key|encryption[_-]?key|signing[_-]?key)[a-z0-9_-]*)["'`]?\s*(?::=|=>|=|:)\s*(?:"([^"\s]+)"|'([^'\s]+)'|`([^`\s]+)`|([^\s"'`,;(){}\[\]<>$]+)[,;]?\s*(?:#.*)?$)"#,
    )
});

/// A name and a password in an address, and its host.
static IN_ADDRESS: LazyLock<Regex> = LazyLock::new(|| {
    compiled(r#"(?i)[a-z][a-z0-9+.-]*://[^\s/:@"'`]+:([^\s/@"'`]{8,})@([a-z0-9.-]+)"#)
});

fn compiled(shape: &str) -> Regex {
    Regex::new(shape).expect("a constant that every test of findings compiles")
}

/// A secret where it stands.
pub(super) struct Secret {
    /// The line, counted from 1.
    pub(super) line: usize,
    /// What it looks like.
    pub(super) what: String,
    /// The secret itself, to be hashed.
    pub(super) text: String,
}

/// The secrets in lines that were added to a file.
pub(super) fn of(path: &str, added: &Added) -> Vec<Secret> {
    let is_lock = LOCKS.contains(&path.rsplit('/').next().unwrap_or(path));
    let text = &added.text;
    let mut found: Vec<Secret> = key_shapes(text)
        .into_iter()
        .filter(|key| is_meant(&text[key.range.clone()]))
        .filter(|key| !is_lock || text[key.range.clone()].starts_with("-----"))
        .map(|key| Secret {
            line: added.line + text[..key.range.start].matches('\n').count(),
            what: key.what.to_owned(),
            text: text[key.range].to_owned(),
        })
        .collect();
    if is_lock {
        return found;
    }
    for (at, line) in text.lines().enumerate() {
        let number = added.line + at;
        if found.iter().any(|known| known.line == number) {
            continue;
        }
        let secret = in_address(line).or_else(|| assigned(line));
        found.extend(secret.map(|(what, text)| Secret { line: number, what, text }));
    }
    found
}

/// Whether something that has the shape of a key is one, and not its beginning or an example of it.
fn is_meant(key: &str) -> bool {
    if let Some(rest) = key.strip_prefix("-----BEGIN ") {
        let body = rest.split_once("-----").map_or("", |(_, body)| body);
        let body = body.split("-----END").next().unwrap_or_default();
        return body.chars().filter(char::is_ascii_alphanumeric).count() >= 40
            && !body.to_lowercase().contains("example");
    }
    !is_placeholder(key, &["example", "xxxx", "placeholder", "your", "0000000", "1234567890"])
        && !key.contains(SHOWN_TOKEN)
        && bits(key) >= 3.0
}

fn in_address(line: &str) -> Option<(String, String)> {
    let found = IN_ADDRESS.captures(line)?;
    let (password, host) = (found.get(1)?.as_str(), found.get(2)?.as_str());
    let is_here = matches!(host, "localhost" | "127.0.0.1" | "example.com" | "example.org");
    (!is_here
        && is_mixed(password)
        && !is_placeholder(password, &PLACEHOLDERS)
        && !is_computed(password))
    .then(|| ("a password in an address".to_owned(), password.to_owned()))
}

fn assigned(line: &str) -> Option<(String, String)> {
    let found = ASSIGNED.captures(line)?;
    let name = found.get(1)?.as_str();
    let value = (2..=5).find_map(|group| found.get(group))?.as_str();
    let is_secret = LENGTHS.contains(&value.len())
        && is_mixed(value)
        && bits(value) >= BITS
        && !is_placeholder(value, &PLACEHOLDERS)
        && !is_computed(value)
        && !names_no_secret(name);
    is_secret.then(|| (format!("a value of `{name}` that looks like a secret"), value.to_owned()))
}

/// Names of what is public, or is about secrets.
fn names_no_secret(name: &str) -> bool {
    let name = name.to_lowercase();
    [
        "public", "_url", "_uri", "_path", "_file", "_name", "_id", "hash", "digest", "checksum",
        "sha", "type",
    ]
    .iter()
    .any(|part| name.contains(part))
}

/// Letters and digits both, as what is drawn by lot has.
fn is_mixed(value: &str) -> bool {
    value.bytes().any(|b| b.is_ascii_digit()) && value.bytes().any(|b| b.is_ascii_alphabetic())
}

/// What is filled in later, is an expression, a place, or a number that names something (UUID).
fn is_computed(value: &str) -> bool {
    let is_uuid = value.len() == 36
        && value.bytes().enumerate().all(|(at, b)| match at {
            8 | 13 | 18 | 23 => b == b'-',
            _ => b.is_ascii_hexdigit(),
        });
    let marks = ["${", "{{", "$(", "<", "%(", "://", "::", "->", "()", "..."];
    let is_sum = ["sha1-", "sha256-", "sha384-", "sha512-", "sha256:", "$2a$", "$2b$", "$argon2"];
    is_uuid
        || marks.iter().any(|mark| value.contains(mark))
        || is_sum.iter().any(|sum| value.starts_with(sum))
        || value.starts_with(['/', '.', '~', '$', '%', '@', '&'])
        || is_path_of_names(value)
}

/// `settings.auth.token2` and `user-access-token-v2`: words that are joined.
fn is_path_of_names(value: &str) -> bool {
    let words: Vec<&str> = value.split(['.', '_', '-', '/', ':']).collect();
    let is_word = |word: &&str| {
        let letters = word.trim_end_matches(|c: char| c.is_ascii_digit());
        word.len() - letters.len() <= 2 && letters.bytes().all(|b| b.is_ascii_alphabetic())
    };
    words.len() > 1 && words.iter().all(is_word)
}

fn is_placeholder(value: &str, marks: &[&str]) -> bool {
    let lower = value.to_lowercase();
    marks.iter().any(|mark| lower.contains(mark))
}

/// Shannon's entropy of a character, in bits.
fn bits(value: &str) -> f64 {
    let mut counts: HashMap<char, u32> = HashMap::new();
    for c in value.chars() {
        *counts.entry(c).or_default() += 1;
    }
    let total = f64::from(counts.values().sum::<u32>());
    let part = |count: &u32| f64::from(*count) / total;
    counts.values().map(part).map(|part| -part * part.log2()).sum()
}
