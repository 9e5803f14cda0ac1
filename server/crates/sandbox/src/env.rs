//! The environment that commands get: what toolchains need, without the user's secrets.

use std::collections::BTreeMap;

/// Names taken over from the user's environment; a `*` at the end stands for any rest.
///
/// `HOME` is among them because toolchains keep their caches and settings there.
const TAKEN: [&str; 9] =
    ["PATH", "HOME", "LANG", "LC_*", "TZ", "TMPDIR", "USER", "LOGNAME", "SHELL"];

/// Names we set: no colours, no byte-code litter in the workspace, and nobody to answer questions.
const SET: [(&str, &str); 3] = [("TERM", "dumb"), ("PYTHONDONTWRITEBYTECODE", "1"), ("CI", "1")];

/// The environment for commands, drawn from `captured`, the user's own.
///
/// Holds `PATH`, `HOME`, `LANG`, `LC_*`, `TZ`, `TMPDIR`, `USER`, `LOGNAME` and `SHELL` as they are,
/// `TERM=dumb`, `PYTHONDONTWRITEBYTECODE=1`, `CI=1`, and what `allow` names, either exactly
/// (`CARGO_HOME`; this also brings back the user's own `TERM` or `CI`) or by a pattern with `*`
/// (`npm_config_*`). Patterns never bring in names that look like secrets, such as `*_KEY`,
/// `*_TOKEN`, `*SECRET*`, `*PASSWORD*`, `*_CREDENTIALS` or `SSH_AUTH_SOCK`: those have to be named
/// exactly.
#[must_use]
pub fn base_env(captured: &BTreeMap<String, String>, allow: &[String]) -> BTreeMap<String, String> {
    let by_pattern = |name: &str| {
        let patterns = allow.iter().map(String::as_str).chain(TAKEN);
        !is_set_by_us(name) && !looks_secret(name) && patterns.into_iter().any(|p| matches(p, name))
    };
    let named = |name: &str| allow.iter().any(|allowed| allowed == name);

    let mut env: BTreeMap<_, _> =
        SET.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    for (name, value) in captured {
        if named(name) || by_pattern(name) {
            env.insert(name.clone(), value.clone());
        }
    }
    env
}

fn is_set_by_us(name: &str) -> bool {
    SET.iter().any(|(set, _)| *set == name)
}

/// Whether a variable of this name holds a secret, as far as its name tells: `*_KEY`, `*_TOKEN`,
/// `*SECRET*`, `*PASSWORD*` and the like.
#[must_use]
pub fn looks_secret(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    let last_word = name.rsplit('_').next().unwrap_or(&name);
    name == "SSH_AUTH_SOCK"
        || ["SECRET", "PASSWORD", "PASSWD", "PASSPHRASE", "APIKEY"].iter().any(|w| name.contains(w))
        || ["KEY", "TOKEN", "CREDENTIAL", "CREDENTIALS"].contains(&last_word)
}

/// Whether `pattern`, in which each `*` stands for any text, matches the whole of `name`.
fn matches(pattern: &str, name: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else { return pattern == name };
    let Some(name) = name.strip_prefix(start) else { return false };
    (0..=name.len()).filter_map(|at| name.get(at..)).any(|tail| matches(rest, tail))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn env<const N: usize>(pairs: [(&str, &str); N]) -> BTreeMap<String, String> {
        pairs.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    }

    fn allow<const N: usize>(names: [&str; N]) -> Vec<String> {
        names.map(str::to_owned).to_vec()
    }

    fn names(env: &BTreeMap<String, String>) -> Vec<&str> {
        env.keys().map(String::as_str).filter(|name| !is_set_by_us(name)).collect()
    }

    #[test]
    fn commands_get_what_toolchains_need_and_a_dumb_terminal() {
        let user = env([
            ("PATH", "/bin"),
            ("HOME", "/home/ada"),
            ("LC_ALL", "C.UTF-8"),
            ("TERM", "xterm"),
            ("EDITOR", "vi"),
        ]);
        assert_eq!(
            base_env(&user, &[]),
            env([
                ("PATH", "/bin"),
                ("HOME", "/home/ada"),
                ("LC_ALL", "C.UTF-8"),
                ("TERM", "dumb"),
                ("PYTHONDONTWRITEBYTECODE", "1"),
                ("CI", "1"),
            ])
        );
    }

    #[test]
    fn more_is_let_in_by_name_and_by_pattern() {
        let user = env([("CARGO_HOME", "a"), ("npm_config_cache", "b"), ("npm_x", "c")]);
        let env = base_env(&user, &allow(["CARGO_HOME", "npm_config_*"]));
        assert_eq!(names(&env), ["CARGO_HOME", "npm_config_cache"]);
    }

    #[test]
    fn a_pattern_lets_no_secret_in() {
        let user = env([
            ("ACME_API_KEY", "x"),
            ("ACME_TOKEN", "x"),
            ("GOOGLE_APPLICATION_CREDENTIALS", "x"),
            ("LC_MY_SECRET_THING", "x"),
            ("PGPASSWORD", "x"),
            ("SSH_AUTH_SOCK", "x"),
            ("acme_token", "x"),
            ("ACME_KEYBOARD", "us"),
        ]);
        assert_eq!(names(&base_env(&user, &allow(["*"]))), ["ACME_KEYBOARD"]);
    }

    #[test]
    fn a_secret_that_is_named_exactly_is_let_in() {
        let user = env([("ACME_TOKEN", "x"), ("OTHER_TOKEN", "y")]);
        assert_eq!(names(&base_env(&user, &allow(["ACME_TOKEN", "*"]))), ["ACME_TOKEN"]);
    }

    #[test]
    fn the_users_own_terminal_is_let_in_only_by_its_exact_name() {
        let user = env([("TERM", "xterm")]);
        let term = |allowed: &str| base_env(&user, &allow([allowed])).remove("TERM");
        assert_eq!(term("TERM"), Some("xterm".to_owned()));
        assert_eq!(term("*"), Some("dumb".to_owned()));
    }
}
