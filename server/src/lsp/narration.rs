//! Events in words, for the log, for messages and for progress.

use devika_protocol::{CommandExit, CommandName, Event, Stage, TaskId};
use tower_lsp::ls_types::MessageType;

use crate::words;

/// The line that an event is worth in the log; none for what only views show.
pub(super) fn log_line(event: &Event) -> Option<(MessageType, String)> {
    let info = |text: String| Some((MessageType::INFO, text));
    match event {
        Event::Queued { prompt, mode, .. } => info(format!("queued ({mode:?}): {prompt}")),
        Event::Started { resumed, worktree } => info(words::started(*resumed, worktree.as_deref())),
        Event::Reply { text } => info(text.clone()),
        Event::Planned { plan } => {
            let steps =
                plan.steps.iter().zip(1..).map(|(step, n)| format!("\n  {n}. {}", step.text));
            info(format!("plan: {}{}", plan.focus, steps.collect::<String>()))
        }
        Event::StepFinished { step } => info(format!("step {step} is finished")),
        Event::TurnFinished { usage, millis, model, .. } => info(format!(
            "turn: {model}, {} tokens in ({} cached), {} out, {}, {millis} ms",
            usage.input, usage.cached, usage.output, usage.cost
        )),
        Event::TurnRetried { model, error, wait_millis, .. } => Some((
            MessageType::WARNING,
            format!("turn: {error}; {model} is asked again in {wait_millis} ms"),
        )),
        Event::FellBack { from, to, error, .. } => {
            Some((MessageType::WARNING, format!("turn: {error}; {to} is asked instead of {from}")))
        }
        Event::ProviderDown { provider, wait_millis } => Some((
            MessageType::WARNING,
            format!("{provider} keeps failing and is left alone for {} s", wait_millis / 1000),
        )),
        Event::BudgetWarning { scope, used } => {
            Some((MessageType::WARNING, format!("budget of the {}: {used}", scope.word())))
        }
        Event::TurnFailed { error, .. } => Some((MessageType::WARNING, format!("turn: {error}"))),
        Event::Complaint { agent, text } => info(format!("back to the {agent:?}: {text}")),
        Event::EditApplied { path, change, added, removed, .. } => {
            info(format!("{path}: {change:?} (+{added} -{removed})"))
        }
        Event::CommandStarted { line, .. } => info(format!("$ {line}")),
        Event::CommandFinished { exit, output, .. } => {
            info(format!("{}\n{}", exit_words(*exit), output.trim_end()))
        }
        Event::Committed { commit, branch, subject, .. } => {
            info(format!("commit {} on {branch}: {subject}", commit.get(..10).unwrap_or(commit)))
        }
        Event::Asked { text, .. } => info(format!("asked: {text}")),
        Event::Answered { answer, .. } => info(format!("answered: {answer}")),
        Event::Steered { text } => info(format!("the user adds: {text}")),
        Event::Made { place, .. } => info(format!("made: {place}")),
        Event::Undone { step, redo, paths, kept, .. } => {
            let words = words::undone(*step, *redo, paths, kept);
            Some((if kept.is_empty() { MessageType::INFO } else { MessageType::WARNING }, words))
        }
        Event::Accepted { branch, commit, worktree } => info(format!(
            "{}; commit {}",
            words::accepted(branch, worktree.as_deref()),
            commit.get(..10).unwrap_or(commit)
        )),
        Event::Discarded { branch, worktree } => {
            info(words::discarded(branch, worktree.as_deref()))
        }
        Event::Searched { query, found } => info(format!("searched: {query} ({found} found)")),
        Event::PageRead { address, title, .. } => info(format!("read: {title} <{address}>")),
        Event::PassagesUsed { sources, .. } => info(format!("quoted: {}", sources.join(", "))),
        Event::Warning { text } => Some((MessageType::WARNING, text.clone())),
        Event::Completed { summary, .. } => info(format!("completed: {summary}")),
        Event::Failed { reason } => Some((MessageType::ERROR, format!("failed: {reason}"))),
        Event::Cancelled {} => info("cancelled".to_owned()),
        Event::Paused { text, .. } => Some((MessageType::WARNING, format!("paused: {text}"))),
        Event::StageStarted { .. }
        | Event::Monologue { .. }
        | Event::Queries { .. }
        | Event::TurnStarted { .. }
        | Event::TurnDelta { .. }
        | Event::CommandOutput { .. }
        | Event::Progress { .. } => None,
    }
}

