//! What can be done about the tasks of a folder.

use std::path::Path;

use devika_agent::{Ask, Engine};
use devika_protocol::{ApprovalScope, ApproveArgs, AskKind, CommandName, ReplyArgs, TaskId};
use serde_json::json;

use super::Offer;
use super::place::Place;
use crate::lsp::connection::quoted;
use crate::lsp::session::State;
use crate::lsp::stories::Story;

/// The offers, what waits for the user first.
pub(super) fn offers(
    engine: &Engine,
    state: &State,
    root: &Path,
    place: Option<&Place<'_>>,
) -> Vec<Offer> {
    let mut offers = answers(engine, root, place);
    for task in engine.running(root) {
        let about = |command, verb| {
            Offer::of_task(command, format!("Devika: {verb} task {task}"), json!({"task": task}))
        };
        offers.push(about(CommandName::Pause, "pause"));
        offers.push(about(CommandName::Cancel, "cancel"));
    }
    let project = root.display().to_string();
    let interrupted = state.interrupted.iter().filter(|task| task.project == project);
    offers.extend(interrupted.map(|task| {
        let title = format!("Devika: resume task {}: {}", task.id, quoted(&task.prompt));
        Offer::of_task(CommandName::Resume, title, json!({"task": task.id})).pressing()
    }));
    if let Some((task, story)) = state.stories.last_ended(root) {
        offers.extend(ended(task, story));
    }
    offers
}

/// What can be done about a task that has ended.
fn ended(task: TaskId, story: &Story) -> Vec<Offer> {
    let about = |command, verb| {
        let title = format!("Devika: {verb} task {task}: {}", quoted(&story.prompt));
        Offer::of_task(command, title, json!({"task": task}))
    };
    let mut offers = Vec::new();
    if story.can_resume {
        offers.push(about(CommandName::Resume, "resume"));
    }
    if story.has_commits() {
        offers.push(match story.undone {
            true => about(CommandName::Redo, "redo"),
            false => about(CommandName::Undo, "undo"),
        });
    }
    if story.is_open() {
        offers.push(about(CommandName::Accept, "accept"));
        offers.push(about(CommandName::Discard, "discard"));
    }
    offers.push(about(CommandName::Open, "read"));
    offers
}

/// The answers to what waits in the root.
fn answers(engine: &Engine, root: &Path, place: Option<&Place<'_>>) -> Vec<Offer> {
    let mut asks: Vec<Ask> =
        engine.pending().into_iter().filter(|(of, _)| of == root).map(|(_, ask)| ask).collect();
    asks.sort_by_key(|ask| ask.id.0);
    let of = |ask: &Ask| match ask.kind {
        AskKind::Question => reply(ask, place).into_iter().collect(),
        _ => approvals(ask),
    };
    asks.iter().flat_map(of).collect()
}

/// A question needs words, which an action has none of: those that are selected, or of a comment.
fn reply(ask: &Ask, place: Option<&Place<'_>>) -> Option<Offer> {
    let answer = place?.words()?;
    let title =
        format!("Devika: answer task {}, {} with {}", ask.task, quoted(&ask.text), quoted(&answer));
    let args = ReplyArgs { task: ask.task, answer };
    Some(Offer::of_task(CommandName::Reply, title, json!(args)).pressing())
}

fn approvals(ask: &Ask) -> Vec<Offer> {
    let action = |verb, allow, scope| {
        let title = format!("Devika: {verb} {} {}", subject(ask.kind, ask.task), quoted(&ask.text));
        let args = ApproveArgs { task: ask.task, ask: Some(ask.id), allow, scope };
        Offer::of_task(CommandName::Approve, title, json!(args)).pressing()
    };
    let for_good =
        ask.kind.has_scopes().then(|| action("always allow", true, Some(ApprovalScope::Project)));
    [action("allow", true, None)]
        .into_iter()
        .chain(for_good)
        .chain([action("deny", false, None)])
        .collect()
}

fn subject(kind: AskKind, task: TaskId) -> String {
    match kind {
        AskKind::Plan => format!("the plan of task {task}:"),
        AskKind::Edits => format!("the edits of task {task}:"),
        AskKind::Command => format!("a command of task {task}:"),
        AskKind::Finding => format!("what was found in a step of task {task}:"),
        AskKind::Trust => format!("trusting this folder (task {task}):"),
        AskKind::Host => format!("a host for task {task}:"),
        AskKind::Outside => format!("what task {task} asks:"),
        AskKind::Question => format!("task {task}:"),
    }
}
