//! Covers what must not leave the machine: keys, and who and where the user is.
//!
//! What is covered keeps its length in bytes. The pipeline counts and cuts by length, so the task
//! is the same in a replay; and a text is covered the same way wherever it is quoted.

use devika_config::secret_places;

/// Shorter values are found by chance.
const MIN_SECRET: usize = 8;

/// Shorter names are found by chance.
const MIN_NAME: usize = 3;

/// Names that say nothing of a person.
const COMMON: [&str; 12] = [
    "root",
    "user",
    "admin",
    "ubuntu",
    "debian",
    "vscode",
    "runner",
    "builder",
    "localhost",
    "git",
    "nobody",
    "devika",
];

/// What is covered besides the known shapes of keys.
#[derive(Clone, Default)]
pub struct Mask {
    home: String,
    names: Vec<(String, &'static str)>,
    secrets: Vec<String>,
}

impl Mask {
    /// Covers the known shapes of keys alone.
    pub fn new() -> Self {
        Self::default()
    }

    /// Covers the path of the user's home with `~`.
    #[must_use]
    pub fn home(mut self, path: &str) -> Self {
        let path = path.trim_end_matches('/');
        path.clone_into(&mut self.home);
        self
    }

    /// Covers a name of the user (login, real name, e-mail address), where it stands as a word.
    #[must_use]
    pub fn user(self, name: &str) -> Self {
        self.name(name, "USER")
    }

    /// Covers the name of the machine, where it stands as a word.
    #[must_use]
    pub fn host(self, name: &str) -> Self {
        self.name(name, "HOST")
    }

    /// Covers a value that must be kept secret.
    #[must_use]
    pub fn secret(mut self, value: &str) -> Self {
        if value.len() >= MIN_SECRET {
            self.secrets.push(value.to_owned());
        }
        self
    }

    fn name(mut self, name: &str, label: &'static str) -> Self {
        if name.len() >= MIN_NAME && !COMMON.contains(&name.to_lowercase().as_str()) {
            self.names.push((name.to_owned(), label));
            // An address before the login that it contains.
            self.names.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
        }
        self
    }

