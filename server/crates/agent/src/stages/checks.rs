//! Which checks a plan gets: those of the planner that can pass, else the project's own.

use devika_edit::RelPath;
use devika_protocol::{Event, Plan};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::error::Stop;
use crate::run::Run;
use crate::snapshot::Snapshot;
use crate::stages::spoken::{self, checks_code};
use crate::stages::tests_kept::is_test;
use crate::stages::{detect, verify};
use crate::wording::own_words;

/// Endings of files that a command runs, rather than writes.
const SOURCES: [&str; 12] =
    [".py", ".js", ".mjs", ".cjs", ".ts", ".sh", ".rb", ".go", ".rs", ".php", ".pl", ".lua"];

/// Endings of files that are written for people.
const PROSE: [&str; 7] = [".md", ".markdown", ".txt", ".rst", ".adoc", ".tex", ".org"];

/// The checks, decided once: a task that is taken up again finds a changed project.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Checks {
    verify: Vec<String>,
    /// Those that say something before anything is changed: they need nothing that the plan makes.
    before: Vec<String>,
    /// What the user should know of them.
    notes: Vec<String>,
    /// Tests that the checks run, that the user wants, and that no step makes yet.
    #[serde(default)]
    tests: Vec<String>,
}

/// Leaves out the checks that cannot pass, and takes the project's own where none is left. Returns
/// those that say something before anything is changed.
pub(crate) async fn settle(run: &Run, plan: &mut Plan) -> Result<Vec<String>, Stop> {
    let checks: Checks = run
        .once("checks", "checks", json!({ "verify": plan.verify }), async |_| {
            Ok(decide(&run.prompt, plan, &run.workspace.editor.snapshot()))
        })
        .await?;
    for text in checks.notes {
        run.tell(Event::Warning { text });
    }
    plan.verify = checks.verify;
    if let Some(last) = plan.steps.last_mut() {
        last.files.extend(checks.tests);
    }
    Ok(checks.before)
}

fn decide(prompt: &str, plan: &Plan, snapshot: &Snapshot) -> Checks {
    let mut checks = Checks::default();
    let wants_tests = own_words(prompt).to_lowercase().contains("test");
    let is_prose = are_prose(plan.steps.iter().flat_map(|step| &step.files));
    for line in &plan.verify {
        let Some(line) = spoken::command_in(line) else {
            checks.notes.push(format!("`{line}` is left out: it is no command."));
            continue;
        };
        if spoken::looks_at_nothing(&line) {
            checks.notes.push(format!("`{line}` is left out: it looks at nothing of the work."));
            continue;
        }
        if let Some(file) = without_tests(&line, snapshot) {
            checks.notes.push(format!("`{line}` is left out: there are no tests in `{file}`."));
            continue;
        }
        match missing_file(&line, plan, snapshot) {
            None if is_prose && checks_code(&line) => {
                checks.notes.push(format!("`{line}` is left out: only texts are written, no code."))
            }
            None => checks.verify.push(line),
            // The planner forgot to have it made.
            Some(file) if wants_tests && is_test(&file) => {
                checks.verify.push(line);
                checks.tests.push(file);
            }
            Some(file) => checks
                .notes
                .push(format!("`{line}` is left out: there is no `{file}`, and no step makes it.")),
        }
    }
    if let Some(wanted) = spoken::wanted_check(&own_words(prompt))
        && !is_prose
        && !checks.verify.iter().any(|line| line.contains(wanted))
    {
        checks.notes.push(format!("The work is checked by `{wanted}`, which you name."));
        checks.verify.push(wanted.to_owned());
    }
    if checks.verify.is_empty()
        && !is_prose
        && let Some(check) = detect::check_of(snapshot, &plan.steps)
    {
        checks.notes.push(format!(
            "The work is checked by `{}`, because there is `{}`.",
            check.line, check.because
        ));
        checks.verify.push(check.line);
    }
    if !snapshot.list(1).is_empty() {
        let is_new =
            |file: &&String| RelPath::new(file).is_ok_and(|path| snapshot.read(&path).is_err());
        let files = plan.steps.iter().flat_map(|step| &step.files);
        let new: Vec<&String> = files.filter(is_new).chain(&checks.tests).collect();
        let needs_none = |line: &&String| new.iter().all(|file| !verify::names(line, file));
        checks.before = checks.verify.iter().filter(needs_none).cloned().collect();
    }
    checks
}

