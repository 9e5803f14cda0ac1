//! A task on a page of Markdown, for terminals and for editors that show nothing but files: what was wanted,
//! the plan with what came of each step, what it cost, how it ended, and what to do next. Drawn from the
//! stored events alone.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use devika_protocol::{
    AskKind, CommandExit, Event, Money, PauseReason, Plan, TaskState, TaskView, Usage,
};

use crate::words;

/// What the branches begin with that tasks have for themselves.
const OWN_BRANCH: &str = "devika/";

/// The page of a task.
pub(crate) fn page(view: &TaskView) -> String {
    let summary = &view.summary;
    let state = serde_json::to_value(summary.state).unwrap_or_default();
    let told = Told::of(view);
    let mut page = format!(
        "# Task {}: {}\n\n{}\n",
        summary.id,
        state.as_str().unwrap_or_default(),
        quote(&summary.prompt)
    );
    if let Some(folder) = told.worktree {
        let _infallible = write!(page, "\nIt works in a worktree of its own: {folder}\n");
    }
    if let Some(plan) = told.plan {
        page.push_str(&plan_part(plan, &told));
    }
    if !told.besides.is_empty() {
        let _infallible = write!(page, "\n## Besides\n\n{}", told.besides);
    }
    if let Some(report) = &told.report {
        let _infallible = write!(page, "\n## Report\n\n{}\n", report.trim());
    }
    if let Some(cost) = told.cost() {
        let _infallible = write!(page, "\n## Cost\n\n{cost}\n");
    }
    let next = told.next(view);
    if !next.is_empty() {
        let _infallible = write!(page, "\n## Next\n\n{next}");
    }
    page
}

/// What the events of a task tell together.
#[derive(Default)]
struct Told<'a> {
    plan: Option<&'a Plan>,
    /// The steps that are finished.
    finished: Vec<u32>,
    /// What was done in each step, a line each.
    steps: BTreeMap<u32, String>,
    /// What was done in none of them.
    besides: String,
    /// The commands that have not ended.
    commands: BTreeMap<i64, &'a str>,
    /// The step that is worked on.
    now: u32,
    report: Option<String>,
    turns: u32,
    usage: Usage,
    models: Vec<&'a str>,
    branch: Option<&'a str>,
    worktree: Option<&'a str>,
    /// Whether the user has accepted or discarded it.
    settled: bool,
    asked: Option<(AskKind, &'a str)>,
    paused: Option<PauseReason>,
}

impl<'a> Told<'a> {
    fn of(view: &'a TaskView) -> Self {
        let mut told = Self::default();
        view.events.iter().for_each(|record| told.hear(&record.event));
        told
    }

    fn hear(&mut self, event: &'a Event) {
        match event {
            Event::Started { worktree, .. } => {
                (self.worktree, self.report, self.paused) = (worktree.as_deref(), None, None);
            }
            Event::StageStarted { step, .. } => self.now = step.unwrap_or_default(),
            Event::Planned { plan } => self.plan = Some(plan),
            Event::StepFinished { step } => self.finished.push(*step),
            Event::TurnFinished { usage, model, .. } => self.count(*usage, model),
            Event::Asked { kind, text, .. } => self.asked = Some((*kind, text)),
            Event::Answered { .. } => self.asked = None,
            Event::Accepted { .. } | Event::Discarded { .. } => self.settled = true,
            Event::Paused { reason, .. } => self.paused = Some(*reason),
            Event::Committed { branch, .. } => self.branch = Some(branch),
            _ => {}
        }
        if let Some(report) = report(event) {
            self.report = Some(report);
        }
        match event {
            Event::EditApplied { step, path, added, removed, .. } => {
                self.say(*step, format!("`{path}` (+{added} -{removed})"));
            }
            Event::Committed { step, commit, branch, subject } => {
                self.say(*step, format!("commit `{commit:.10}` on `{branch}`: {subject}"));
            }
            Event::CommandStarted { command, line } => drop(self.commands.insert(*command, line)),
            Event::CommandFinished { command, exit, .. } => {
                if let Some(line) = self.commands.remove(command) {
                    self.say(self.now, format!("`{line}` {}", ending(*exit)));
                }
            }
            event => {
                if let Some(line) = besides(event) {
                    let _infallible = writeln!(self.besides, "- {line}");
                }
            }
        }
    }

    fn count(&mut self, usage: Usage, model: &'a str) {
        self.turns += 1;
        self.usage.input += usage.input;
        self.usage.cached += usage.cached;
        self.usage.output += usage.output;
        self.usage.cost = self.usage.cost.plus(usage.cost);
        if !model.is_empty() && !self.models.contains(&model) {
            self.models.push(model);
        }
    }

