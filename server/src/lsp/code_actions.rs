//! What a client can do about the tasks of a folder without any plugin: approve, deny, pause,
//! cancel and resume, as code actions at any place in any of its files.

use devika_agent::Engine;
use devika_protocol::{ApprovalScope, ApproveArgs, AskKind, CommandName, TaskId};
use serde_json::json;
use tower_lsp::ls_types::{CodeActionOrCommand, CodeActionParams, Command};

use super::connection::quoted;
use super::session::Session;

/// The actions for a place; none unless something waits or runs. Nothing here waits: clients ask at
/// every move of the cursor.
pub(super) fn actions(session: &Session, params: &CodeActionParams) -> Vec<CodeActionOrCommand> {
    // A client that names kinds looks for fixes or for what to do on save, and these are neither.
    if params.context.only.as_ref().is_some_and(|kinds| !kinds.is_empty()) {
        return Vec::new();
    }
    let Some(engine) = session.connected.get() else { return Vec::new() };
    let state = session.state();
    let root = state.roots.of(&params.text_document.uri);
    let Some(root) = root.or_else(|| state.roots.choose(None).ok()) else { return Vec::new() };
    let mut commands = answers(engine, &root);
    if let Some(task) = engine.running(&root) {
        commands.push(command(
            CommandName::Pause,
            format!("Devika: pause task {task}"),
            json!({"task": task}),
        ));
        commands.push(command(
            CommandName::Cancel,
            format!("Devika: cancel task {task}"),
            json!({"task": task}),
        ));
    }
    let project = root.display().to_string();
    let interrupted = state.interrupted.iter().filter(|task| task.project == project);
    commands.extend(interrupted.map(|task| {
        let title = format!("Devika: resume task {}: {}", task.id, quoted(&task.prompt));
        command(CommandName::Resume, title, json!({"task": task.id}))
    }));
    commands.into_iter().map(CodeActionOrCommand::Command).collect()
}

/// The answers to each approval of the root. A question needs words, which an action has none of.
fn answers(engine: &Engine, root: &std::path::Path) -> Vec<Command> {
    let pending = engine.pending().into_iter().filter(|(of, _)| of == root).map(|(_, ask)| ask);
    let mut approvals: Vec<_> = pending.filter(|ask| ask.kind != AskKind::Question).collect();
    approvals.sort_by_key(|ask| ask.id.0);
    approvals
        .into_iter()
        .flat_map(|ask| {
            let action = |verb, allow, scope| {
                let title =
                    format!("Devika: {verb} {} {}", subject(ask.kind, ask.task), quoted(&ask.text));
                let args = ApproveArgs { task: ask.task, ask: Some(ask.id), allow, scope };
                command(CommandName::Approve, title, json!(args))
            };
            let for_good = ask
                .kind
                .has_scopes()
                .then(|| action("always allow", true, Some(ApprovalScope::Project)));
            [action("allow", true, None)]
                .into_iter()
                .chain(for_good)
                .chain([action("deny", false, None)])
                .collect::<Vec<_>>()
        })
        .collect()
}

fn subject(kind: AskKind, task: TaskId) -> String {
    match kind {
        AskKind::Plan => format!("the plan of task {task}:"),
        AskKind::Edits => format!("the edits of task {task}:"),
        AskKind::Command => format!("a command of task {task}:"),
        AskKind::Trust => format!("trusting this folder (task {task}):"),
        AskKind::Host => format!("a host for task {task}:"),
        AskKind::Outside => format!("what task {task} asks:"),
        AskKind::Question => format!("task {task}:"),
    }
}

fn command(name: CommandName, title: String, arguments: serde_json::Value) -> Command {
    Command::new(title, name.as_str().to_owned(), Some(vec![arguments]))
}
