//! The language server: the only place that knows LSP types.
//!
//! The library behind it runs all handlers in one task, a bounded number at a time. Hence five
//! rules: state is touched before any await; no handler waits for a task or for the client;
//! requests to the client are spawned, timed out where their answer is awaited, and never dropped;
//! many handlers may run at once; and the session ends with `exit` or with the input.

mod authorship;
mod backend;
mod bodies;
mod code_actions;
mod commands;
mod connect;
mod connection;
mod documents;
mod editor;
mod events;
mod frames;
mod hover;
mod language_models;
mod language_servers;
mod narration;
mod negotiated;
mod outgoing;
mod pages;
mod positions;
mod progress;
mod roots;
mod saving;
mod session;
mod showing;
mod stories;
mod surroundings;
mod text_edits;
mod transport;
mod uri;
mod user;
mod workspace_edits;

#[cfg(test)]
mod code_action_tests;
#[cfg(test)]
mod editor_tests;
#[cfg(test)]
mod engine_tests;
#[cfg(test)]
mod frames_tests;
#[cfg(test)]
mod model_tests;
#[cfg(test)]
mod session_tests;
#[cfg(test)]
mod test_client;

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use devika_protocol::{LM_CHUNK_METHOD, LM_MODELS_METHOD};
use tokio::io::{AsyncRead, AsyncWrite};
use tower_lsp::{ClientSocket, LspService, Server};

use self::backend::Backend;
use self::connect::Connect;
use self::session::Session;
use self::transport::{Outlet, cleaned};

/// Handlers that may run at once.
const CONCURRENT_HANDLERS: usize = 64;

/// How long handlers that still run may take to finish when the input has ended.
const LAST_HANDLERS_TIME: Duration = Duration::from_millis(300);

/// How long the engine may take to stop its tasks and their commands when the session ends.
const SHUTDOWN_TIME: Duration = Duration::from_millis(1500);

/// Serves one client until it sends `exit` or closes its side, then stops the engine. A read of
/// `input` may still be under way after that, so that the program should exit and not wait for it.
///
/// # Errors
/// Where the client reads no more, or sends `exit` without `shutdown`.
pub(crate) async fn serve<I, O>(
    input: I,
    output: O,
    connect: impl Into<Connect>,
) -> anyhow::Result<()>
where
    I: AsyncRead + Unpin,
    O: AsyncWrite + Unpin,
{
    let (session, service, socket) = connection_point(connect.into());
    converse(input, output, &session, service, socket).await
}

/// A session, and what tower-lsp needs to feed it.
fn connection_point(connect: Connect) -> (Arc<Session>, LspService<Backend>, ClientSocket) {
    let (service, socket) = LspService::build(|client| Backend::new(Session::new(client, connect)))
        .custom_method("window/workDoneProgress/cancel", Backend::cancel_progress)
        .custom_method("$/setTrace", Backend::set_trace)
        .custom_method(LM_MODELS_METHOD, Backend::lm_models)
        .custom_method(LM_CHUNK_METHOD, Backend::lm_chunk)
        .finish();
    let session = Arc::clone(service.inner().session());
    (session, service, socket)
}

async fn converse<I, O>(
    input: I,
    output: O,
    session: &Session,
    service: LspService<Backend>,
    socket: ClientSocket,
) -> anyhow::Result<()>
where
    I: AsyncRead + Unpin,
    O: AsyncWrite + Unpin,
{
    let (outlet, carry) = Outlet::onto(output);
    let on_shutdown = || session.state().shut_down = true;
    let (clean, fill) = cleaned(input, outlet.another(), on_shutdown);
    let handlers =
        Server::new(clean, outlet, socket).concurrency_level(CONCURRENT_HANDLERS).serve(service);
    let ended = run(handlers, fill, carry).await;
    stop(session).await;
    if ended? == Ended::Exit && !session.state().shut_down {
        anyhow::bail!("the client sent `exit` without `shutdown`");
    }
    Ok(())
}

#[derive(Debug, PartialEq, Eq)]
enum Ended {
    Exit,
    Input,
}

/// Runs the three parts of a session until one of them ends it.
async fn run(
    handlers: impl Future<Output = ()>,
    fill: impl Future<Output = std::io::Result<()>>,
    carry: impl Future<Output = std::io::Result<()>>,
) -> std::io::Result<Ended> {
    let (mut handlers, mut carry) = (pin!(handlers), pin!(carry));
    let ended = {
        let mut fill = pin!(fill);
        tokio::select! {
            () = &mut handlers => Ended::Exit,
            filled = &mut fill => filled.map(|()| Ended::Input)?,
            carried = &mut carry => return carried.map(|()| Ended::Exit),
        }
    };
    // What was asked before the end is still answered, if the client reads it.
    let rest = async {
        if ended == Ended::Input {
            handlers.await;
        }
    };
    let last = async { tokio::join!(rest, carry) };
    if tokio::time::timeout(LAST_HANDLERS_TIME, last).await.is_err() {
        tracing::debug!("the session ended before its last answers were read");
    }
    Ok(ended)
}

async fn stop(session: &Session) {
    session.closing.cancel();
    if let Some(engine) = session.connected.get()
        && tokio::time::timeout(SHUTDOWN_TIME, engine.shutdown()).await.is_err()
    {
        tracing::warn!("the engine did not stop in time; its tasks can be resumed");
    }
}
