//! One step: coded, applied, verified, patched where that fails, and committed.

use devika_config::FailingStep;
use devika_edit::RelPath;
use devika_protocol::{Agent, Event, Plan, Stage};
use minijinja::context;

use crate::context::{self, Opening, Quoted};
use crate::error::Stop;
use crate::prompts;
use crate::rules;
use crate::run::Run;
use crate::snapshot::Snapshot;
use crate::stages::apply::{self, StoredEdit};
use crate::stages::circles::Circles;
use crate::stages::commit::{self, Ending, Touched};
use crate::stages::given_up::{self, GivingUp, Kept};
use crate::stages::suspects::{self, Search};
use crate::stages::verify::{self, Failure};
use crate::stages::{checks, code, code_map, diagnose, hollow};

/// Lines from which on a file is changed by blocks rather than written anew, for a small model and
/// for a large one. Small models copy better than they quote.
const LONG_FILE: (usize, usize) = (120, 40);

/// Carries out a step and commits it. A step that was given up and taken back begins anew when the
/// task is resumed.
pub(crate) async fn carry_out(run: &Run, step: Planned<'_>) -> Result<(), Stop> {
    let number = step.number;
    for beginning in 1.. {
        let key = match beginning {
            1 => format!("step{number}"),
            _ => format!("step{number}.{beginning}"),
        };
        if attempt(run, &step, &key).await? == Attempt::Finished {
            break;
        }
    }
    Ok(())
}

/// A step with what is known before it begins.
pub(crate) struct Planned<'a> {
    pub(crate) plan: &'a Plan,
    pub(crate) opening: &'a Opening,
    /// The pages that it stands on.
    pub(crate) sources: &'a [String],
    /// The agent that writes its code.
    pub(crate) agent: Agent,
    /// The check that fails before anything is changed.
    pub(crate) before: Option<&'a Failure>,
    /// Where it is committed.
    pub(crate) branch: Option<&'a str>,
    /// Which step of the plan it is, counted from 1.
    pub(crate) number: u32,
}

#[derive(PartialEq, Eq)]
enum Attempt {
    Finished,
    /// It was taken back in an earlier run of the task.
    TakenBack,
}

async fn attempt(run: &Run, step: &Planned<'_>, key: &str) -> Result<Attempt, Stop> {
    let &Planned { plan, opening, branch, number, .. } = step;
    let files = &plan.steps[number as usize - 1].files;
    let errors = diagnose::before(run, key, files).await?;
    // Before anything is written: what the failing check leads to may be gone after that.
    let mut search = Search::wanted(run, key, step.before, files).await?;
    run.enter(Stage::Code, Some(number), 1);
    let related = related(run, key, &plan.steps[number as usize - 1].text).await?;
    let request = coder_request(run, step, &related, None)?;
    let mut touched = Touched::default();
    let mut circles = Circles::default();
    let written =
        code::write(run, &format!("{key}/code"), step.agent, request.clone(), &touched).await?;
    circles.follow(request, &written);
    let subject = subject_in(&written.prose);
    let applied = apply::apply(run, key, number, 1, written.edits).await?;
    // What an answer that changes nothing leaves as it was need not be checked again.
    let mut unchanged = step.before.filter(|_| suspects::change_nothing(&applied)).cloned();
    touched.add(applied, written.model);

    let mut last = None;
    let mut verified = Vec::new();
    for round in 1.. {
        let is_unchanged = unchanged.is_some();
        let (paths, later) = (touched.paths(), diagnose::later(plan, number));
        let found = match unchanged.take() {
            None => diagnose::new_errors(run, key, round, errors.as_deref(), paths, &later).await?,
            same => same,
        };
        let found = match found {
            None => verify::verify(run, plan, key, number, round).await?,
            found => found,
        };
        let Some(failure) = found else {
            verified = verify::passed(run, plan, key, number, round).await?;
            break;
        };
        let in_circles = circles.are_closed();
        if in_circles || round > rounds(run) || given_up::was_done(run, key, round).await? {
            let giving_up =
                GivingUp { plan, number, key, round, branch, failure: &failure, in_circles };
            match giving_up.carry_out(run, &touched, subject.as_deref()).await? {
                // What was committed as failing is the ground that the next rounds build on.
                Kept::Committed => (touched, circles) = Default::default(),
                Kept::Nothing => return Ok(Attempt::TakenBack),
            }
        }
        run.enter(Stage::Patch, Some(number), round);
        let is_stuck = is_unchanged || last.as_deref() == Some(failure.gist());
        last = Some(failure.gist().to_owned());
        change_approach(run, is_stuck);
        let request = match search.as_mut().filter(|search| search.goes_on(&failure, is_stuck)) {
            Some(search) => {
                search.next(run, (key, number, round), failure.clone(), &mut touched).await?
            }
            // The same failure again: what was written misleads the model, so it writes anew, a small
            // one from where the step began.
            None if is_stuck => {
                if run.model(Agent::Coder).limits().small {
                    take_back(run, (key, number, round), &mut touched).await?;
                }
                coder_request(run, step, &related, Some((&failure, &touched)))?
            }
            None => patcher_request(run, plan, opening, number, &touched, &failure)?,
        };
        let key = format!("{key}/patch{round}");
        let written = code::write(run, &key, Agent::Patcher, request.clone(), &touched).await?;
        circles.follow(request, &written);
        if let Some(thought) = written.prose.lines().find(|line| !line.trim().is_empty()) {
            run.tell(Event::Monologue { agent: Agent::Patcher, text: thought.trim().to_owned() });
        }
        let applied = apply::apply(run, &key, number, round + 1, written.edits).await?;
        unchanged = Some(failure).filter(|_| suspects::change_nothing(&applied));
        touched.add(applied, written.model);
    }
    change_approach(run, false);
    let agent = step.agent;
    let written = commit::Written { key, subject, sources: step.sources, verified, agent };
    Ok(match commit::commit(run, plan, number, branch, written, &touched).await? {
        Ending::Committed => Attempt::Finished,
        Ending::TakenBack => Attempt::TakenBack,
    })
}

