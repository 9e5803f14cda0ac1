//! Lines that stand for text a model left out: `...`, `// rest unchanged`.

/// Comment marks in front, the longer ones first.
const MARKS: [&str; 10] = ["<!--", "{/*", "//", "/*", "--", "\"\"\"", "#", ";", "%", "*"];
const END_MARKS: [&str; 4] = ["*/}", "-->", "*/", "\"\"\""];

/// Words that, beside dots, say that something was left out.
const LEFT_OUT_WORDS: [&str; 16] = [
    "rest",
    "existing",
    "unchanged",
    "remaining",
    "other",
    "others",
    "same",
    "omitted",
    "previous",
    "code",
    "keep",
    "implementation",
    "before",
    "above",
    "below",
    "truncated",
];

/// A line of nothing but dots. In Python and some other languages it may also be code.
pub(crate) fn is_dots(line: &str) -> bool {
    let line = line.trim();
    let only_dots = line.chars().all(|c| matches!(c, '.' | '…' | ' '));
    only_dots && (line.contains("...") || line.contains('…'))
}

/// A comment that stands for text left out.
pub(crate) fn is_remark(line: &str) -> bool {
    let line = line.trim();
    let bracketed = (line.starts_with('[') && line.ends_with(']'))
        || (line.starts_with('(') && line.ends_with(')'));
    let inner = match MARKS.iter().find_map(|mark| line.strip_prefix(mark)) {
        Some(inner) => inner,
        None if bracketed || line.starts_with("...") || line.starts_with('…') => line,
        None => return false,
    };
    let inner = END_MARKS.iter().find_map(|mark| inner.strip_suffix(mark)).unwrap_or(inner).trim();
    if is_dots(inner) {
        return true;
    }
    let lower = inner.trim_matches(['[', ']', '(', ')']).to_lowercase();
    let words: Vec<&str> =
        lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let dots = lower.starts_with("...")
        || lower.ends_with("...")
        || lower.starts_with('…')
        || lower.ends_with('…');
    if words.len() > 10 {
        return false;
    }
    (dots && words.iter().any(|word| LEFT_OUT_WORDS.contains(word)))
        || starts_with(&words, &["rest", "of", "the"])
        || starts_with(&words, &["rest", "of", "code"])
        || starts_with(&words, &["existing", "code"])
        || starts_with(&words, &["remaining", "code"])
        || matches!(words[..], ["rest", "unchanged"] | ["unchanged"] | ["same", "as", "before"])
        || (words.first() == Some(&"rest") && words.last() == Some(&"unchanged"))
        || (words.ends_with(&["remains", "unchanged"])
            || words.ends_with(&["remains", "the", "same"]))
}

fn starts_with(words: &[&str], start: &[&str]) -> bool {
    words.starts_with(start)
}

/// Either.
pub(crate) fn is_elision(line: &str) -> bool {
    is_dots(line) || is_remark(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_and_remarks_stand_for_text_left_out() {
        for line in [
            "...",
            "    ...",
            "…",
            "# ...",
            "// ... existing code ...",
            "/* ... */",
            "<!-- rest of the page -->",
            "# rest unchanged",
            "// Rest of the function unchanged",
            "{/* ... other props ... */}",
            "-- ...",
            "# ... (rest of the code remains the same)",
            "[... rest of file ...]",
            "// ... keep existing methods",
        ] {
            assert!(is_elision(line), "{line}");
        }
    }

    #[test]
    fn ordinary_code_and_comments_do_not() {
        for line in [
            "",
            "x = 1",
            "# returns the text unchanged if empty",
            "print('...')",
            "foo(...)",
            "# Loading...",
            "// wait for the rest of it",
            "def f(self): ...",
            "# the other branch",
            "#!/usr/bin/env python",
            "- ... and so on",
        ] {
            assert!(!is_elision(line), "{line}");
        }
    }
}
