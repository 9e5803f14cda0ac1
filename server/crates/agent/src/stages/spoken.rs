//! Commands that are spoken of: small models answer with a sentence where a command is wanted, and
//! users name in a sentence what has to pass.

/// Words that a sentence about a command begins with. No program is called so.
const VERBS: [&str; 13] = [
    "Run", "Execute", "Use", "Check", "Verify", "Ensure", "Test", "Call", "Open", "Type", "Start",
    "Confirm", "Make",
];

/// Programs and modules that run the tests or the build of a project.
const CODE_CHECKS: [&str; 16] = [
    "cargo", "npm", "npx", "yarn", "pnpm", "unittest", "pytest", "tox", "go", "mvn", "gradle",
    "gradlew", "make", "cmake", "ctest", "dotnet",
];

/// Programs that run a file.
const RUNNERS: [&str; 9] =
    ["python3", "python", "node", "bash", "sh", "ruby", "php", "perl", "deno"];

/// Words of the shell that only say something, whatever became of the work.
const SAYINGS: [&str; 7] = ["echo", "printf", "exit", "true", "false", "sleep", "pwd"];

/// The command of a line that may be a sentence about one; `None` where it is a sentence without.
pub(crate) fn command_in(line: &str) -> Option<String> {
    let line = line.trim();
    let Some(rest) = VERBS.iter().find_map(|verb| line.strip_prefix(verb)?.strip_prefix(' '))
    else {
        return Some(line.to_owned());
    };
    if let Some(quoted) = quoted(line).next() {
        return Some(quoted.to_owned());
    }
    let first = rest.split(' ').next().unwrap_or_default();
    let is_program =
        CODE_CHECKS.contains(&first) || RUNNERS.contains(&first) || first.starts_with("./");
    is_program.then(|| rest.split(" to ").next().unwrap_or(rest).trim_end_matches('.').to_owned())
}

/// The command in backticks that a user wants to pass, where it runs the tests or the build.
pub(crate) fn wanted_check(own_words: &str) -> Option<&str> {
    quoted(own_words).find(|text| {
        let mut words = text.split_whitespace();
        // A word alone may be the name of anything.
        let (Some(program), Some(next)) = (words.next(), words.next()) else { return false };
        let is_python = program.starts_with("python") && next == "-m";
        checks_code(text) && (is_python || CODE_CHECKS.contains(&program))
    })
}

/// Whether a command line runs the tests or the build of a project.
pub(crate) fn checks_code(line: &str) -> bool {
    let program = |word: &str| word.rsplit('/').next().unwrap_or(word).to_owned();
    let words = line.split([' ', ';', '&', '|']).map(program);
    words.into_iter().any(|word| CODE_CHECKS.contains(&word.as_str()))
}

/// What a command line gives the one file that it runs; none where it runs something else.
pub(crate) fn runs_a_file(line: &str) -> Option<Vec<&str>> {
    let mut words = line.split_whitespace();
    let first = words.next()?;
    let has_runner = RUNNERS.contains(&first);
    let file = if has_runner { words.next()? } else { first };
    let is_file = file.contains('.') && !file.starts_with('-');
    is_file.then(|| words.collect())
}

/// Whether a command line looks at nothing: it ends the same way whatever became of the work.
pub(crate) fn looks_at_nothing(line: &str) -> bool {
    let commands = line.split([';', '&', '|']).filter_map(|piece| piece.split_whitespace().next());
    commands.into_iter().all(|program| SAYINGS.contains(&program)) && !line.contains(['$', '`'])
}

/// What stands between single backticks in one line.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    let pieces = text.lines().flat_map(|line| line.split('`').skip(1).step_by(2));
    pieces.map(str::trim).filter(|piece| !piece.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_of_a_sentence_is_taken_for_the_sentence() {
        for (line, command) in [
            ("npm test", Some("npm test")),
            ("Run `npm test` to verify that the tests pass.", Some("npm test")),
            ("Run npm test to see that it passes", Some("npm test")),
            ("Execute python3 -m unittest.", Some("python3 -m unittest")),
            ("Run the program and its tests to see if the bug is fixed.", None),
            ("Make sure that all works", None),
            ("echo `date`", Some("echo `date`")),
            ("make test", Some("make test")),
        ] {
            assert_eq!(command_in(line).as_deref(), command, "{line}");
        }
    }

    #[test]
    fn a_command_that_only_says_something_looks_at_nothing() {
        for line in ["echo 'No such file' && exit 1", "exit 0", "true", "echo done"] {
            assert!(looks_at_nothing(line), "{line}");
        }
        for line in
            ["echo 3 | ./twice.sh", "test -s a.txt && echo yes", "echo $(./a.sh)", "echo 'a; b'"]
        {
            assert!(!looks_at_nothing(line), "{line}");
        }
    }

    #[test]
    fn a_file_is_run_by_itself_or_by_its_language() {
        assert_eq!(runs_a_file("python3 a.py b.txt 3"), Some(vec!["b.txt", "3"]));
        assert_eq!(runs_a_file("./a.sh"), Some(vec![]));
        for line in ["python3 -m json.tool", "cargo run", "python3", ""] {
            assert_eq!(runs_a_file(line), None, "{line}");
        }
    }

    #[test]
    fn what_the_user_wants_to_pass_is_a_check_and_no_other_name() {
        for (prompt, check) in [
            ("Write f in `src/f.js`, so that `npm test` passes.", Some("npm test")),
            ("`cargo test --lib` fails", Some("cargo test --lib")),
            ("Mend it: `python3 -m pytest -q` fails", Some("python3 -m pytest -q")),
            ("Add a --json flag to `cli.py`", None),
            ("Rename `make` to `build`", None),
            ("Explain `git push`", None),
        ] {
            assert_eq!(wanted_check(prompt), check, "{prompt}");
        }
    }
}
