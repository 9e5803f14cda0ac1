//! Tasks as files to read: prompt, plan, changes and report of one on a page of Markdown, for clients
//! that show nothing but files. Drawn from the stored events alone.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use devika_protocol::{CommandExit, Event, Plan, TaskView};

use crate::words;

/// The folder of the pages.
pub(super) struct Pages(PathBuf);

impl Pages {
    /// The pages below Devika's own folder.
    pub(super) fn below(state: &Path) -> Self {
        Self(state.join("tasks"))
    }

    /// Writes a task's page, and says where it is.
    ///
    /// # Errors
    /// Why it cannot be written, for the user.
    pub(super) async fn write(&self, view: &TaskView) -> Result<PathBuf, String> {
        let file = self.0.join(format!("task-{}.md", view.summary.id));
        let text = page(view);
        let failed = |error: std::io::Error| {
            format!("task {} cannot be told in {}: {error}", view.summary.id, file.display())
        };
        tokio::fs::create_dir_all(&self.0).await.map_err(failed)?;
        tokio::fs::write(&file, text).await.map_err(failed)?;
        Ok(file)
    }
}

/// The page of a task.
fn page(view: &TaskView) -> String {
    let summary = &view.summary;
    let state = serde_json::to_value(summary.state).unwrap_or_default();
    let mut page = format!(
        "# Task {}\n\n{}\n\nIt is {}.\n",
        summary.id,
        quote(&summary.prompt),
        state.as_str().unwrap_or_default()
    );
    let events = || view.events.iter().map(|record| &record.event);
    let mut plans = events().filter_map(|event| match event {
        Event::Planned { plan } => Some(plan),
        _ => None,
    });
    let finished = |number: u32| {
        events().any(|event| matches!(event, Event::StepFinished { step } if *step == number))
    };
    if let Some(plan) = plans.next_back() {
        page.push_str(&plan_part(plan, finished));
    }
    let changes: String = events().filter_map(change).collect();
    if !changes.is_empty() {
        let _infallible = write!(page, "\n## What was done\n\n{changes}");
    }
    if let Some(report) = events().filter_map(report).next_back() {
        let _infallible = write!(page, "\n## Report\n\n{}\n", report.trim());
    }
    page
}

fn plan_part(plan: &Plan, finished: impl Fn(u32) -> bool) -> String {
    let mut text = format!("\n## Plan: {}\n\n{}\n\n", plan.focus, plan.reply);
    for (step, number) in plan.steps.iter().zip(1..) {
        let tick = if finished(number) { 'x' } else { ' ' };
        let files = match step.files.as_slice() {
            [] => String::new(),
            files => format!(" ({})", files.join(", ")),
        };
        let _infallible = writeln!(text, "{number}. [{tick}] {}{files}", step.text);
    }
    for line in &plan.verify {
        let _infallible = writeln!(text, "- checked by `{line}`");
    }
    text
}

/// The line that an event is worth among the changes.
fn change(event: &Event) -> Option<String> {
    Some(match event {
        Event::EditApplied { step, path, added, removed, .. } => {
            format!("- step {step}: `{path}` (+{added} -{removed})\n")
        }
        Event::CommandStarted { line, .. } => format!("- `{line}`\n"),
        Event::CommandFinished { exit, .. } if !exit.is_success() => match exit {
            CommandExit::Code(code) => format!("  failed with {code}\n"),
            _ => "  was stopped\n".to_owned(),
        },
        Event::Committed { commit, branch, subject, .. } => {
            format!("- commit `{commit:.10}` on `{branch}`: {subject}\n")
        }
        Event::PageRead { address, title, .. } => format!("- read: {title} <{address}>\n"),
        Event::Undone { step, redo, paths, kept, .. } => {
            format!("- {}\n", words::undone(*step, *redo, paths, kept))
        }
        Event::Accepted { branch, .. } => format!("- accepted; it is on `{branch}`\n"),
        Event::Discarded { branch, .. } => {
            format!("- discarded; `{branch}` is checked out again\n")
        }
        Event::Warning { text } => format!("- {text}\n"),
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

fn quote(text: &str) -> String {
    text.trim().lines().map(|line| format!("> {line}")).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use devika_protocol::{
        ChangeKind, EventRecord, Mode, Step, TaskId, TaskState, TaskSummary, Usage,
    };

    use super::*;

    fn view(events: Vec<Event>) -> TaskView {
        let record = |event| EventRecord { seq: 1, time: String::new(), task: TaskId(7), event };
        TaskView {
            summary: TaskSummary {
                id: TaskId(7),
                project: "/p".to_owned(),
                prompt: "Greet\nand part".to_owned(),
                mode: Mode::Auto,
                model: None,
                state: TaskState::Completed,
                created: String::new(),
                git: None,
            },
            events: events.into_iter().map(record).collect(),
        }
    }

    #[test]
    fn a_page_tells_plan_changes_and_report() {
        let step = |text: &str, file: &str| Step { text: text.into(), files: vec![file.into()] };
        let plan = Plan {
            reply: "I will do it.".to_owned(),
            focus: "manners".to_owned(),
            steps: vec![step("Greet", "a.py"), step("Part", "b.py")],
            verify: vec!["python3 a.py".to_owned()],
        };
        let events = vec![
            Event::Planned { plan },
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
            Event::StepFinished { step: 1 },
            Event::Completed {
                summary: "It greets.".to_owned(),
                branch: None,
                usage: Usage::default(),
            },
        ];
        insta::assert_snapshot!(page(&view(events)), @r"
        # Task 7

        > Greet
        > and part

        It is completed.

        ## Plan: manners

        I will do it.

        1. [x] Greet (a.py)
        2. [ ] Part (b.py)
        - checked by `python3 a.py`

        ## What was done

        - step 1: `a.py` (+3 -0)
        - `python3 a.py`
          failed with 1

        ## Report

        It greets.
        ");
    }

    #[test]
    fn a_task_that_has_told_nothing_yet_is_its_prompt() {
        insta::assert_snapshot!(page(&view(Vec::new())), @r"
        # Task 7

        > Greet
        > and part

        It is completed.
        ");
    }
}
