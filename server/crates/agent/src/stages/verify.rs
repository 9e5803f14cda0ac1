//! Verify: the plan's commands show whether a step is right. Each needs the user's approval once.

use std::time::Instant;

use devika_edit::RelPath;
use devika_protocol::{CommandExit, CommandLimit, Event, Plan, Stage};
use devika_sandbox::{Command, Exit, Limit, Outcome, Readiness, RunError, Slipped};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::approvals;
use crate::error::Stop;
use crate::run::Run;
use crate::stages::{checkpoint, reach, refusal, useless};

/// Characters of a failing command's output that go to the model: the end says most.
const OUTPUT_FOR_MODEL: usize = 3_000;

/// Characters of it for the planner, which need not repair it.
const OUTPUT_TO_KNOW: usize = 1_200;

/// A command that did not succeed.
#[derive(Debug, Clone)]
pub(crate) struct Failure {
    /// The command line.
    pub(crate) line: String,
    /// What it printed.
    pub(crate) output: String,
    /// How it ended, in words: `ended with code 1`.
    pub(crate) ending: String,
}

impl Failure {
    /// The last line that it printed, which names the cause in most languages; how it ended, where
    /// it printed nothing.
    pub(crate) fn gist(&self) -> &str {
        let says = |line: &&str| line.contains("Error") || line.contains("error");
        let lines = || self.output.lines().map(str::trim).filter(|line| !line.is_empty());
        lines().rfind(says).or_else(|| lines().next_back()).unwrap_or(&self.line)
    }
}

/// How a failed command ended, in words.
pub(super) fn ending(exit: CommandExit) -> String {
    match exit {
        CommandExit::Code(0) => "found no test to run (it looks for test_*.py)".to_owned(),
        CommandExit::Code(code) => format!("ended with code {code}"),
        CommandExit::Signal(signal) => format!("was ended by signal {signal}"),
        CommandExit::TimedOut => "did not end in time and was stopped".to_owned(),
        CommandExit::Limit(limit) => format!("went over its limit of {limit} and was stopped"),
        CommandExit::Ready => "started as a server does, and was stopped".to_owned(),
    }
}

/// How a command ended, as the journal keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct StoredOutcome {
    pub(crate) exit: CommandExit,
    pub(crate) output: String,
    pub(crate) millis: u64,
    /// Hosts that it asked for and was refused, as `host:port`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) refused_hosts: Vec<String>,
}

/// Runs the commands that can show something after step `number`; the first failure ends it.
pub(crate) async fn verify(
    run: &Run,
    plan: &Plan,
    key: &str,
    number: u32,
    round: u32,
) -> Result<Option<Failure>, Stop> {
    let key = format!("{key}/verify{round}");
    let lines = lines(run, plan, &key, number).await?;
    if lines.is_empty() {
        return Ok(None);
    }
    run.enter(Stage::Verify, Some(number), round);
    let lines: Vec<&String> = lines.iter().collect();
    first_failure(run, &key, &lines, When::After { needs_tests: plan_has_tests(plan) }).await
}

/// The commands that [`verify`] ran in this round and that succeeded.
pub(crate) async fn passed(
    run: &Run,
    plan: &Plan,
    key: &str,
    number: u32,
    round: u32,
) -> Result<Vec<String>, Stop> {
    let key = format!("{key}/verify{round}");
    let mut passed = Vec::new();
    for (index, line) in lines(run, plan, &key, number).await?.into_iter().enumerate() {
        let entry = run.store.entry(run.task, &format!("{key}/{index}")).await?;
        let outcome = entry.and_then(|entry| entry.outcome);
        let outcome = outcome.and_then(|it| serde_json::from_value::<StoredOutcome>(it).ok());
        if outcome.is_some_and(|it| it.exit.is_success() && !ran_no_test(&it.output)) {
            passed.push(line);
        }
    }
    Ok(passed)
}

/// How the checks `lines` fail before anything is changed: what is to be repaired, or was broken
/// before.
pub(crate) async fn before(run: &Run, lines: &[String]) -> Result<Option<Failure>, Stop> {
    if lines.is_empty() {
        return Ok(None);
    }
    run.enter(Stage::Verify, None, 1);
    first_failure(run, "before", &lines.iter().collect::<Vec<_>>(), When::Before).await
}

/// How a check fails as things are; `None` where it passes, or finds nothing to check.
pub(crate) async fn now(run: &Run, line: &String) -> Result<Option<Failure>, Stop> {
    first_failure(run, "trouble", &[line], When::Before).await
}

/// When checks are run.
#[derive(Clone, Copy, PartialEq, Eq)]
enum When {
    /// Before anything is changed: tests may be what is to be made.
    Before,
    /// After a step. Where the plan makes tests, finding none to run is a failure, too.
    After { needs_tests: bool },
}

