//! Checks that failed and show nothing of the work: what they need is not here, or they are wrong themselves.
//! No model can repair that in the code, and small ones spoil what was right in the attempt.

use devika_protocol::CommandExit;

use crate::stages::verify::StoredOutcome;

/// What programs say of an option that they do not have: those of GNU, BSD and BusyBox.
const NO_SUCH_OPTION: [&str; 4] =
    ["invalid option", "illegal option", "unrecognized option", "unknown option"];

/// Why a check shows nothing, as the end of a sentence; `None` where it may.
pub(super) fn why(line: &str, outcome: &StoredOutcome) -> Option<String> {
    if let Some(missing) = missing_program(line, outcome) {
        return Some(format!("{missing} is not installed"));
    }
    let program = misused_program(line, outcome)?;
    Some(format!("{program} does not have an option that it is given"))
}

/// The program, or the module of Python, that a command line begins with and that is not there. No
/// model can repair that.
pub(super) fn missing_program<'a>(line: &'a str, outcome: &StoredOutcome) -> Option<&'a str> {
    let mut words = line.split_whitespace();
    let program = words.next()?;
    let says = |text: String| outcome.output.lines().any(|line| line.trim_end().ends_with(&text));
    if outcome.exit == CommandExit::Code(127)
        && (says(format!("{program}: not found")) || says(format!("{program}: command not found")))
    {
        return Some(program);
    }
    let module = words.next().filter(|word| *word == "-m").and_then(|_| words.next())?;
    says(format!("No module named {module}")).then_some(module)
}

/// The program of the system in a command line that does not have an option which the line gives it:
/// `tail -r` is of macOS alone. A program of the project is named by a path, or to its interpreter.
fn misused_program<'a>(line: &'a str, outcome: &StoredOutcome) -> Option<&'a str> {
    let programs = line.split(['|', '&', ';']).filter_map(|part| part.split_whitespace().next());
    let says_so = |program: &&str| {
        let said = outcome.output.lines().filter_map(|said| said.strip_prefix(program));
        let mut said = said.filter_map(|said| said.strip_prefix(": "));
        said.any(|said| NO_SUCH_OPTION.iter().any(|words| said.starts_with(words)))
    };
    let failed = !outcome.exit.is_success();
    programs.filter(|program| failed && !program.contains('/')).find(says_so)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(code: i32, output: &str) -> StoredOutcome {
        StoredOutcome {
            exit: CommandExit::Code(code),
            output: output.to_owned(),
            millis: 1,
            refused_hosts: Vec::new(),
        }
    }

    #[test]
    fn a_program_that_is_not_installed_is_told_from_one_that_fails() {
        let missing = |line, code, output| missing_program(line, &outcome(code, output));
        assert_eq!(missing("pytest -q", 127, "sh: 1: pytest: not found\n"), Some("pytest"));
        let no_module = "/usr/bin/python3: No module named pytest\n";
        assert_eq!(missing("python3 -m pytest -q", 1, no_module), Some("pytest"));
        let own = "ModuleNotFoundError: No module named 'hello'\n";
        assert_eq!(missing("python3 test_hello.py", 1, own), None);
        assert_eq!(missing("./run.sh", 127, "./run.sh: 3: frob: not found\n"), None);
    }

    #[test]
    fn an_option_that_a_program_of_the_system_does_not_have_is_told_from_one_of_the_projects() {
        let why = |line, code, output| why(line, &outcome(code, output));
        let tail = "tail: invalid option -- 'r'\nTry 'tail --help' for more information.\n";
        let told = "tail does not have an option that it is given".to_owned();
        assert_eq!(why("node reverse.js poem.txt | tail -r", 1, tail), Some(told));
        assert_eq!(why("node reverse.js poem.txt | tail -r", 0, tail), None);
        let own = "tool.sh: invalid option -- 'r'\n";
        assert_eq!(why("./tool.sh -r", 1, "./tool.sh: invalid option -- 'r'\n"), None);
        assert_eq!(why("bash tool.sh -r", 1, own), None);
        assert_eq!(why("node a.js | grep x", 1, ""), None);
    }
}
