//! Addresses of repositories, as people write them into a sentence.

use std::fmt;

/// Bytes of an address at the most.
const LONGEST: usize = 500;

/// What stands around an address in a sentence.
const AROUND: [char; 13] = ['.', ',', ';', ':', '!', '?', '(', ')', '<', '>', '"', '\'', '`'];

/// Where a repository can be cloned from: over https, without a name or a key in the address; over
/// plain http on this very machine alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoteAddress {
    text: String,
    name: String,
}

impl RemoteAddress {
    /// The first address in a text; none where nothing in it looks like one.
    ///
    /// # Errors
    /// Why the one that is there cannot be used, as a sentence.
    pub fn find_in(text: &str) -> Option<Result<Self, String>> {
        let words = text.split_whitespace().map(|word| word.trim_matches(AROUND));
        words.filter(|word| looks_like_one(word)).map(Self::parse).next()
    }

    /// Reads an address.
    ///
    /// # Errors
    /// Why it cannot be used, as a sentence.
    pub fn parse(text: &str) -> Result<Self, String> {
        let refused = |why: &str| Err(format!("`{}` cannot be cloned: {why}", without_key(text)));
        let (scheme, rest) = text.split_once("://").unwrap_or(("", text));
        if !matches!(scheme, "https" | "http") {
            return refused(
                "Devika clones over https. Clone it with git, and open the folder, or give the \
                 address that begins with https://.",
            );
        }
        let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
        if host.contains('@') {
            return refused(
                "there is a name or a key in the address, which Devika must not use. Clone it with \
                 git, and open the folder.",
            );
        }
        if scheme == "http" && !is_this_machine(host) {
            return refused("over http anybody on the way can change it. Give the https address.");
        }
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_.~/+%:[]".contains(c);
        if text.len() > LONGEST || host.is_empty() || !rest.chars().all(plain) {
            return refused("it is no plain address of a repository.");
        }
        let path = path.trim_end_matches('/');
        let last = path.rsplit('/').next().unwrap_or_default();
        let name = last.strip_suffix(".git").unwrap_or(last);
        let is_name = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        if name.is_empty() || name.starts_with(['.', '-']) || !name.chars().all(is_name) {
            return refused("it does not end with the name of a repository.");
        }
        let text = format!("{scheme}://{host}/{path}");
        Ok(Self { text, name: name.to_owned() })
    }

    /// The address, without a slash at its end.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The name of the repository: letters, digits, `-`, `_` and `.`, the first no dot or dash.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl fmt::Display for RemoteAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Whether somebody who wrote this word meant an address: also of kinds that are refused.
fn looks_like_one(word: &str) -> bool {
    let is_scp = word.starts_with("git@") && word.contains(':');
    is_scp
        || ["https://", "http://", "ssh://", "git://", "file://"]
            .iter()
            .any(|s| word.starts_with(s))
}

fn is_this_machine(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    matches!(name, "localhost" | "127.0.0.1" | "[::1]")
}

/// An address to be shown: what stands before an `@` may be a key.
fn without_key(text: &str) -> String {
    let (scheme, rest) = text.split_once("://").unwrap_or(("", text));
    match rest.split_once('@') {
        Some((_, host)) if !scheme.is_empty() => format!("{scheme}://…@{host}"),
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Option<Result<(String, String), String>> {
        let found = RemoteAddress::find_in(text)?;
        Some(found.map(|address| (address.to_string(), address.name().to_owned())))
    }

    #[test]
    fn an_address_is_found_in_a_sentence() {
        for text in [
            "clone https://example.org/a/shop.git",
            "Please clone (https://example.org/a/shop.git), and then build it.",
            "clone https://example.org/a/shop.git/ now",
        ] {
            let shop = ("https://example.org/a/shop.git".to_owned(), "shop".to_owned());
            assert_eq!(found(text), Some(Ok(shop)), "{text}");
        }
        assert_eq!(found("clone the shop"), None);
    }

    #[test]
    fn this_machine_alone_is_asked_without_encryption() {
        assert!(RemoteAddress::parse("http://127.0.0.1:8080/shop").is_ok());
        assert!(RemoteAddress::parse("http://[::1]:8080/shop").is_ok());
        for other in ["http://example.org/shop", "http://127.0.0.1.example.org/shop"] {
            let why = RemoteAddress::parse(other).unwrap_err();
            assert!(why.contains("over http anybody on the way can change it"), "{why}");
        }
    }

    #[test]
    fn what_is_no_plain_https_address_is_refused_with_the_way_out() {
        for other in ["git@example.org:a/b.git", "ssh://example.org/a", "file:///etc"] {
            let why = found(&format!("clone {other}")).unwrap().unwrap_err();
            assert!(why.contains("Devika clones over https"), "{why}");
        }
        for (other, part) in [
            ("https://example.org/a?x=1", "it is no plain address"),
            ("https://example.org/a/..", "it does not end with the name of a repository"),
            ("https://example.org/", "it does not end with the name of a repository"),
            ("https://example.org/.git", "it does not end with the name of a repository"),
        ] {
            let why = RemoteAddress::parse(other).unwrap_err();
            assert!(why.contains(part), "{why}");
        }
    }

    #[test]
    fn a_key_in_an_address_is_neither_used_nor_shown() {
        let why = RemoteAddress::parse("https://me:hunter2@example.org/a").unwrap_err();
        assert!(
            why.starts_with("`https://…@example.org/a` cannot be cloned: there is a name"),
            "{why}"
        );
        assert!(!why.contains("hunter2"), "{why}");
    }
}