/// Runs the command lines that the user allows, in order; the first that fails ends it.
async fn first_failure(
    run: &Run,
    key: &str,
    lines: &[&String],
    when: When,
) -> Result<Option<Failure>, Stop> {
    for (index, line) in lines.iter().enumerate() {
        if !approvals::is_allowed(run, line).await? {
            let text = format!("`{line}` was not run: you did not allow it.");
            run.tell(Event::Warning { text });
            continue;
        }
        let key = format!("{key}/{index}");
        let outcome = reach::outcome_of(run, &key, line).await?;
        if let Some(why) = useless::why(line, &outcome) {
            run.tell(Event::Warning { text: format!("`{line}` shows nothing here: {why}.") });
            continue;
        }
        let StoredOutcome { exit, output, .. } = &outcome;
        if refusal::is_wanted(&run.prompt, &run.workspace.root, line, *exit, output) {
            let ending = ending(*exit);
            let text = format!(
                "`{line}` {ending}, as you want it where a program is given nothing; it shows no more than that."
            );
            run.tell(Event::Warning { text });
            continue;
        }
        let ran_none = ran_no_test(&outcome.output);
        let needs_some = when == When::After { needs_tests: true };
        if !outcome.exit.is_success() && !ran_none || needs_some && ran_none {
            let output = shown(&outcome.output);
            let ending = ending(outcome.exit);
            return Ok(Some(Failure { line: (*line).clone(), output, ending }));
        }
        if ran_none && when != When::Before {
            let text = format!("`{line}` found no test to run, so it shows nothing.");
            run.tell(Event::Warning { text });
        }
    }
    Ok(None)
}

/// What became of a command that the user wants to see run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Shown {
    /// The user did not allow it.
    Denied,
    /// The program that it begins with is not installed.
    Missing(String),
    /// It ended.
    Ended {
        /// How.
        exit: CommandExit,
        /// What it printed, its beginning left out where it is long.
        output: String,
        /// How long it took, in milliseconds.
        millis: u64,
    },
}

/// Runs a command line for the user to see, where they allow it.
pub(crate) async fn show(run: &Run, key: &str, line: &str) -> Result<Shown, Stop> {
    if !approvals::is_allowed(run, line).await? {
        return Ok(Shown::Denied);
    }
    let outcome = reach::outcome_of(run, key, line).await?;
    if let Some(missing) = useless::missing_program(line, &outcome) {
        return Ok(Shown::Missing(missing.to_owned()));
    }
    let StoredOutcome { exit, output, millis, .. } = outcome;
    Ok(Shown::Ended { exit, output: tail(&output, OUTPUT_FOR_MODEL), millis })
}

/// Whether Python's unittest found no test; before 3.12 it calls that a success.
fn ran_no_test(output: &str) -> bool {
    output.lines().any(|line| line.starts_with("Ran 0 tests in"))
}

fn plan_has_tests(plan: &Plan) -> bool {
    plan.steps.iter().flat_map(|step| &step.files).any(|file| file.to_lowercase().contains("test"))
}

/// The commands that can show something after step `number`. The journal keeps them, but for those of the
/// last step: a task that is taken up when later files are there verifies what it verified before.
async fn lines(run: &Run, plan: &Plan, key: &str, number: u32) -> Result<Vec<String>, Stop> {
    if number as usize == plan.steps.len() || plan.verify.is_empty() {
        return Ok(plan.verify.clone());
    }
    let shown = async |_| {
        let lines = plan.verify.iter().filter(|line| applies(run, plan, line));
        Ok(lines.cloned().collect())
    };
    run.once(&format!("{key}/lines"), "checks", json!({}), shown).await
}

/// The last step is verified by every command. An earlier one only by those that name a file of the
/// project, and none that is still to be made: a test that comes later cannot pass yet.
fn applies(run: &Run, plan: &Plan, line: &str) -> bool {
    let snapshot = run.workspace.editor.snapshot();
    let exists = |file: &str| RelPath::new(file).is_ok_and(|path| snapshot.read(&path).is_ok());
    let named = |file: &&String| names(line, file);
    let files: Vec<&String> =
        plan.steps.iter().flat_map(|step| &step.files).filter(named).collect();
    !files.is_empty() && files.into_iter().all(|file| exists(file))
}

/// Whether a command line names a file, by its path, its name, or its name without the ending (a
/// module).
pub(crate) fn names(line: &str, file: &str) -> bool {
    let name = file.rsplit('/').next().unwrap_or(file);
    let stem = name.split('.').next().unwrap_or(name);
    line.split([' ', '=', '"', '\'', ';', '&', '|']).any(|word| {
        let word = word.trim_start_matches("./");
        word == file
            || word == name
            || word == stem
            || word.split(['/', '.', ':']).any(|part| part == stem)
    })
}

