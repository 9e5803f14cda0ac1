//! What a site asks of programs, by RFC 9309.

/// The product that a site's rules name.
const PRODUCT: &str = "devika";

/// Bytes of a file that are read, the least that the RFC demands.
pub(crate) const FILE_BYTES: usize = 500 * 1024;

/// Bytes of one rule's path; a longer one is no path of an address that is read.
const PATH_BYTES: usize = 2048;

/// The rules of one site for Devika.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Rules(Vec<Rule>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Rule {
    allows: bool,
    /// In the one spelling in which paths are compared.
    path: Vec<u8>,
}

impl Rules {
    /// Reads a file. Lines that are none are passed over. The groups that name Devika count, all
    /// together; without one, those for everybody.
    pub(crate) fn parse(file: &[u8]) -> Self {
        let file = &file[..file.len().min(FILE_BYTES)];
        let text = String::from_utf8_lossy(file);
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
        let (mut ours, mut everybodys) = (None::<Vec<Rule>>, Vec::new());
        let mut group = Group::default();
        for (key, value) in text.split(['\r', '\n']).filter_map(key_and_value) {
            if key.eq_ignore_ascii_case("user-agent") {
                group.name(value);
                if group.is_ours {
                    ours.get_or_insert_default();
                }
                continue;
            }
            let allows = match key {
                key if key.eq_ignore_ascii_case("allow") => true,
                key if key.eq_ignore_ascii_case("disallow") => false,
                _ => continue,
            };
            group.has_rules = true;
            let Some(rule) = Rule::new(allows, value) else { continue };
            if group.is_everybodys {
                everybodys.push(rule.clone());
            }
            if group.is_ours {
                ours.get_or_insert_default().push(rule);
            }
        }
        Self(ours.unwrap_or(everybodys))
    }

    /// Whether a path with its query may be read: the longest rule that fits decides, and of two as
    /// long the one that allows.
    pub(crate) fn allow(&self, path: &str) -> bool {
        let path = spelled(path.as_bytes());
        path == b"/robots.txt"
            || self
                .0
                .iter()
                .filter(|rule| fits(&rule.path, &path))
                .max_by_key(|rule| (rule.path.len(), rule.allows))
                .is_none_or(|rule| rule.allows)
    }
}

impl Rule {
    fn new(allows: bool, path: &str) -> Option<Self> {
        let mut path = spelled(path.as_bytes());
        path.dedup_by(|a, b| *a == b'*' && *b == b'*');
        (1..=PATH_BYTES).contains(&path.len()).then_some(Self { allows, path })
    }
}

/// Whom the rules that are being read are for.
#[derive(Default)]
struct Group {
    is_ours: bool,
    is_everybodys: bool,
    /// Whether a rule has come: then the next name begins another group.
    has_rules: bool,
}

impl Group {
    fn name(&mut self, name: &str) {
        if self.has_rules {
            *self = Self::default();
        }
        let is_part = |c: char| c.is_ascii_alphabetic() || c == '-' || c == '_';
        let product = name.split(|c| !is_part(c)).next().unwrap_or_default();
        self.is_ours |= product.eq_ignore_ascii_case(PRODUCT);
        self.is_everybodys |= name.starts_with('*');
    }
}

/// `key: value`, without what follows a `#`.
fn key_and_value(line: &str) -> Option<(&str, &str)> {
    let line = line.split('#').next()?;
    let (key, value) = line.split_once(':')?;
    Some((key.trim(), value.trim()))
}

/// A path in one spelling: unreserved characters as they are, all others as `%` and two capital
/// digits where they were, or are not ASCII.
fn spelled(path: &[u8]) -> Vec<u8> {
    let mut spelled = Vec::with_capacity(path.len());
    let mut rest = path;
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        match (byte, after) {
            (b'%', [high, low, tail @ ..])
                if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() =>
            {
                rest = tail;
                let value = digit(*high) * 16 + digit(*low);
                if value.is_ascii_alphanumeric() || b"-._~".contains(&value) {
                    spelled.push(value);
                } else {
                    spelled.extend([b'%', high.to_ascii_uppercase(), low.to_ascii_uppercase()]);
                }
            }
            (0x21..=0x7e, _) => spelled.push(byte),
            _ => spelled.extend(format!("%{byte:02X}").into_bytes()),
        }
    }
    spelled
}

fn digit(hex: u8) -> u8 {
    match hex {
        b'0'..=b'9' => hex - b'0',
        _ => hex.to_ascii_lowercase() - b'a' + 10,
    }
}

