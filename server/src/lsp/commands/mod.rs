//! The commands of `workspace/executeCommand`: one file each, and here the table and the errors.

mod accept;
mod approve;
mod arguments;
mod cancel;
mod checkpoints;
mod diff;
mod discard;
mod doctor;
mod list;
mod memory_forget;
mod memory_remember;
mod memory_search;
mod memory_stats;
mod model_list;
mod model_select;
mod open;
mod pause;
mod pull_request;
mod push;
mod redo;
mod reply;
mod restore;
mod resume;
mod show;
mod start;
mod steer;
mod undo;

use std::sync::Arc;

use devika_agent::{Engine, EngineError, Workspace};
use devika_protocol::{COMMANDS, CommandName, TaskId};
use serde::Serialize;
use serde_json::Value;
use tower_lsp::jsonrpc::{Error, ErrorCode, Result};
use tower_lsp::ls_types::MessageType;

use self::arguments::parse;
use super::session::Session;
use crate::memory::Refused;

/// LSP's code for a request that is right and cannot be carried out.
const REQUEST_FAILED: ErrorCode = ErrorCode::ServerError(-32803);

/// The names of all commands, as they are announced to the client.
pub(super) fn names() -> Vec<String> {
    COMMANDS.iter().map(|(_, name)| (*name).to_owned()).collect()
}

/// Carries a command out. None of them waits for a task or for the client.
pub(super) async fn execute(
    session: &Arc<Session>,
    name: &str,
    arguments: &[Value],
) -> Result<Value> {
    let command = CommandName::parse(name).ok_or_else(|| unknown(name))?;
    match command {
        CommandName::Start => answer(start::run(session, parse(command, arguments)?).await?),
        CommandName::Cancel => answer(cancel::run(session, parse(command, arguments)?).await?),
        CommandName::List => answer(list::run(session, parse(command, arguments)?).await?),
        CommandName::Show => answer(show::run(session, parse(command, arguments)?).await?),
        CommandName::Reply => answer(reply::run(session, parse(command, arguments)?).await?),
        CommandName::Approve => answer(approve::run(session, parse(command, arguments)?).await?),
        CommandName::Resume => answer(resume::run(session, parse(command, arguments)?).await?),
        CommandName::Steer => answer(steer::run(session, parse(command, arguments)?).await?),
        CommandName::Pause => answer(pause::run(session, parse(command, arguments)?).await?),
        CommandName::Undo => answer(undo::run(session, parse(command, arguments)?).await?),
        CommandName::Redo => answer(redo::run(session, parse(command, arguments)?).await?),
        CommandName::Checkpoints => {
            answer(checkpoints::run(session, parse(command, arguments)?).await?)
        }
        CommandName::Restore => answer(restore::run(session, parse(command, arguments)?).await?),
        CommandName::Accept => answer(accept::run(session, parse(command, arguments)?).await?),
        CommandName::Discard => answer(discard::run(session, parse(command, arguments)?).await?),
        CommandName::Push => answer(push::run(session, parse(command, arguments)?).await?),
        CommandName::PullRequest => {
            answer(pull_request::run(session, parse(command, arguments)?).await?)
        }
        CommandName::Diff => answer(diff::run(session, parse(command, arguments)?).await?),
        CommandName::Doctor => answer(doctor::run(session, parse(command, arguments)?).await?),
        CommandName::ModelList => {
            answer(model_list::run(session, parse(command, arguments)?).await?)
        }
        CommandName::ModelSelect => {
            answer(model_select::run(session, parse(command, arguments)?).await?)
        }
        CommandName::Open => answer(open::run(session, parse(command, arguments)?).await?),
        CommandName::MemorySearch => {
            answer(memory_search::run(session, parse(command, arguments)?).await?)
        }
        CommandName::MemoryRemember => {
            answer(memory_remember::run(session, parse(command, arguments)?).await?)
        }
        CommandName::MemoryForget => {
            answer(memory_forget::run(session, parse(command, arguments)?).await?)
        }
        CommandName::MemoryStats => {
            answer(memory_stats::run(session, parse(command, arguments)?).await?)
        }
    }
}

/// Does something with the work of a task that has ended. It may wait for the client, and so goes on
/// after the answer; the user is told why where it does not come about.
async fn later<F>(
    session: &Arc<Session>,
    task: TaskId,
    act: impl FnOnce(Engine, Workspace) -> F + Send + 'static,
) -> Result<()>
where
    F: Future<Output = std::result::Result<(), EngineError>> + Send,
{
    let engine = session.engine().await.map_err(failed)?;
    let summary = engine.show(task).await.map_err(engine_error)?.summary;
    let workspace = session.workspace_of(&summary).map_err(Error::invalid_params)?;
    let client = session.client.clone();
    drop(tokio::spawn(async move {
        if let Err(error) = act(engine, workspace).await {
            client.show_later(MessageType::ERROR, format!("Devika: task {task}: {error}"));
        }
    }));
    Ok(())
}

/// The task that is meant: the one that is named, else the one that runs in the open folders.
fn meant(session: &Session, engine: &Engine, named: Option<TaskId>) -> Result<TaskId> {
    if let Some(task) = named {
        return Ok(task);
    }
    let running: Vec<_> = session.roots().iter().flat_map(|root| engine.running(root)).collect();
    match running.as_slice() {
        [task] => Ok(*task),
        [] => Err(Error::invalid_params("no task runs in the open folders")),
        several => {
            let ids: Vec<String> = several.iter().map(ToString::to_string).collect();
            Err(Error::invalid_params(format!(
                "several tasks run: name one as `task`, one of {}",
                ids.join(", ")
            )))
        }
    }
}

fn answer(result: impl Serialize) -> Result<Value> {
    serde_json::to_value(result)
        .map_err(|error| failed(format!("the answer cannot be written: {error}")))
}

fn unknown(name: &str) -> Error {
    Error::invalid_params(format!("there is no command `{name}`; there are {}", names().join(", ")))
}

fn failed(why: impl std::fmt::Display) -> Error {
    Error { code: REQUEST_FAILED, message: why.to_string().into(), data: None }
}

/// What the caller can mend is their argument's fault; the rest is the server's.
fn engine_error(error: EngineError) -> Error {
    match error {
        EngineError::Usage(_) | EngineError::NoTask(_) => Error::invalid_params(error.to_string()),
        EngineError::Store(_) => failed(error),
    }
}

/// As for [`engine_error`].
fn refused(refused: Refused) -> Error {
    match refused {
        Refused::Usage(why) => Error::invalid_params(why),
        Refused::Memory(error) => failed(error),
    }
}
