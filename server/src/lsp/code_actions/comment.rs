//! Comments to Devika, and notes of what is still to be done, in whatever language a file is.

/// Lines of a comment at the most.
pub(super) const MOST_LINES: usize = 8;

/// What a comment to Devika begins with, in any case.
const NAME: &str = "devika:";

/// What comments begin with, and what ends them, where they do not end with their line.
const LEADERS: [(&str, Option<&str>); 15] = [
    ("//", None),
    ("#", None),
    ("--", None),
    (";", None),
    ("%", None),
    ("/*", Some("*/")),
    ("<!--", Some("-->")),
    ("(*", Some("*)")),
    ("{-", Some("-}")),
    ("{#", Some("#}")),
    ("*", Some("*/")),
    ("!", None),
    ("\"", None),
    ("'", None),
    ("..", None),
];

/// Leaders that are something else within a line.
const AT_START: [&str; 5] = ["*", "!", "\"", "'", ".."];

/// What says that something is still to be done, besides `TODO` and `FIXME`.
const LEFT_OPEN: [&str; 6] = [
    "todo!(",
    "unimplemented!(",
    "NotImplementedError",
    "NotImplementedException",
    "UnsupportedOperationException",
    "not implemented",
];

/// A comment to Devika.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Comment {
    /// What it says, on one line.
    pub(super) words: String,
}

/// Whether a comment to Devika begins in a line.
pub(super) fn is_to_devika(line: &str) -> bool {
    beginning_at(&[line]).is_some()
}

/// The comment to Devika that the line at `at` belongs to.
pub(super) fn to_devika(lines: &[&str], at: usize) -> Option<Comment> {
    let first = at.saturating_sub(MOST_LINES - 1);
    (first..=at.min(lines.len().checked_sub(1)?)).rev().find_map(|start| {
        let (words, length) = beginning_at(&lines[start..])?;
        (start + length > at).then_some(Comment { words })
    })
}

/// What the comment says that begins in the first of these lines, and how many lines it has.
fn beginning_at(lines: &[&str]) -> Option<(String, usize)> {
    let line = *lines.first()?;
    let name = line.to_ascii_lowercase().find(NAME)?;
    let leader = Leader::before(&line[..name])?;
    let mut words = line[name + NAME.len()..].trim().to_owned();
    let mut length = 1;
    for line in lines.iter().take(MOST_LINES).skip(1) {
        if leader.ends(&words) {
            break;
        }
        let Some(more) = leader.continued(line) else { break };
        words.push(' ');
        words.push_str(more);
        length += 1;
    }
    if let Some(end) = leader.end {
        let own = words.split(end).next().unwrap_or_default();
        words = own.trim_end_matches('*').to_owned();
    }
    let words = words.trim().to_owned();
    (!words.is_empty()).then_some((words, length))
}

/// What a comment begins with.
struct Leader<'l> {
    /// As it stands there: `///`, `#`, `<!--`.
    word: &'l str,
    end: Option<&'static str>,
    /// Whether nothing is before it in its line.
    at_start: bool,
}

impl<'l> Leader<'l> {
    /// The leader at the end of what stands before the name.
    fn before(head: &'l str) -> Option<Self> {
        let head = head.trim();
        let word = head.rsplit(char::is_whitespace).next()?;
        let at_start = head == word;
        let (leader, end) = LEADERS.iter().find(|(leader, _)| word.starts_with(leader))?;
        let is_code = word.chars().any(char::is_alphanumeric);
        let fits = !is_code && (at_start || !AT_START.contains(leader));
        fits.then_some(Self { word, end: *end, at_start })
    }

    /// Whether the comment ends within these words.
    fn ends(&self, words: &str) -> bool {
        self.end.is_some_and(|end| words.contains(end))
    }

    /// What the next line says of the same comment.
    fn continued<'t>(&self, line: &'t str) -> Option<&'t str> {
        let line = line.trim();
        let rest = match self.end {
            Some(_) => line.strip_prefix("* ").unwrap_or(line),
            None => line.strip_prefix(self.word).filter(|_| self.at_start)?.trim(),
        };
        let is_another = rest.to_ascii_lowercase().starts_with(NAME);
        (!rest.is_empty() && !is_another).then_some(rest)
    }
}

/// Whether a line says that something is still to be done.
pub(super) fn is_left_open(line: &str) -> bool {
    let mut words = line.split(|c: char| !c.is_alphanumeric());
    words.any(|word| matches!(word, "TODO" | "FIXME"))
        || LEFT_OPEN.iter().any(|open| line.contains(open))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str, at: usize) -> Option<String> {
        let lines: Vec<&str> = text.lines().collect();
        to_devika(&lines, at).map(|comment| comment.words)
    }

    #[test]
    fn a_comment_of_any_language_speaks_to_devika() {
        for line in [
            "# devika: add a flag",
            "    // Devika: add a flag",
            "/// devika: add a flag",
            "x = 1  # devika:add a flag",
            "-- DEVIKA: add a flag",
            ";; devika: add a flag",
            "% devika: add a flag",
            "/* devika: add a flag */",
            "/** devika: add a flag **/",
            "<!-- devika: add a flag -->",
            "(* devika: add a flag *)",
            "{- devika: add a flag -}",
            "{# devika: add a flag #}",
            "\" devika: add a flag",
            "' devika: add a flag",
            " * devika: add a flag",
        ] {
            assert_eq!(words(line, 0).as_deref(), Some("add a flag"), "{line}");
        }
    }

    #[test]
    fn code_and_text_do_not() {
        for line in [
            "print(\"devika: add a flag\")",
            "devika: add a flag",
            "let a = 'devika: x';",
            "a * devika: x",
            "# devika:",
            "# for devika",
        ] {
            assert_eq!(words(line, 0), None, "{line}");
        }
    }

    #[test]
    fn a_comment_goes_on_in_the_lines_below_and_is_found_from_each() {
        let text = "code\n# devika: add a flag\n#   that prints JSON\n\n# another comment\n";
        for at in [1, 2] {
            assert_eq!(words(text, at).as_deref(), Some("add a flag that prints JSON"));
        }
        for at in [0, 3, 4] {
            assert_eq!(words(text, at), None, "line {at}");
        }
        let block = "/* devika: add\n * a flag\n */\ncode\n";
        assert_eq!(words(block, 1).as_deref(), Some("add a flag"));
        assert_eq!(words(block, 3), None);
        let two = "# devika: one\n# devika: two\n";
        assert_eq!((words(two, 0), words(two, 1)), (Some("one".into()), Some("two".into())));
    }

    #[test]
    fn what_is_left_open_is_told_from_what_only_sounds_so() {
        for open in ["# TODO: x", "// FIXME", "    todo!()", "raise NotImplementedError"] {
            assert!(is_left_open(open), "{open}");
        }
        for done in ["todos = []", "TODOS", "implemented"] {
            assert!(!is_left_open(done), "{done}");
        }
    }
}
