//! The functions of a text, as their first lines and the indentation tell them: good enough to name one to
//! a model, in languages that have a word for functions.

use std::cmp::Reverse;
use std::sync::LazyLock;

use regex::Regex;

/// A line that begins a function.
static BEGIN: LazyLock<Regex> = LazyLock::new(|| {
    #[expect(clippy::unwrap_used, reason = "a constant, compiled by every test")]
    Regex::new(
        r"^\s*(?:(?:export|default|pub(?:\([a-z]+\))?|async|static|public|private|protected|unsafe|const)\s+)*(?:def|fn|function|func)\s+(\w+)",
    )
    .unwrap()
});

/// The names of a text's functions, the longest first.
pub(crate) fn longest_first(text: &str) -> Vec<&str> {
    let lines: Vec<&str> = text.lines().collect();
    let begins = lines.iter().enumerate().filter_map(|(at, line)| {
        let name = BEGIN.captures(line)?.get(1)?.as_str();
        Some((length(&lines[at..]), name))
    });
    let mut functions: Vec<(usize, &str)> = begins.collect();
    functions.sort_by_key(|(length, _)| Reverse(*length));
    functions.into_iter().map(|(_, name)| name).collect()
}

/// Lines with something in them that follow a function's first and are indented deeper.
fn length(lines: &[&str]) -> usize {
    let outer = indent(lines[0]);
    let within = lines[1..].iter().filter(|line| !line.trim().is_empty());
    within.take_while(|line| indent(line) > outer).count()
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_are_found_with_and_without_braces_and_the_longest_comes_first() {
        let python = "def a(x): return x\n\n\nclass B:\n    def c(self):\n        y = 1\n\n        return y\n\n    async def d(self):\n        return 1\n";
        assert_eq!(longest_first(python), ["c", "d", "a"]);
        let rust =
            "pub fn a() {}\n\nimpl B {\n    pub(crate) const fn c() -> u8 {\n        1\n    }\n}\n";
        assert_eq!(longest_first(rust), ["c", "a"]);
        assert_eq!(longest_first("export default function f(x) {\n  return x;\n}\n"), ["f"]);
        assert_eq!(longest_first("x = 1\n"), [""; 0]);
    }
}