/// Whether a path begins as a rule says, where `*` is anything and `$` at the end is the end.
fn fits(rule: &[u8], path: &[u8]) -> bool {
    let (rule, to_end) = match rule.strip_suffix(b"$") {
        Some(rule) => (rule, true),
        None => (rule, false),
    };
    let (mut r, mut p) = (0, 0);
    // After the last `*`, and what it was taken for up to.
    let mut star = None;
    loop {
        if r == rule.len() && (!to_end || p == path.len()) {
            return true;
        }
        match rule.get(r) {
            Some(b'*') => {
                r += 1;
                star = Some((r, p));
            }
            Some(byte) if path.get(p) == Some(byte) => (r, p) = (r + 1, p + 1),
            _ => match star {
                Some((after, taken)) if taken < path.len() => {
                    star = Some((after, taken + 1));
                    (r, p) = (after, taken + 1);
                }
                _ => return false,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn assert_rules(file: &str, allowed: &[&str], forbidden: &[&str]) {
        let rules = Rules::parse(file.as_bytes());
        for path in allowed {
            assert!(rules.allow(path), "{path} should be allowed by {rules:?}");
        }
        for path in forbidden {
            assert!(!rules.allow(path), "{path} should be forbidden by {rules:?}");
        }
    }

    #[test]
    fn without_rules_all_is_allowed() {
        assert_rules("", &["/", "/a"], &[]);
        assert_rules("User-agent: *\nDisallow:\n", &["/", "/a"], &[]);
        assert_rules("<html>not found</html>", &["/"], &[]);
    }

    #[test]
    fn rules_for_everybody_count_where_none_names_devika() {
        let file = "User-agent: other\nDisallow: /\n\nUser-agent: *\nDisallow: /private/\n";
        assert_rules(file, &["/", "/private"], &["/private/", "/private/a?b"]);
    }

    #[test]
    fn rules_for_devika_count_alone_and_all_together() {
        let file = "user-agent: *\ndisallow: /\n\
                    User-Agent: Devika/2.0 # the agent\nDisallow: /a\n\
                    User-agent: else\nDisallow: /c\n\
                    User-agent: x\nUser-agent: DEVIKA\nDisallow: /b\n";
        assert_rules(file, &["/", "/c"], &["/a", "/b"]);
    }

    #[test]
    fn a_group_for_devika_without_rules_allows_all() {
        assert_rules("User-agent: *\nDisallow: /\nUser-agent: devika\nAllow:", &["/a"], &[]);
        assert_rules("User-agent: devikabot\nDisallow: /\n", &["/a"], &[]);
    }

    #[test]
    fn the_longest_rule_decides_and_allowing_wins_a_tie() {
        let file = "User-agent: *\nDisallow: /docs\nAllow: /docs/public\nDisallow: /docs/public/x\n\
                    Allow: /same\nDisallow: /same\n";
        let allowed = ["/docs/public", "/docs/public/y", "/same"];
        assert_rules(file, &allowed, &["/docs", "/docs/p", "/docs/public/x1"]);
    }

    #[test]
    fn a_star_is_anything_and_a_dollar_is_the_end() {
        let file = "User-agent: *\nDisallow: /*.gif$\nDisallow: /a*b*c\nDisallow: /exact$\n";
        let allowed = ["/x.gif?y", "/a/b", "/acb", "/exactly"];
        assert_rules(file, &allowed, &["/x.gif", "/p/.gif", "/a1b2c3", "/abbc", "/exact"]);
    }

    #[test]
    fn paths_are_compared_in_one_spelling() {
        let file = "User-agent: *\nDisallow: /a%3cd.html\nDisallow: /%7Ejoe/\nDisallow: /ü\n";
        assert_rules(file, &["/a<d.html"], &["/a%3Cd.html", "/~joe/x", "/%7ejoe/x", "/%C3%BC"]);
    }

    #[test]
    fn lines_of_other_kinds_do_not_end_a_group() {
        let file =
            "\u{feff}User-agent: a\rCrawl-delay: 5\r\nUser-agent: *\n\nSitemap: x\nDisallow: /b";
        assert_rules(file, &["/"], &["/b"]);
    }

    #[test]
    fn the_rules_themselves_may_always_be_read() {
        assert_rules("User-agent: *\nDisallow: /\n", &["/robots.txt"], &["/robots.txt2"]);
    }

    #[test]
    fn a_file_without_end_is_read_up_to_its_bound() {
        let mut file = "User-agent: *\nDisallow: /early\n".to_owned();
        file.push_str(&"#".repeat(FILE_BYTES));
        file.push_str("\nDisallow: /late\n");
        assert_rules(&file, &["/late"], &["/early"]);
    }

    proptest! {
        #[test]
        fn no_file_breaks_the_reader(file: Vec<u8>, path in "/[ -~]{0,30}") {
            Rules::parse(&file).allow(&path);
        }

        #[test]
        fn a_rule_without_signs_forbids_what_begins_with_it(
            path in "/[a-z/]{0,10}", other in "/[a-z/]{0,10}"
        ) {
            let rules = Rules::parse(format!("User-agent: *\nDisallow: {path}").as_bytes());
            prop_assert_eq!(rules.allow(&other), !other.starts_with(&path));
        }
    }
}