    /// A line about a step, or beside all of them.
    fn say(&mut self, step: u32, line: String) {
        let (lines, indent) = match step {
            0 => (&mut self.besides, ""),
            step => (self.steps.entry(step).or_default(), "   "),
        };
        let _infallible = writeln!(lines, "{indent}- {line}");
    }

    fn cost(&self) -> Option<String> {
        let Usage { input, cached, output, cost } = self.usage;
        let turns =
            if self.turns == 1 { "1 turn".to_owned() } else { format!("{} turns", self.turns) };
        let money = if cost == Money::ZERO { String::new() } else { format!(", {cost}") };
        (self.turns > 0).then(|| {
            format!(
                "{turns} of {}: {input} tokens read ({cached} from the cache), {output} written{money}.",
                self.models.join(", ")
            )
        })
    }

    /// What the user may do now, a command a line.
    fn next(&self, view: &TaskView) -> String {
        let (task, state) = (view.summary.id, view.summary.state);
        let mut lines = Vec::new();
        match state {
            TaskState::Waiting => {
                if let Some((_, text)) = self.asked {
                    lines.push(format!("It waits for your answer:\n{}", quote(text)));
                }
            }
            TaskState::Queued | TaskState::Running => {
                lines.push(format!("`devika tasks steer {task} \"…\"` says more to it"));
            }
            _ if state.can_resume() => lines.push(match (self.paused, self.asked) {
                (Some(PauseReason::Budget), _) => {
                    format!("`devika tasks resume {task} --budget 5` goes on with a raised cap")
                }
                (Some(PauseReason::Question), Some((AskKind::Question, text))) => format!(
                    "`devika tasks resume {task} --answer \"…\"` answers, and goes on:\n{}",
                    quote(text)
                ),
                _ => format!("`devika tasks resume {task}` goes on where it stopped"),
            }),
            _ => {}
        }
        let has_ended = state.is_terminal() || state.can_resume();
        if let Some(branch) = self.branch.filter(|_| has_ended && !self.settled) {
            lines.push(format!("`devika tasks diff {task}` shows what it has changed"));
            if branch.starts_with(OWN_BRANCH) {
                lines.push(format!(
                    "`devika tasks accept {task}` brings it to the branch that it began on, `devika tasks discard {task}` leaves it"
                ));
            }
            lines.push(format!("`devika tasks undo {task} --step 1` takes a step back"));
        }
        lines.into_iter().map(|line| format!("- {line}\n")).collect()
    }
}

fn plan_part(plan: &Plan, told: &Told<'_>) -> String {
    let mut text = format!("\n## Plan: {}\n\n{}\n\n", plan.focus, plan.reply);
    for (step, number) in plan.steps.iter().zip(1..) {
        let tick = if told.finished.contains(&number) { 'x' } else { ' ' };
        let files = match step.files.as_slice() {
            [] => String::new(),
            files => format!(" ({})", files.join(", ")),
        };
        let _infallible = writeln!(text, "{number}. [{tick}] {}{files}", step.text);
        text.push_str(told.steps.get(&number).map_or("", String::as_str));
    }
    for line in &plan.verify {
        let _infallible = writeln!(text, "- checked by `{line}`");
    }
    text
}

/// The line that an event is worth which is about no step.
fn besides(event: &Event) -> Option<String> {
    Some(match event {
        Event::PageRead { address, title, .. } => format!("read: {title} <{address}>"),
        Event::Steered { text } => format!("you added: {text}"),
        Event::Made { place, .. } => format!("made: {place}"),
        Event::Undone { step, redo, paths, kept, .. } => words::undone(*step, *redo, paths, kept),
        Event::Accepted { branch, worktree, .. } => words::accepted(branch, worktree.as_deref()),
        Event::Discarded { branch, worktree } => words::discarded(branch, worktree.as_deref()),
        Event::Warning { text } => text.clone(),
        _ => return None,
    })
}

/// What an event says of how the task ended.
fn report(event: &Event) -> Option<String> {
    match event {
        Event::Completed { summary, .. } => Some(summary.clone()),
        Event::Failed { reason } => Some(format!("It failed: {reason}")),
        Event::Paused { text, .. } => Some(format!("It is paused: {text}")),
        Event::Cancelled {} => Some("It was cancelled.".to_owned()),
        _ => None,
    }
}

fn ending(exit: CommandExit) -> String {
    match exit {
        exit if exit.is_success() => "passed".to_owned(),
        CommandExit::Code(code) => format!("failed with {code}"),
        _ => "was stopped".to_owned(),
    }
}

