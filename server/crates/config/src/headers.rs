//! Headers that the user adds to a provider's requests.

use crate::value::Checked;

/// Where a header's value has the provider's key.
pub(crate) const KEY: &str = "{key}";

/// Words in the names of headers whose values are secrets.
const SECRET: [&str; 6] = ["auth", "cookie", "key", "password", "secret", "token"];

/// Whether it is the name of a header, by RFC 9110.
pub(crate) fn is_name(name: &str) -> bool {
    !name.is_empty()
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b))
}

/// Whether a header holds a secret itself, rather than the place for the provider's key.
pub(crate) fn is_secret(name: &str, value: &str) -> bool {
    let name = name.to_ascii_lowercase();
    SECRET.iter().any(|word| name.contains(word)) && !value.contains(KEY)
}

/// A header's value as a secret where it is one; other values as they are.
pub(crate) fn hidden(path: &[&str], value: Checked) -> Checked {
    match (path, value) {
        (["providers", _, "headers", name], Checked::Text(text)) if is_secret(name, &text) => {
            Checked::Secret(text.into())
        }
        (_, value) => value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_a_secret_by_its_name_unless_it_only_says_where_the_key_goes() {
        assert!(is_secret("X-Gateway-Token", "abc"));
        assert!(is_secret("Authorization", "Basic abc"));
        assert!(!is_secret("api-key", "{key}"));
        assert!(!is_secret("X-Team", "blue"));
    }

    #[test]
    fn a_name_is_a_token() {
        assert!(is_name("X-Team_2"));
        assert!(!["", "a b", "a:", "ä"].iter().any(|name| is_name(name)));
    }
}