/// Takes back what a round of a step has come to.
pub(super) async fn take_back(
    run: &Run,
    (key, number, round): (&str, u32, u32),
    touched: &mut Touched,
) -> Result<(), Stop> {
    let undone = std::mem::take(touched).undone();
    let edits = undone.iter().map(StoredEdit::from).collect();
    apply::apply_unasked(run, &format!("{key}/back{round}"), number, round, edits).await?;
    Ok(())
}

/// After the same failure twice: another model, where one is configured, and more of the project.
fn change_approach(run: &Run, is_stuck: bool) {
    let second = run.turn_to_second(is_stuck);
    if is_stuck {
        let who = second.map_or(String::new(), |name| format!(" by {name}"));
        let text = format!("The same failure again: it is looked at in another way{who}.");
        run.tell(Event::Monologue { agent: Agent::Patcher, text });
    }
}

/// Rounds of repair. A step that is taken back begins anew, and so do its rounds; one that is kept goes
/// on, and needs new ones.
fn rounds(run: &Run) -> u32 {
    match run.settings.tasks.failing_step {
        FailingStep::Revert => run.settings.tasks.patch_rounds,
        FailingStep::Keep => run.rounds(run.settings.tasks.patch_rounds),
    }
}

/// The request for a step's code, with the check that fails `before` it; after `failed` attempts, for writing it anew, without the files
/// that those attempts made.
fn coder_request(
    run: &Run,
    planned: &Planned<'_>,
    related: &[RelPath],
    failed: Option<(&Failure, &Touched)>,
) -> Result<devika_llm::Request, Stop> {
    let &Planned { plan, opening, before, number, .. } = planned;
    let before = before.filter(|_| failed.is_none());
    let step = &plan.steps[number as usize - 1];
    let snapshot = run.workspace.editor.snapshot();
    let paths = context::paths(&snapshot);
    let mut wanted: Vec<RelPath> =
        step.files.iter().filter_map(|file| RelPath::new(file).ok()).collect();
    add_mentioned(&mut wanted, &run.prompt, &paths);
    if let Some(failure) = before {
        context::add_failing(&mut wanted, &failure.output, &snapshot, &paths);
    }
    wanted
        .extend(related.iter().filter(|path| !wanted.contains(path)).cloned().collect::<Vec<_>>());
    if let Some((failure, touched)) = failed {
        if !run.model(Agent::Coder).limits().small {
            context::add_failing(&mut wanted, &failure.output, &snapshot, &paths);
            context::add_callers(&mut wanted, &touched.paths(), &snapshot, &paths);
        }
        wanted.retain(|path| !touched.made(path));
    }
    let max_tokens = code::answer_tokens(run);
    let files = quote_after(opening, run, &wanted, max_tokens);
    let rules = rules::of_folders(&snapshot, &wanted, run.model(Agent::Coder).limits().small);
    let unsaid = before.filter(|failure| !opening.holds(failure.output.trim_end()));
    let text = prompts::render(
        "code",
        context! {
            number => number,
            total => plan.steps.len(),
            text => &step.text,
            expected => expected(&step.files, &snapshot),
            failure => failed.map(|(failure, _)| failure.output.trim_end().to_owned()),
            command => failed.map(|(failure, _)| failure.line.clone()),
            rules => rules.text,
            now => unsaid.map(|failure| failure.output.trim_end().to_owned()),
            now_command => unsaid.map(|failure| failure.line.clone()),
            denied => run.approvals.denied().join("\n"),
            refused => run.approvals.refused(),
            files => files.text,
            blocks => files.longest > long_file(run),
            prose => checks::are_prose(&step.files),
            others => paths.iter().any(|path| !wanted.contains(path)),
        },
    );
    Ok(opening.request(&text.map_err(Stop::Failed)?, max_tokens, None))
}

