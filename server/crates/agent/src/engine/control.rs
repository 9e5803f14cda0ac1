//! What the user may do with a task that is under way: stop it, pause it, say more to it.

use std::time::Duration;

use devika_protocol::{Event, TaskId, TaskState};
use devika_store::StoreError;

use super::{Engine, word};
use crate::error::EngineError;
use crate::steer;

/// How often it is tried to store that a task has ended.
const RETRY: Duration = Duration::from_secs(1);

/// How often it is tried to tell it: what waits to be stored in the same moment can take it along.
const TELLINGS: u32 = 5;

impl Engine {
    /// Tells the end of a task that cannot be stored, and stores as soon as that is possible that the task
    /// can be taken up again.
    pub(super) async fn end_unstored(&self, task: TaskId, error: &StoreError) {
        tracing::error!(%task, %error, "the end of the task cannot be stored");
        let closing = &self.0.closing;
        if !closing.is_cancelled() {
            let reason = format!(
                "The task's journal cannot be written: {error}. Nothing more was done, and what is done is kept. Go on with `devika tasks resume {task}` once that is mended."
            );
            for _ in 0..TELLINGS {
                let event = Event::Failed { reason: reason.clone() };
                match self.0.store.tell_only(task, event).await {
                    Ok(()) => break,
                    Err(error) => {
                        tracing::error!(%task, %error, "the end of the task is not heard")
                    }
                }
            }
        }
        while closing.run_until_cancelled(tokio::time::sleep(RETRY)).await.is_some() {
            if self.0.store.set_state(task, TaskState::Interrupted).await.is_ok() {
                break;
            }
        }
    }

    /// Stops a task: the model's stream, the command that runs and the edit that is pending.
    ///
    /// # Errors
    /// [`EngineError::NoTask`], or [`EngineError::Usage`] where another process runs it.
    pub async fn cancel(&self, task: TaskId) -> Result<(), EngineError> {
        if let Some(live) = self.live().get(&task) {
            live.cancel.cancel();
            return Ok(());
        }
        let summary = self.summary(task).await?;
        match summary.state {
            TaskState::Completed | TaskState::Cancelled => Ok(()),
            TaskState::Failed | TaskState::Paused | TaskState::Interrupted => {
                Ok(self.0.store.finish(task, TaskState::Cancelled, Event::Cancelled {}).await?)
            }
            TaskState::Queued | TaskState::Running | TaskState::Waiting => Err(EngineError::Usage(
                format!("task {task} runs in another editor or terminal; cancel it there"),
            )),
        }
    }

    /// Pauses a task after what it does at the moment: the turn, the command, the edit. A task that
    /// waits for the user or for its place in the queue pauses at once.
    ///
    /// # Errors
    /// [`EngineError::NoTask`], or [`EngineError::Usage`] where the task does not run in this process.
    pub async fn pause(&self, task: TaskId) -> Result<(), EngineError> {
        if let Some(live) = self.live().get(&task) {
            live.pause.cancel();
            return Ok(());
        }
        let why = match self.summary(task).await?.state {
            TaskState::Queued | TaskState::Running | TaskState::Waiting => {
                "runs in another editor or terminal; pause it there".to_owned()
            }
            state => format!("is {}; only one that runs can be paused", word(state)),
        };
        Err(EngineError::Usage(format!("task {task} {why}")))
    }

    /// Says more to a task: its next turn gets it, in whichever process it runs; one that can be
    /// resumed gets it then.
    ///
    /// # Errors
    /// [`EngineError::NoTask`], or [`EngineError::Usage`] for an empty or over-long text or a task
    /// that has ended.
    pub async fn steer(&self, task: TaskId, text: &str) -> Result<(), EngineError> {
        self.check_prompt(text)?;
        let state = self.summary(task).await?.state;
        if matches!(state, TaskState::Completed | TaskState::Cancelled) {
            return Err(EngineError::Usage(format!(
                "task {task} is {}; start a new one, which knows what was said",
                word(state)
            )));
        }
        Ok(steer::say(&self.0.store, task, text.trim()).await?)
    }
}