/// Whether files are texts for people alone, of which no check of code says anything.
pub(crate) fn are_prose<'a>(files: impl IntoIterator<Item = &'a String>) -> bool {
    let mut files = files.into_iter().peekable();
    let is_text = |file: &String| {
        let file = file.to_lowercase();
        // `CMakeLists.txt` and `requirements.txt` are for programs.
        let of_programs = file.ends_with("cmakelists.txt") || file.contains("requirements");
        PROSE.iter().any(|ending| file.ends_with(ending)) && !of_programs
    };
    files.peek().is_some() && files.all(is_text)
}

/// The file whose tests a command line would run, where it has none and is not called as one that will.
fn without_tests(line: &str, snapshot: &Snapshot) -> Option<String> {
    let file = tested_module(line)?;
    let has_tests =
        |path: RelPath| snapshot.read(&path).is_ok_and(|text| text.contains("unittest"));
    let holds = is_test(&file) || RelPath::new(&file).is_ok_and(has_tests);
    (!holds).then_some(file)
}

/// The file of the module that Python's unittest is to run.
fn tested_module(line: &str) -> Option<String> {
    let mut words = line.split([' ', ';', '&', '|', '"', '\'']).filter(|word| !word.is_empty());
    words.find(|word| *word == "unittest")?;
    let module = words.next().filter(|word| !word.starts_with('-') && *word != "discover")?;
    Some(match module.strip_suffix(".py") {
        Some(path) => format!("{path}.py"),
        None => format!("{}.py", module.split('.').next().unwrap_or(module)),
    })
}