fn quote(text: &str) -> String {
    text.trim().lines().map(|line| format!("> {line}")).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use devika_protocol::{
        AskId, ChangeKind, EventRecord, Mode, Stage, Step, StopReason, TaskId, TaskSummary, TurnId,
    };

    use super::*;

    fn view(state: TaskState, events: Vec<Event>) -> TaskView {
        let record = |event| EventRecord { seq: 1, time: String::new(), task: TaskId(7), event };
        TaskView {
            summary: TaskSummary {
                id: TaskId(7),
                project: "/p".to_owned(),
                prompt: "Greet\nand part".to_owned(),
                mode: Mode::Auto,
                model: None,
                state,
                created: String::new(),
                git: None,
            },
            events: events.into_iter().map(record).collect(),
        }
    }

    fn turn() -> Event {
        Event::TurnFinished {
            turn: TurnId(1),
            stop: StopReason::Complete,
            usage: Usage { input: 900, cached: 500, output: 80, cost: Money::ZERO },
            millis: 9,
            model: "a/big".to_owned(),
        }
    }

    fn planned() -> Event {
        let step = |text: &str, file: &str| Step { text: text.into(), files: vec![file.into()] };
        let plan = Plan {
            reply: "I will do it.".to_owned(),
            focus: "manners".to_owned(),
            steps: vec![step("Greet", "a.py"), step("Part", "b.py")],
            verify: vec!["python3 a.py".to_owned()],
        };
        Event::Planned { plan }
    }

    fn step_one() -> Vec<Event> {
        vec![
            Event::StageStarted { stage: Stage::Code, step: Some(1), round: 1 },
            turn(),
            Event::EditApplied {
                step: 1,
                path: "a.py".to_owned(),
                change: ChangeKind::Created,
                added: 3,
                removed: 0,
                diff: String::new(),
            },
            Event::CommandStarted { command: 1, line: "python3 a.py".to_owned() },
            Event::CommandFinished {
                command: 1,
                exit: CommandExit::Code(1),
                output: String::new(),
                millis: 5,
            },
            Event::Committed {
                step: 1,
                commit: "0123456789abcdef".to_owned(),
                branch: "devika/manners".to_owned(),
                subject: "feat: greet".to_owned(),
            },
            Event::StepFinished { step: 1 },
        ]
    }

    #[test]
    fn a_page_tells_what_came_of_each_step_what_it_cost_and_what_to_do_next() {
        let mut events = vec![turn(), planned()];
        events.extend(step_one());
        events.push(Event::Warning { text: "Mind the gap.".to_owned() });
        events.push(Event::Completed {
            summary: "It greets.".to_owned(),
            branch: Some("devika/manners".to_owned()),
            usage: Usage::default(),
        });
        insta::assert_snapshot!(page(&view(TaskState::Completed, events)), @r#"
        # Task 7: completed

        > Greet
        > and part

        ## Plan: manners

        I will do it.

        1. [x] Greet (a.py)
           - `a.py` (+3 -0)
           - `python3 a.py` failed with 1
           - commit `0123456789` on `devika/manners`: feat: greet
        2. [ ] Part (b.py)
        - checked by `python3 a.py`

        ## Besides

        - Mind the gap.

        ## Report

        It greets.

        ## Cost

        2 turns of a/big: 1800 tokens read (1000 from the cache), 160 written.

        ## Next

        - `devika tasks diff 7` shows what it has changed
        - `devika tasks accept 7` brings it to the branch that it began on, `devika tasks discard 7` leaves it
        - `devika tasks undo 7 --step 1` takes a step back
        "#);
    }

    #[test]
    fn a_task_that_waits_or_stopped_says_how_it_goes_on() {
        let asked = || Event::Asked {
            ask: AskId(3),
            kind: AskKind::Question,
            text: "In which language?".to_owned(),
        };
        let next = |state, events| {
            let page = page(&view(state, events));
            page.split("## Next\n\n").nth(1).unwrap_or_default().to_owned()
        };
        assert_eq!(
            next(TaskState::Waiting, vec![asked()]),
            "- It waits for your answer:\n> In which language?\n"
        );
        let paused = |reason| Event::Paused { reason, text: String::new() };
        let answer = next(TaskState::Paused, vec![asked(), paused(PauseReason::Question)]);
        assert_eq!(
            answer,
            "- `devika tasks resume 7 --answer \"…\"` answers, and goes on:\n> In which language?\n"
        );
        let budget = next(TaskState::Paused, vec![paused(PauseReason::Budget)]);
        assert!(budget.contains("resume 7 --budget"), "{budget}");
        let failed = next(TaskState::Failed, vec![Event::Failed { reason: "No.".to_owned() }]);
        assert_eq!(failed, "- `devika tasks resume 7` goes on where it stopped\n");
        let mut settled = step_one();
        settled.push(Event::Accepted {
            branch: "main".to_owned(),
            commit: "1".to_owned(),
            worktree: None,
        });
        assert_eq!(next(TaskState::Completed, settled), "");
    }

    #[test]
    fn a_task_that_has_told_nothing_yet_is_its_prompt() {
        insta::assert_snapshot!(page(&view(TaskState::Completed, Vec::new())), @r"
        # Task 7: completed

        > Greet
        > and part
        ");
    }
}
