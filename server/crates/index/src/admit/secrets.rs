//! Files that hold secrets.

use std::sync::LazyLock;

use regex::Regex;

/// Names that hold secrets, whole.
const NAMES: [&str; 12] = [
    ".env",
    ".envrc",
    ".npmrc",
    ".netrc",
    "_netrc",
    ".pypirc",
    ".pgpass",
    ".htpasswd",
    ".git-credentials",
    "credentials",
    "terraform.tfstate",
    "terraform.tfstate.backup",
];

/// Extensions of files that hold keys, and values that are set in secret.
const EXTENSIONS: [&str; 14] = [
    "env", "pem", "key", "p12", "pfx", "p8", "ppk", "jks", "keystore", "kdbx", "kdb", "tfvars",
    "gpg", "age",
];

/// What the names of private SSH keys begin with.
const SSH: [&str; 4] = ["id_rsa", "id_dsa", "id_ecdsa", "id_ed25519"];

/// Words in the names of files that hold secrets where the file holds values and no code.
const WORDS: [&str; 5] =
    ["secret", "credential", "service-account", "service_account", "passwords"];
const VALUES: [&str; 9] =
    ["json", "yaml", "yml", "toml", "ini", "properties", "xml", "txt", "conf"];

/// Whether a name, in small letters, says that the file holds secrets.
pub(super) fn in_name(name: &str) -> bool {
    let (stem, extension) = name.rsplit_once('.').unwrap_or((name, ""));
    NAMES.contains(&name)
        || name.starts_with(".env.")
        || EXTENSIONS.contains(&extension)
        || (SSH.iter().any(|key| name.starts_with(key)) && extension != "pub")
        || (VALUES.contains(&extension) && WORDS.iter().any(|word| stem.contains(word)))
}

/// Private keys, and keys of services by what they begin with.
static SHAPES: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?-u)-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY",
        r"|PuTTY-User-Key-File-\d",
        r"|AGE-SECRET-KEY-1[A-Z0-9]{20}",
        r"|\bgh[pousr]_[A-Za-z0-9]{36}",
        r"|\bgithub_pat_[A-Za-z0-9_]{40}",
        r"|\bglpat-[A-Za-z0-9_-]{20}",
        r"|\b(?:AKIA|ASIA)[A-Z0-9]{16}\b",
        r"|\bAIza[A-Za-z0-9_-]{35}",
        r"|\bsk-(?:ant-|proj-|or-)[A-Za-z0-9_-]{32}",
        r"|\bxox[abprs]-[A-Za-z0-9-]{20}",
    ))
    .ok()
});

/// Whether a text holds a key.
pub(super) fn in_text(text: &str) -> bool {
    SHAPES.as_ref().is_some_and(|shapes| shapes.is_match(text))
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_shapes_are_understood() {
        assert!(super::SHAPES.is_some());
    }
}