/// A file that a command line runs or reads from and that is not there, and will not be.
fn missing_file(line: &str, plan: &Plan, snapshot: &Snapshot) -> Option<String> {
    // Past a change of folder, or where the shell makes names, nothing is known of paths.
    if line.contains("cd ") || line.contains(['$', '*', '?', '>', '`']) {
        return None;
    }
    let words = || line.split([' ', ';', '&', '|', '"', '\'']).filter(|word| !word.is_empty());
    let module = tested_module(line);
    let run = words()
        .map(|word| word.split("::").next().unwrap_or(word).trim_start_matches("./").to_owned())
        .filter(|word| SOURCES.iter().any(|ending| word.ends_with(ending)));
    // What the shell is to read from.
    let read = line.split_once('<').and_then(|(_, rest)| {
        let file = rest.split_whitespace().next()?;
        (!rest.starts_with(['<', '('])).then(|| file.to_owned())
    });
    let planned =
        |file: &str| plan.steps.iter().flat_map(|step| &step.files).any(|path| path == file);
    let there = |file: &str| match RelPath::new(file) {
        Ok(path) => path.under(snapshot.root()).exists() || snapshot.read(&path).is_ok(),
        // Not a file of the project: a program of the system, perhaps.
        Err(_) => true,
    };
    let folder = |file: &str| {
        let folder = file.trim_end_matches(".py");
        snapshot.root().join(folder).is_dir()
            || plan
                .steps
                .iter()
                .flat_map(|s| &s.files)
                .any(|p| p.starts_with(&format!("{folder}/")))
    };
    run.chain(module).chain(read).find(|file| !planned(file) && !there(file) && !folder(file))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use devika_protocol::Step;

    use super::*;

    fn decided(project: &[&str], step: &[&str], verify: &[&str]) -> (Vec<String>, Vec<String>) {
        let checks = decide_in("", project, step, verify);
        (checks.verify, checks.notes)
    }

    /// The checks of a plan with one step, in a project of these files.
    fn decide_in(prompt: &str, project: &[&str], step: &[&str], verify: &[&str]) -> Checks {
        let folder = tempfile::tempdir().unwrap();
        for path in project {
            std::fs::write(folder.path().join(path), "import unittest\n").unwrap();
        }
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        let plan = Plan {
            reply: String::new(),
            focus: String::new(),
            steps: vec![Step { text: "Do it".to_owned(), files: texts(step) }],
            verify: texts(verify),
        };
        let root = folder.path().canonicalize().unwrap();
        decide(prompt, &plan, &Snapshot::new(root, BTreeMap::new()))
    }

    #[test]
    fn a_check_of_a_file_that_nobody_makes_is_left_out() {
        let (verify, notes) = decided(
            &["a.py"],
            &["b.py"],
            &[
                "python3 a.py",
                "python3 ./b.py < a.py",
                "python3 c.py",
                "python3 a.py < in.json",
                "python3 -m unittest test_c",
            ],
        );
        assert_eq!(verify, ["python3 a.py", "python3 ./b.py < a.py"]);
        assert_eq!(
            notes,
            [
                "`python3 c.py` is left out: there is no `c.py`, and no step makes it.",
                "`python3 a.py < in.json` is left out: there is no `in.json`, and no step makes it.",
                "`python3 -m unittest test_c` is left out: there is no `test_c.py`, and no step makes it."
            ]
        );
    }

    #[test]
    fn texts_for_people_are_not_checked_as_code_is() {
        let project = ["Cargo.toml", "a.py", "test_a.py"];
        let (verify, notes) = decided(&project, &["README.md", "docs/letter.txt"], &[]);
        assert_eq!((verify, notes), (vec![], vec![]));
        let (verify, notes) = decided(&project, &["README.md"], &["cargo test"]);
        assert_eq!(verify, [""; 0]);
        assert_eq!(notes, ["`cargo test` is left out: only texts are written, no code."]);
        let (verify, _) = decided(&project, &["README.md"], &["test -s README.md"]);
        assert_eq!(verify, ["test -s README.md"]);
        for code in ["CMakeLists.txt", "requirements-dev.txt", "a.py"] {
            let (verify, _) = decided(&project, &["README.md", code], &["cargo test"]);
            assert_eq!(verify, ["cargo test"], "{code}");
        }
    }

    #[test]
    fn a_check_that_would_run_no_test_is_left_out_for_the_projects_own() {
        let (verify, notes) = decided(&["test_a.py"], &["a.py"], &["python3 -m unittest a.py"]);
        assert_eq!(verify, ["python3 -m unittest"]);
        assert_eq!(
            notes[0],
            "`python3 -m unittest a.py` is left out: there are no tests in `a.py`."
        );
        let lines = ["python3 -m unittest a", "python3 -m unittest tests.test_b"];
        assert_eq!(decided(&["a.py"], &["tests/test_b.py"], &lines).0, lines, "a.py has tests");
    }

    #[test]
    fn where_no_check_is_left_the_projects_own_is_taken_and_told_of() {
        let (verify, notes) = decided(&["a.py", "test_a.py"], &["a.py"], &[]);
        assert_eq!(verify, ["python3 -m unittest"]);
        assert_eq!(
            notes,
            ["The work is checked by `python3 -m unittest`, because there is `test_a.py`."]
        );
    }

    #[test]
    fn a_sentence_is_no_check_and_what_the_user_names_is_one() {
        let sentence = "Run the program and see.";
        let prompt = "Write add, so that `npm test` passes.";
        let checks = decide_in(prompt, &["package.json"], &["add.js"], &[sentence]);
        assert_eq!(checks.verify, ["npm test"]);
        assert_eq!(
            checks.notes,
            [
                "`Run the program and see.` is left out: it is no command.",
                "The work is checked by `npm test`, which you name."
            ]
        );
        let said = decide_in("", &["a.txt"], &["b.sh"], &["echo 'No file' && exit 1"]);
        assert_eq!(said.verify, [""; 0]);
        assert_eq!(
            said.notes,
            ["`echo 'No file' && exit 1` is left out: it looks at nothing of the work."]
        );
        let named = ["Run `npm test` to see."];
        let checks = decide_in(prompt, &["package.json"], &["add.js"], &named);
        assert_eq!((checks.verify, checks.notes), (vec!["npm test".to_owned()], vec![]));
    }

    #[test]
    fn a_test_that_the_user_wants_and_a_check_runs_is_made() {
        let checks = |prompt| {
            let lines = ["python3 -m unittest test_ini"];
            decide_in(prompt, &["a.py"], &["ini.py"], &lines)
        };
        let wanted = checks("Write ini.py. Test it.");
        assert_eq!(wanted.verify, ["python3 -m unittest test_ini"]);
        assert_eq!((wanted.tests, wanted.before), (vec!["test_ini.py".to_owned()], vec![]));
        assert_eq!(checks("Write ini.py.").tests, [""; 0]);
    }

    #[test]
    fn what_needs_nothing_new_is_run_before_anything_is_changed() {
        let before = |project: &[&str], step: &[&str]| {
            let lines = ["python3 a.py", "python3 -m unittest"];
            decide_in("", project, step, &lines).before
        };
        assert_eq!(before(&["a.py"], &["a.py"]), ["python3 a.py", "python3 -m unittest"]);
        assert_eq!(before(&["b.py"], &["a.py"]), ["python3 -m unittest"]);
        assert_eq!(before(&[], &["a.py"]), [""; 0]);
    }

    #[test]
    fn a_check_that_cannot_be_judged_stays() {
        let lines = ["cargo test", "cd x && python3 y.py", "python3 -m unittest discover -s tests"];
        assert_eq!(decided(&[], &["src/lib.rs"], &lines).0, lines);
    }
}
