//! What can be done about the tasks of a folder.

use std::path::Path;

use devika_agent::{Ask, Engine};
use devika_protocol::{
    ApprovalScope, ApproveArgs, AskKind, CommandName, Refusal, ReplyArgs, TaskId,
};
use serde_json::json;

use super::Offer;
use super::place::Place;
use crate::lsp::connection::quoted;
use crate::lsp::session::State;
use crate::lsp::stories::Story;

/// Files of proposed edits that are offered one by one at the most.
const MOST_FILES: usize = 5;

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
        approval(ask, title, |args| ApproveArgs { allow, scope, ..args })
    };
    let for_good =
        ask.kind.has_scopes().then(|| action("always allow", true, Some(ApprovalScope::Project)));
    [action("allow", true, None)]
        .into_iter()
        .chain(for_good)
        .chain([action("deny", false, None)])
        .chain(of_files(ask))
        .collect()
}

/// Of edits of several files: to allow one alone, or all but one.
fn of_files(ask: &Ask) -> Vec<Offer> {
    if ask.edits.len() < 2 {
        return Vec::new();
    }
    let refusing = |verb: &str, path: &str, is_refused: &dyn Fn(&str) -> bool| {
        let title = format!("Devika: {verb} {} {path}", subject(ask.kind, ask.task));
        let paths = ask.edits.iter().map(|edit| &edit.path).filter(|path| is_refused(path));
        let refused = paths.map(|path| Refusal { path: path.clone(), hunks: Vec::new() }).collect();
        approval(ask, title, |args| ApproveArgs { refused, ..args })
    };
    let files = ask.edits.iter().map(|edit| edit.path.as_str()).take(MOST_FILES);
    let of_file = |file| {
        let alone = refusing("allow only, of", file, &|path| path != file);
        [alone, refusing("allow all but, of", file, &|path| path == file)]
    };
    files.flat_map(of_file).collect()
}

/// The offer of an answer, which allows unless that is changed.
fn approval(ask: &Ask, title: String, answer: impl FnOnce(ApproveArgs) -> ApproveArgs) -> Offer {
    let (task, id) = (ask.task, Some(ask.id));
    let args = ApproveArgs { task, ask: id, allow: true, scope: None, refused: Vec::new() };
    Offer::of_task(CommandName::Approve, title, json!(answer(args))).pressing()
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
