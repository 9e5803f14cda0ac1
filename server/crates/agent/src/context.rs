//! The bounded context a model gets: the list of files, the files themselves, the conversation.

use std::fmt::Write as _;

use devika_edit::RelPath;
use devika_llm::{Limits, Message, Request, Role, Schema};

use crate::prompts;
use crate::snapshot::Snapshot;

/// Paths that are listed at the most.
const MAX_LISTED: usize = 400;

/// Characters of the list of files at the most.
const MAX_LISTING: usize = 6_000;

/// Characters a token, for estimates; code has fewer than prose.
const CHARS_A_TOKEN: usize = 4;

/// What every request of a task begins with, to the letter, so that the provider's cache holds: the
/// project's files, the task, and what the user answered to questions.
///
/// The planner's answer is no part of it: a small model that has answered in JSON goes on in JSON
/// (measured with 1.5 billion parameters: it never came to write a file).
#[derive(Debug, Clone)]
pub(crate) struct Opening(String);

impl Opening {
    /// Begins with what is known at the start.
    pub(crate) fn new(text: String) -> Self {
        Self(text)
    }

    /// Adds what has become known.
    pub(crate) fn add(&mut self, text: &str) {
        self.0.push_str("\n\n");
        self.0.push_str(text);
    }

    /// Whether it holds a text word for word. What it quotes is not quoted again after it: a small
    /// model gives back unchanged what it has seen twice.
    pub(crate) fn holds(&self, text: &str) -> bool {
        self.0.contains(text)
    }

    /// A request that begins with the opening and ends with `instruction`.
    pub(crate) fn request(
        &self,
        instruction: &str,
        max_tokens: u32,
        schema: Option<Schema>,
    ) -> Request {
        let text = format!("{}\n\n{}", self.0.trim_end(), instruction.trim());
        request(text, max_tokens, schema)
    }
}

/// A request of one message.
pub(crate) fn request(text: String, max_tokens: u32, schema: Option<Schema>) -> Request {
    Request {
        system: prompts::SYSTEM.trim_end().to_owned(),
        messages: vec![Message { role: Role::User, text }],
        schema,
        max_tokens,
    }
}

/// Goes on with a request: the model's answer, and what is said to it.
pub(crate) fn go_on(request: &mut Request, answer: String, reply: String) {
    request.messages.push(Message { role: Role::Assistant, text: answer });
    request.messages.push(Message { role: Role::User, text: reply });
}

/// The estimated size of a request, in tokens.
pub(crate) fn tokens_of(request: &Request) -> u64 {
    let chars: usize = request.messages.iter().map(|message| message.text.len()).sum();
    ((request.system.len() + chars).div_ceil(CHARS_A_TOKEN)) as u64
}

/// Characters of files that a request may carry, with room left for the answer and for what is
/// fixed.
pub(crate) fn file_budget(limits: Limits, answer_tokens: u32) -> usize {
    let fixed = 1_500;
    let tokens = limits.context.saturating_sub(answer_tokens + fixed) as usize;
    // Past this a model loses the thread long before its context is full.
    (tokens * 3).min(120_000)
}

/// The project's files, a path a line.
pub(crate) fn listing(paths: &[RelPath]) -> String {
    if paths.is_empty() {
        return "(none yet)".to_owned();
    }
    let mut text = String::new();
    for (index, path) in paths.iter().enumerate() {
        if text.len() > MAX_LISTING {
            let _infallible = write!(text, "({} more)", paths.len() - index);
            break;
        }
        let _infallible = writeln!(text, "{path}");
    }
    text.trim_end().to_owned()
}

/// Whether the files are too many to be listed.
pub(crate) fn are_many(paths: &[RelPath]) -> bool {
    let length: usize = paths.iter().map(|path| path.as_str().len() + 1).sum();
    paths.len() >= MAX_LISTED || length > MAX_LISTING
}

/// The paths that a person would call the project's.
pub(crate) fn paths(snapshot: &Snapshot) -> Vec<RelPath> {
    snapshot.list(MAX_LISTED)
}

/// The files whose path or name the user's words contain.
pub(crate) fn mentioned(text: &str, paths: &[RelPath]) -> Vec<RelPath> {
    let words: Vec<&str> = text
        .split(|c: char| !(c.is_alphanumeric() || "._-/".contains(c)))
        .map(|word| word.trim_end_matches('.').trim_start_matches("./"))
        .collect();
    // Tools print absolute paths.
    let is_it = |word: &str, path: &RelPath| {
        word == path.file_name()
            || word
                .strip_suffix(path.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.ends_with('/'))
    };
    let named = |path: &&RelPath| words.iter().any(|word| is_it(word, path));
    paths.iter().filter(named).cloned().collect()
}