/// Runs a command line now, with these hosts allowed besides the configured ones.
pub(super) async fn execute(
    run: &Run,
    id: i64,
    line: &str,
    hosts: Vec<String>,
) -> Result<StoredOutcome, Stop> {
    let before = checkpoint::before(run, id, line).await?;
    run.tell(Event::CommandStarted { command: id, line: line.to_owned() });
    let command = Command {
        line: line.to_owned(),
        cwd: run.workspace.root.clone(),
        workspace: run.workspace.root.clone(),
        env: run.settings.command_env.clone(),
        time_limit: run.settings.commands.time_limit,
        output_bytes: run.settings.commands.output_bytes,
        hosts: hosts.clone(),
        ready: Readiness::of(line),
    };
    let on_output = |text: &str| {
        run.store.append(run.task, Event::CommandOutput { command: id, text: text.to_owned() });
    };
    let began = Instant::now();
    let mut outcome =
        run.runner.run(&command, &on_output).await.map_err(|error: RunError| {
            Stop::Failed(format!("`{line}` could not be run: {error}"))
        })?;
    let is_allowed = |host: &String| hosts.contains(host);
    let (inside, refused_hosts): (Vec<_>, Vec<_>) =
        std::mem::take(&mut outcome.refused_hosts).into_iter().partition(is_allowed);
    reach::warn_of_inside(run, line, &inside);
    // Of one that fails for want of a host, the user is asked.
    if outcome.succeeded() {
        reach::warn_of(run, line, &refused_hosts);
    }
    warn_of(run, line, &outcome);
    if let Some(before) = &before {
        checkpoint::after(run, before, line, &outcome.slipped).await;
    }
    let stored = StoredOutcome {
        exit: match outcome.exit {
            Exit::Code(code) => CommandExit::Code(code),
            Exit::Signal(signal) => CommandExit::Signal(signal),
            Exit::TimedOut => CommandExit::TimedOut,
            Exit::Limit(limit) => CommandExit::Limit(limit_of(limit)),
            Exit::Ready => CommandExit::Ready,
        },
        output: outcome.output,
        millis: began.elapsed().as_millis() as u64,
        refused_hosts,
    };
    run.tell(Event::CommandFinished {
        command: id,
        exit: stored.exit,
        output: stored.output.clone(),
        millis: stored.millis,
    });
    Ok(stored)
}

/// Tells the user what the sandbox has stopped or undone.
fn warn_of(run: &Run, line: &str, outcome: &Outcome) {
    if let Exit::Limit(limit) = outcome.exit {
        run.tell(Event::Warning {
            text: format!(
                "`{line}` went over its limit of {limit}. If it needs more, raise `{}` in your configuration.",
                limit.key()
            ),
        });
    }
    for slip in &outcome.slipped {
        let path = slip.path.display();
        let text = match (&slip.left, &slip.what) {
            (Some(why), _) => {
                format!("`{line}` has changed {path}, and that could not be undone: {why}")
            }
            (None, Slipped::Created { aside }) => {
                format!("`{line}` has made {path}. It is called {} now.", aside.display())
            }
            (None, Slipped::Changed | Slipped::Removed) => {
                format!("`{line}` has changed {path}. It is again what it was.")
            }
        };
        run.tell(Event::Warning { text });
    }
}

fn limit_of(limit: Limit) -> CommandLimit {
    match limit {
        Limit::CpuTime => CommandLimit::CpuTime,
        Limit::Memory => CommandLimit::Memory,
        Limit::Processes => CommandLimit::Processes,
        Limit::FileSize => CommandLimit::FileSize,
        Limit::Disk => CommandLimit::Disk,
    }
}

/// The end of a failing command's output, for where it is only to be known of.
pub(crate) fn end_of(output: &str) -> String {
    tail(output.trim_end(), OUTPUT_TO_KNOW)
}

/// The part of a failing command's output that goes to the model.
pub(crate) fn shown(output: &str) -> String {
    tail(output, OUTPUT_FOR_MODEL)
}

fn tail(text: &str, limit: usize) -> String {
    if text.len() <= limit {
        return text.to_owned();
    }
    format!("…{}", &text[text.ceil_char_boundary(text.len() - limit)..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_names_a_file_by_path_name_or_module() {
        for line in [
            "python3 src/hello.py",
            "python3 -m hello",
            "python3 -m unittest src.hello",
            "pytest hello.py::t",
        ] {
            assert!(names(line, "src/hello.py"), "{line}");
        }
        assert!(!names("python3 -m unittest", "src/hello.py"));
        assert!(!names("python3 -m unittest test_hello", "hello.py"));
    }
}