    /// The text with everything covered.
    pub fn cover(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for secret in &self.secrets {
            text = text.replace(secret, &cover("[secret]", '*', secret.len()));
        }
        text = without_pem(&text);
        text = without_shapes(&text);
        if !self.home.is_empty() {
            text = replace_words(&text, &self.home, &cover("~", '_', self.home.len()));
        }
        for (name, label) in &self.names {
            text = replace_words(&text, name, &cover(label, '_', name.len()));
        }
        text
    }
}

/// `label` in exactly `length` bytes.
fn cover(label: &str, fill: char, length: usize) -> String {
    label.chars().chain(std::iter::repeat(fill)).take(length).collect()
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '-'
}

/// Replaces `name` where no longer word contains it.
fn replace_words(text: &str, name: &str, with: &str) -> String {
    let mut done = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(name) {
        let (before, after) = (&rest[..at], &rest[at + name.len()..]);
        done.push_str(before);
        let begins = !name.starts_with(is_word) || !done.ends_with(is_word);
        let ends = !after.starts_with(is_word);
        done.push_str(if begins && ends { with } else { name });
        rest = after;
    }
    done + rest
}

/// Covers what looks like a key or the token of a header; of private keys the inside is covered already.
fn without_shapes(text: &str) -> String {
    let mut done = String::with_capacity(text.len());
    let mut end = 0;
    for place in secret_places(text) {
        if text[place.clone()].starts_with("-----") {
            continue;
        }
        done.push_str(&text[end..place.start]);
        done.push_str(&cover("[key]", '*', place.len()));
        end = place.end;
    }
    done + &text[end..]
}

/// Covers the inside of private keys in PEM form; lines, diff signs and JSON's escapes stay.
fn without_pem(text: &str) -> String {
    const BEGIN: &str = "-----BEGIN ";
    let mut done = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(BEGIN) {
        let inside =
            rest[at + BEGIN.len()..].find("KEY-----").map(|end| at + BEGIN.len() + end + 8);
        let Some(start) = inside.filter(|start| start - at < 60) else {
            let next = at + BEGIN.len();
            done.push_str(&rest[..next]);
            rest = &rest[next..];
            continue;
        };
        let end = rest[start..].find("-----END").map_or(rest.len(), |end| start + end);
        done.push_str(&rest[..start]);
        let mut escaped = false;
        for c in rest[start..end].chars() {
            let covered = !escaped && (c.is_ascii_alphanumeric() || c == '/' || c == '=');
            done.push(if covered { '*' } else { c });
            escaped = !escaped && c == '\\';
        }
        rest = &rest[end..];
    }
    done + rest
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn mask() -> Mask {
        Mask::new()
            .home("/home/ada")
            .user("ada")
            .user("ada@example.org")
            .user("Ada Lovelace")
            .host("analytical")
            .secret("correct horse battery")
    }

    #[test]
    fn home_names_and_addresses_are_covered_where_they_stand_as_words() {
        assert_eq!(
            mask().cover(
                "ada@analytical:/home/ada/x, by Ada Lovelace <ada@example.org>; adaptive /home/adam"
            ),
            "USE@HOST______:~________/x, by USER________ <USER___________>; adaptive /home/adam"
        );
    }

    #[test]
    fn keys_are_covered_by_their_shape() {
        let key = |prefix: &str| format!("{prefix}{}", "a1B2c3D4e5".repeat(4));
        let amazon = format!("AKIA{}", "A1B2C3D4".repeat(2));
        let prefixes =
            ["sk-", "sk-ant-api03-", "AIza", "gsk_", "ghp_", "nfp_", "Bearer ", "BEARER "];
        for planted in prefixes.map(key).into_iter().chain([amazon]) {
            let text = format!("x = \"{planted}\"");
            let covered = mask().cover(&text);
            assert!(!covered.contains("a1B2c3D4e5") && !covered.contains("A1B2C3D4"), "{covered}");
            assert_eq!(covered.len(), text.len());
        }
        for plain in [
            "task-force",
            "sk-learn",
            "risk-averse-and-long-enough-to-be-one",
            "bearer of bad news",
        ] {
            assert_eq!(mask().cover(plain), plain);
        }
    }

    #[test]
    fn a_private_key_keeps_its_lines_and_nothing_else() {
        let pem =
            "-----BEGIN RSA PRIVATE KEY-----\nMIIEow+A/b=\\nQQ\n-----END RSA PRIVATE KEY-----\n";
        assert_eq!(
            mask().cover(pem),
            "-----BEGIN RSA PRIVATE KEY-----\n******+****\\n**\n-----END RSA PRIVATE KEY-----\n"
        );
    }

    proptest! {
        #[test]
        fn nothing_planted_is_left_the_length_stays_and_covering_twice_changes_nothing(
            before in "[ -~\n]{0,40}[ \n:\"]",
            after in "([ \n,\"][ -~\n]{0,40})?",
            what in 0..7_usize,
            body in "[a-zA-Z0-9]{40}",
        ) {
            let planted = match what {
                0 => format!("sk-{body}"),
                1 => format!("AIza{body}"),
                2 => format!("ghp_{body}"),
                3 => format!("Bearer {body}"),
                4 => "/home/ada".to_owned(),
                5 => "correct horse battery".to_owned(),
                _ => "Ada Lovelace".to_owned(),
            };
            let text = format!("{before}{planted}{after}");
            let covered = mask().cover(&text);
            prop_assert!(!covered.contains(&planted), "{covered}");
            prop_assert!(!covered.contains(&body), "{covered}");
            prop_assert_eq!(covered.len(), text.len());
            prop_assert_eq!(mask().cover(&covered), covered);
        }
    }
}
