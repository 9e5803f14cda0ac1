//! Refusals: a check that gives a program nothing, or a file that is not there, and that ends with the very
//! status which the user wants for that. Taken for a failure, it has a right program repaired until it is
//! wrong.

use std::path::Path;

use devika_edit::RelPath;
use devika_protocol::CommandExit;

use crate::stages::spoken::{checks_code, runs_a_file};
use crate::stages::tests_kept::is_test;
use crate::wording::own_words;

/// What users call the number that a program ends with.
const STATUS: [&str; 5] = ["status", "code", "exit", "exits", "exiting"];

/// What programs print that did not end as they were meant to.
const CRASHES: [&str; 7] = [
    "Traceback (most recent call last)",
    "SyntaxError",
    "panicked at",
    "    at ",
    "syntax error",
    "command not found",
    "Exception in",
];

/// Whether a check of a project at `root` has seen a refusal that the user asked for in `prompt`.
pub(crate) fn is_wanted(
    prompt: &str,
    root: &Path,
    line: &str,
    exit: CommandExit,
    output: &str,
) -> bool {
    let CommandExit::Code(code) = exit else { return false };
    names_status(&own_words(prompt), code)
        && !CRASHES.iter().any(|crash| output.contains(crash))
        && gives_nothing(root, line)
}

/// Whether words name a status, as in `exits with status 1`.
fn names_status(words: &str, code: i32) -> bool {
    let words = words.to_lowercase();
    let words: Vec<&str> = words.split(|c: char| !c.is_alphanumeric()).collect();
    let number = code.to_string();
    let names = |pair: &[&str]| STATUS.contains(&pair[0]) && pair[1] == number;
    code != 0 && words.windows(2).any(names)
}

/// Whether a command line runs a program and no test, and gives it only files that are not there, or nothing.
fn gives_nothing(root: &Path, line: &str) -> bool {
    if checks_code(line) || line.contains(['|', '<', '>', ';', '&', '$', '*']) {
        return false;
    }
    let Some(given) = runs_a_file(line) else { return false };
    let is_missing = |word: &&str| {
        let is_file = word.contains(['.', '/']) && !word.starts_with('-');
        is_file && RelPath::new(word).is_ok_and(|path| !path.under(root).exists())
    };
    !line.split_whitespace().any(is_test) && given.iter().all(is_missing)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROMPT: &str = "Write copy.sh, which copies a file, and exits with status 1 without one.";

    fn wanted(line: &str, code: i32, output: &str) -> bool {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("notes.txt"), "").unwrap();
        is_wanted(PROMPT, folder.path(), line, CommandExit::Code(code), output)
    }

    #[test]
    fn a_program_that_is_given_nothing_may_refuse_as_the_user_wants() {
        assert!(wanted("bash copy.sh", 1, "Usage: copy.sh FILE\n"));
        assert!(wanted("./copy.sh nothing.txt", 1, "No such file\n"));
    }

    #[test]
    fn what_says_more_is_a_failure() {
        assert!(!wanted("bash copy.sh notes.txt", 1, ""), "the file is there");
        assert!(!wanted("bash copy.sh", 2, ""), "another status");
        assert!(!wanted("bash copy.sh", 1, "copy.sh: line 3: syntax error\n"), "it crashed");
        assert!(!wanted("bash test_copy.sh", 1, ""), "a test");
        assert!(!wanted("python3 -m unittest", 1, ""), "tests");
        assert!(!wanted("bash copy.sh --all", 1, ""), "nobody knows what that gives");
        assert!(!wanted("echo a | bash copy.sh", 1, ""), "it is given something");
        let prompt = "Write copy.sh, version 1, which exits with an error.";
        assert!(!names_status(prompt, 1), "no status is named");
    }
}