/// What the user is shown at the end of a task: how it ended, and what to do next.
pub(super) fn closing_words(task: TaskId, event: &Event) -> Option<(MessageType, String)> {
    let resume = CommandName::Resume.as_str();
    match event {
        Event::Completed { summary, branch, .. } => {
            let place =
                branch.as_ref().map(|branch| format!("\nThe commits are on branch `{branch}`."));
            let place = place.unwrap_or_default();
            Some((MessageType::INFO, format!("Devika: task {task} is completed. {summary}{place}")))
        }
        Event::Failed { reason } => Some((
            MessageType::ERROR,
            format!(
                "Devika: task {task} failed. {reason}\nTry again with `{resume}` {{\"task\": {task}}}."
            ),
        )),
        Event::Paused { text, .. } => Some((
            MessageType::WARNING,
            format!(
                "Devika: task {task} is paused. {text}\nGo on with `{resume}` {{\"task\": {task}}}."
            ),
        )),
        Event::Undone { step, redo, paths, kept, .. } => {
            let typ = if kept.is_empty() { MessageType::INFO } else { MessageType::WARNING };
            let words = words::undone(*step, *redo, paths, kept);
            Some((typ, format!("Devika: task {task}: {words}")))
        }
        Event::Accepted { branch, worktree, .. } => Some((
            MessageType::INFO,
            format!("Devika: task {task} is {}.", words::accepted(branch, worktree.as_deref())),
        )),
        Event::Discarded { branch, worktree } => Some((
            MessageType::INFO,
            format!("Devika: task {task} is {}.", words::discarded(branch, worktree.as_deref())),
        )),
        // The user did that, and needs not be told.
        _ => None,
    }
}

/// What a stage does, as progress shows it.
pub(super) fn stage_words(stage: Stage) -> &'static str {
    match stage {
        Stage::Decision | Stage::Plan => "planning",
        Stage::Research => "reading the web",
        Stage::Code => "writing code",
        Stage::Apply => "applying the edits",
        Stage::Verify => "checking the work",
        Stage::Patch => "repairing",
        Stage::Commit => "committing",
        Stage::Clone => "fetching the repository",
        Stage::Deploy => "putting it on the web",
        Stage::Report => "reporting",
    }
}

fn exit_words(exit: CommandExit) -> String {
    match exit {
        CommandExit::Code(code) => format!("the command returned {code}"),
        CommandExit::Signal(signal) => format!("signal {signal} ended the command"),
        CommandExit::TimedOut => "the command was stopped at the time limit".to_owned(),
        CommandExit::Limit(limit) => format!("the command was stopped at its limit of {limit}"),
        CommandExit::Ready => "the server started, and was stopped".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use devika_protocol::{PauseReason, Usage};

    use super::*;

    #[test]
    fn the_end_of_a_task_says_what_to_do_next() {
        let words = |event: Event| closing_words(TaskId(7), &event).map(|(_, words)| words);
        let completed = Event::Completed {
            summary: "Hello says hello.".into(),
            branch: Some("devika/hello".into()),
            usage: Usage::default(),
        };
        insta::assert_snapshot!(words(completed).unwrap(), @r"
        Devika: task 7 is completed. Hello says hello.
        The commits are on branch `devika/hello`.
        ");
        let text = "The budget of the task is used up.".into();
        let paused = Event::Paused { reason: PauseReason::Budget, text };
        insta::assert_snapshot!(words(paused).unwrap(), @r#"
        Devika: task 7 is paused. The budget of the task is used up.
        Go on with `devika.task.resume` {"task": 7}.
        "#);
        assert_eq!(words(Event::Cancelled {}), None);
    }
}
