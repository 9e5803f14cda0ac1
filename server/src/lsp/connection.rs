//! Connecting the engine: once, in the background, and again by the next command where it failed.

use std::sync::Arc;
use std::time::Duration;

use devika_agent::{Engine, Workspace};
use devika_protocol::{Cap, CommandName, TaskSummary};
use tower_lsp::ls_types::MessageType;

use super::connect::Options;
use super::events;
use super::session::Session;

/// How long a command waits for the engine: handlers that wait for ever would in the end keep the
/// session from reading on.
const CONNECT_TIME: Duration = Duration::from_secs(20);

/// The title that takes up an interrupted task.
const RESUME: &str = "Resume";

/// The title that leaves an interrupted task as it is.
const NOT_NOW: &str = "Not now";

/// Characters of a prompt that are quoted in a message.
const QUOTED_CHARS: usize = 60;

impl Session {
    /// The engine, connected now if it is not yet.
    ///
    /// # Errors
    /// Why it cannot be connected, for the user.
    pub(super) async fn engine(self: &Arc<Self>) -> Result<Engine, String> {
        if let Some(engine) = self.connected.get() {
            return Ok(engine.clone());
        }
        let session = Arc::clone(self);
        // A request that is cancelled must not break off the connecting that others wait for.
        let connecting = tokio::spawn(async move {
            session.connected.get_or_try_init(|| session.connect_engine()).await.cloned()
        });
        match tokio::time::timeout(CONNECT_TIME, connecting).await {
            Ok(Ok(engine)) => engine,
            Ok(Err(error)) => Err(format!("connecting the engine broke off: {error}")),
            Err(_) => Err("Devika is still being connected; try again in a moment".to_owned()),
        }
    }

    async fn connect_engine(self: &Arc<Self>) -> Result<Engine, String> {
        let options = {
            let editor = self.editor_models();
            let state = self.state();
            let root = state.roots.all().into_iter().next();
            Options { config: state.config.clone(), root, editor }
        };
        match self.connect.engine(options).await {
            Ok(engine) => {
                let heard = engine.subscribe();
                drop(tokio::spawn(events::forward(Arc::clone(self), engine.clone(), heard)));
                drop(tokio::spawn(offer_interrupted(Arc::clone(self), engine.clone())));
                Ok(engine)
            }
            Err(why) => {
                let told = self.state().told.replace(why.clone());
                if told.as_ref() != Some(&why) {
                    self.client
                        .show_later(MessageType::ERROR, format!("Devika cannot work yet: {why}"));
                }
                Err(why)
            }
        }
    }
}

/// Tells the user of the tasks whose process died, and takes up those they want.
async fn offer_interrupted(session: Arc<Session>, engine: Engine) {
    let roots = session.roots();
    if roots.is_empty() {
        return;
    }
    match engine.interrupted(&roots).await {
        Ok(tasks) => {
            session.state().interrupted.clone_from(&tasks);
            for task in tasks {
                drop(tokio::spawn(offer(Arc::clone(&session), engine.clone(), task)));
            }
        }
        Err(error) => tracing::warn!(%error, "interrupted tasks cannot be listed"),
    }
}

async fn offer(session: Arc<Session>, engine: Engine, task: TaskSummary) {
    let id = task.id;
    let what = format!("Devika: task {id} was interrupted: {}", quoted(&task.prompt));
    if !session.negotiated().choices {
        let command = CommandName::Resume.as_str();
        let how = format!("{what} Resume it with `{command}` {{\"task\": {id}}}.");
        session.client.show(MessageType::INFO, how).await;
        return;
    }
    let question = format!("{what} Resume?");
    let chosen = session.client.choose(MessageType::INFO, question, &[RESUME, NOT_NOW]).await;
    if chosen.as_deref() == Some(RESUME)
        && let Err(why) = session.resume(&engine, task, None).await
    {
        session.client.show(MessageType::ERROR, format!("Devika: {why}")).await;
    }
}

impl Session {
    /// Takes up a task of an open root.
    ///
    /// # Errors
    /// Why it cannot be taken up, for the user.
    pub(super) async fn resume(
        self: &Arc<Self>,
        engine: &Engine,
        task: TaskSummary,
        budget: Option<Cap>,
    ) -> Result<(), String> {
        let workspace = self.workspace_of(&task)?;
        self.state().stories.take_up(&task);
        engine.resume(task.id, workspace, budget).await.map_err(|error| error.to_string())?;
        self.state().interrupted.retain(|other| other.id != task.id);
        Ok(())
    }

    /// The open folder that a task belongs to.
    ///
    /// # Errors
    /// Why there is none, for the user.
    pub(super) fn workspace_of(self: &Arc<Self>, task: &TaskSummary) -> Result<Workspace, String> {
        let root = self.roots().into_iter().find(|root| root.display().to_string() == task.project);
        let root = root.ok_or_else(|| {
            format!(
                "task {} belongs to {}; open that folder in the editor first",
                task.id, task.project
            )
        })?;
        Ok(self.workspace(root))
    }
}

/// The beginning of a prompt, as one line in quotation marks.
pub(super) fn quoted(prompt: &str) -> String {
    let line = prompt.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut start: String = line.chars().take(QUOTED_CHARS).collect();
    if start.len() < line.len() {
        start.push('…');
    }
    format!("“{start}”")
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn a_long_prompt_is_quoted_by_its_beginning_on_one_line() {
        assert_eq!(quoted("write\n  a test"), "“write a test”");
        assert_eq!(quoted(&"ä".repeat(61)), format!("“{}…”", "ä".repeat(60)));
    }
}