/// Names in a text that can only be those of code: with an underscore or a capital inside, or followed
/// by a parenthesis. Three at the most.
pub(crate) fn symbols(text: &str) -> Vec<String> {
    let mut symbols: Vec<String> = Vec::new();
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    let mut rest = text;
    while let Some(start) = rest.find(is_part) {
        let word = &rest[start..];
        let end = word.find(|c| !is_part(c)).unwrap_or(word.len());
        let (name, after) = word.split_at(end);
        // Part of a path or of a file's name.
        let in_path = rest[..start].ends_with(['/', '.'])
            || after.starts_with(['/', '.']) && after.len() > 1 && after[1..].starts_with(is_part);
        let inner_capital =
            name.chars().skip(1).any(char::is_uppercase) && name.chars().any(char::is_lowercase);
        let is_code = name.contains('_') || inner_capital || after.starts_with('(');
        let is_name = name.len() > 2 && !name.starts_with(|c: char| c.is_ascii_digit());
        if is_code && is_name && !in_path && !symbols.iter().any(|known| known == name) {
            symbols.push(name.to_owned());
        }
        rest = after;
    }
    symbols.truncate(3);
    symbols
}

/// Files that an import leads to, from a failing check on, at the most.
const MAX_REACHED: usize = 12;

/// Adds the files that a failing check names, and those that they import, directly or not: a test's
/// failure names the test, and the fault is in what it tests, or in what that stands on.
pub(crate) fn add_failing(
    wanted: &mut Vec<RelPath>,
    output: &str,
    snapshot: &Snapshot,
    paths: &[RelPath],
) {
    let mut reached = mentioned(output, paths);
    let mut next = 0;
    while let Some(path) = reached.get(next).filter(|_| reached.len() < MAX_REACHED) {
        let imported = snapshot.read(path).map(|text| imports(&text, paths)).unwrap_or_default();
        let new = imported
            .into_iter()
            .chain(tested_crate(path, paths))
            .filter(|path| !reached.contains(path));
        let new: Vec<RelPath> = new.collect();
        reached.extend(new);
        next += 1;
    }
    reached.truncate(MAX_REACHED);
    reached.retain(|path| !wanted.contains(path));
    wanted.extend(reached);
}

/// Files that are read to find callers, and callers that are shown, at the most.
const MAX_CALLERS: (usize, usize) = (200, 6);

/// Adds the files that import one of `called`.
pub(crate) fn add_callers(
    wanted: &mut Vec<RelPath>,
    called: &[RelPath],
    snapshot: &Snapshot,
    paths: &[RelPath],
) {
    let calls =
        |path: &&RelPath| snapshot.read(path).is_ok_and(|text| !imports(&text, called).is_empty());
    let others = paths.iter().filter(|path| !wanted.contains(path)).take(MAX_CALLERS.0);
    let callers: Vec<RelPath> = others.filter(calls).take(MAX_CALLERS.1).cloned().collect();
    wanted.extend(callers);
}

/// The library that a Rust test stands beside, which it names by the package alone.
fn tested_crate(path: &RelPath, paths: &[RelPath]) -> Option<RelPath> {
    let (package, test) = path.as_str().rsplit_once("tests/")?;
    let library = format!("{package}src/lib.rs");
    paths.iter().find(|path| test.ends_with(".rs") && path.as_str() == library).cloned()
}

/// The files of the project that a source file imports, by the names in its import lines.
fn imports(text: &str, paths: &[RelPath]) -> Vec<RelPath> {
    let is_import = |line: &&str| {
        let line = line.trim_start();
        ["import ", "from ", "use ", "mod ", "pub mod ", "#include"]
            .iter()
            .any(|word| line.starts_with(word))
            || line.contains("require(")
    };
    let lines: Vec<&str> = text.lines().filter(is_import).collect();
    let names: Vec<&str> = lines
        .iter()
        .flat_map(|line| line.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == '-')))
        .filter(|name| name.len() > 1)
        .collect();
    let stem = |path: &RelPath| {
        let name = path.file_name();
        name.split_once('.').map_or(name, |(stem, _)| stem).to_owned()
    };
    let is_source =
        |path: &&RelPath| path.file_name().contains('.') && names.contains(&stem(path).as_str());
    paths.iter().filter(is_source).cloned().collect()
}

/// Files quoted for a model.
#[derive(Debug, Default)]
pub(crate) struct Quoted {
    /// Each under its path, fenced.
    pub(crate) text: String,
    /// Lines of the longest.
    pub(crate) longest: usize,
}

/// Quotes files until the budget (characters) is used up; a file that does not fit is named as left
/// out, so that the model can ask for it. Files that cannot be read are left out.
pub(crate) fn quote(snapshot: &Snapshot, paths: &[RelPath], budget: usize) -> Quoted {
    quote_as(snapshot, paths, budget, |content| content, |_| false)
}

/// [`quote`], but for what an opening has quoted as it still is.
pub(crate) fn quote_after(
    opening: &Opening,
    snapshot: &Snapshot,
    paths: &[RelPath],
    budget: usize,
) -> Quoted {
    quote_as(snapshot, paths, budget, |content| content, |block| opening.holds(block))
}