/// The files that define or use what the user and the plan name, where the editor can tell, and in a
/// large project those that its map finds.
async fn related(run: &Run, key: &str, text: &str) -> Result<Vec<RelPath>, Stop> {
    let mut files = Vec::new();
    for symbol in context::symbols(&format!("{}\n{text}", run.prompt)) {
        files.extend(run.workspace.editor.files_with(&symbol).await);
    }
    files.extend(code_map::related(run, key, text).await?);
    Ok(files)
}

/// The files of a step in the form that the coder answers in. A new test's shows that it imports what it
/// tests, which small models forget.
fn expected(files: &[String], snapshot: &Snapshot) -> Vec<String> {
    let example = ["path/of/file".to_owned()];
    let files = if files.is_empty() { &example[..] } else { files };
    let form = |path: &String| {
        let name = path.rsplit('/').next().unwrap_or(path);
        let is_new = RelPath::new(path).is_ok_and(|path| snapshot.read(&path).is_err());
        let tested = name.strip_prefix("test_").and_then(|name| name.strip_suffix(".py"));
        let tested = tested.filter(|_| is_new);
        let content = match tested {
            Some(module) => {
                format!("import unittest\nfrom {module} import …\n\nthe rest of {path}")
            }
            None => hollow::stand_in(path),
        };
        format!("File: `{path}`\n```\n{content}\n```")
    };
    files.iter().map(form).collect()
}

fn patcher_request(
    run: &Run,
    plan: &Plan,
    opening: &Opening,
    number: u32,
    touched: &Touched,
    failure: &Failure,
) -> Result<devika_llm::Request, Stop> {
    let snapshot = run.workspace.editor.snapshot();
    let paths = context::paths(&snapshot);
    let mut wanted = touched.paths();
    context::add_failing(&mut wanted, &failure.output, &snapshot, &paths);
    let max_tokens = code::answer_tokens(run);
    let files = quote_after(opening, run, &wanted, max_tokens);
    let text = prompts::render(
        "patch",
        context! {
            command => &failure.line,
            ending => &failure.ending,
            output => failure.output.trim_end(),
            denied => run.approvals.denied().join("\n"),
            refused => run.approvals.refused(),
            files => files.text,
            example => wanted.first().map_or("path/of/file", RelPath::as_str),
            text => &plan.steps[number as usize - 1].text,
            blocks => files.longest > long_file(run),
        },
    );
    Ok(opening.request(&text.map_err(Stop::Failed)?, max_tokens, None))
}

/// Adds the files that a text names to those that are shown.
fn add_mentioned(wanted: &mut Vec<RelPath>, text: &str, paths: &[RelPath]) {
    for path in context::mentioned(text, paths) {
        if !wanted.contains(&path) {
            wanted.push(path);
        }
    }
}

pub(super) fn quote(run: &Run, wanted: &[RelPath], max_tokens: u32) -> Quoted {
    let budget = context::file_budget(run.model(Agent::Coder).limits(), max_tokens);
    context::quote(&run.workspace.editor.snapshot(), wanted, budget)
}

fn quote_after(opening: &Opening, run: &Run, wanted: &[RelPath], max_tokens: u32) -> Quoted {
    let budget = context::file_budget(run.model(Agent::Coder).limits(), max_tokens);
    context::quote_after(opening, &run.workspace.editor.snapshot(), wanted, budget)
}

pub(super) fn long_file(run: &Run) -> usize {
    if run.model(Agent::Coder).limits().small { LONG_FILE.0 } else { LONG_FILE.1 }
}

/// The commit subject that the coder wrote before the files.
fn subject_in(prose: &str) -> Option<String> {
    let line = prose.lines().find_map(|line| {
        line.trim().trim_start_matches(['*', '#', ' ', '`']).strip_prefix("Commit:")
    })?;
    let subject = line.trim_matches(['*', '`', '"', ' ', '.']).to_owned();
    (!subject.is_empty()).then_some(subject)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_commit_subject_is_found_however_a_model_dresses_it() {
        for prose in ["Commit: Add hello", "**Commit: Add hello**", "Sure!\n\nCommit: `Add hello`."]
        {
            assert_eq!(subject_in(prose).as_deref(), Some("Add hello"), "{prose}");
        }
        assert_eq!(subject_in("Here are the files."), None);
    }
}