/// [`quote`], each line with its number, for a model that names lines.
pub(crate) fn quote_numbered(snapshot: &Snapshot, paths: &[RelPath], budget: usize) -> Quoted {
    let numbered = |content: String| {
        content.lines().zip(1..).map(|(line, number)| format!("{number:>4} {line}\n")).collect()
    };
    quote_as(snapshot, paths, budget, numbered, |_| false)
}

fn quote_as(
    snapshot: &Snapshot,
    paths: &[RelPath],
    budget: usize,
    shown: impl Fn(String) -> String,
    is_known: impl Fn(&str) -> bool,
) -> Quoted {
    let mut quoted = Quoted::default();
    for path in paths {
        let Ok(content) = snapshot.read(path) else { continue };
        let content = shown(content);
        let fence = fence_for(&content);
        let newline = if content.ends_with('\n') || content.is_empty() { "" } else { "\n" };
        let block = format!("File: `{path}`\n{fence}\n{content}{newline}{fence}\n\n");
        if is_known(block.trim_end()) {
            quoted.longest = quoted.longest.max(content.lines().count());
            continue;
        }
        if quoted.text.len() + block.len() > budget {
            quoted.text.push_str(&left_out(path.as_str()));
            quoted.text.push_str("\n\n");
            continue;
        }
        quoted.longest = quoted.longest.max(content.lines().count());
        quoted.text.push_str(&block);
    }
    quoted.text.truncate(quoted.text.trim_end().len());
    quoted
}

/// Stands where a file is not quoted.
pub(crate) fn left_out(path: &str) -> String {
    format!("File: `{path}` is left out: too long.")
}

/// A text between fences that it cannot end.
pub fn fenced(text: &str) -> String {
    let fence = fence_for(text);
    format!("{fence}\n{}\n{fence}", text.trim_end())
}

/// A fence longer than any run of backticks in the text.
fn fence_for(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    "`".repeat(longest.max(2) + 1)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn path(text: &str) -> RelPath {
        RelPath::new(text).unwrap()
    }

    #[test]
    fn a_file_that_quotes_fences_is_quoted_with_a_longer_one() {
        let folder = tempfile::tempdir().unwrap();
        let open = BTreeMap::from([(path("a.md"), "```\nx\n```".to_owned())]);
        let snapshot = Snapshot::new(folder.path().to_path_buf(), open);
        let quoted = quote(&snapshot, &[path("a.md")], 1_000);
        assert_eq!(quoted.text, "File: `a.md`\n````\n```\nx\n```\n````");
    }

    #[test]
    fn a_file_over_the_budget_is_named_and_not_cut() {
        let folder = tempfile::tempdir().unwrap();
        let open = BTreeMap::from([
            (path("big.txt"), "x".repeat(500)),
            (path("small.txt"), "y\n".to_owned()),
        ]);
        let snapshot = Snapshot::new(folder.path().to_path_buf(), open);
        let quoted = quote(&snapshot, &[path("big.txt"), path("small.txt")], 120);
        assert_eq!(
            quoted.text,
            "File: `big.txt` is left out: too long.\n\nFile: `small.txt`\n```\ny\n```"
        );
    }

    #[test]
    fn names_of_code_are_told_from_words_and_files() {
        let text =
            "Rename greet_user() to WelcomeUser, call run(x) and keep test_a.py and HTTP as is";
        assert_eq!(symbols(text), ["greet_user", "WelcomeUser", "run"]);
    }

    #[test]
    fn what_a_failing_test_imports_is_shown_too() {
        let paths =
            [path("src/calc.py"), path("src/other.py"), path("lib/digits.rs"), path("add.js")];
        assert_eq!(
            imports("import unittest\nfrom src.calc import total\nx = other\n", &paths),
            [path("src/calc.py")]
        );
        assert_eq!(imports("use my_crate::digits::sum;\n", &paths), [path("lib/digits.rs")]);
        assert_eq!(imports("const { add } = require('./add.js');\n", &paths), [path("add.js")]);
        let library = [path("src/lib.rs"), path("b/src/lib.rs")];
        assert_eq!(tested_crate(&path("b/tests/it.rs"), &library), Some(path("b/src/lib.rs")));
        assert_eq!(tested_crate(&path("tests/it.rs"), &library), Some(path("src/lib.rs")));
    }

    #[test]
    fn files_are_found_in_the_users_words_by_path_and_by_name() {
        let paths = [path("src/cli.py"), path("README.md"), path("a/b.rs")];
        let found = mentioned("Add a flag to cli.py (see ./README.md).", &paths);
        assert_eq!(found, [path("src/cli.py"), path("README.md")]);
        let traceback = "File \"/home/me/project/a/b.rs\", line 3";
        assert_eq!(mentioned(traceback, &paths), [path("a/b.rs")]);
    }
}
