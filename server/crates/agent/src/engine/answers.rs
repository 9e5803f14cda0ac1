//! What the user answers: to a task that runs, or to one that is taken up later.

use devika_protocol::{ApprovalScope, AskId, Refusal, TaskId};
use serde_json::json;

use super::Engine;
use crate::asks::fits;
use crate::error::EngineError;
use crate::ports::{ProposedEdit, UserReply};

impl Engine {
    /// Answers a question.
    ///
    /// # Errors
    /// [`EngineError::Usage`] where nothing, or something else, is asked.
    pub async fn reply(&self, task: TaskId, answer: String) -> Result<(), EngineError> {
        self.answer(task, None, UserReply::Answer(answer)).await
    }

    /// Answers an approval: for how long it is allowed, or not at all.
    ///
    /// # Errors
    /// [`EngineError::Usage`] where nothing, or something else, is asked.
    pub async fn approve(
        &self,
        task: TaskId,
        ask: Option<AskId>,
        allow: Option<ApprovalScope>,
    ) -> Result<(), EngineError> {
        let reply = match allow {
            Some(ApprovalScope::Once) => UserReply::AllowOnce,
            Some(ApprovalScope::Task) => UserReply::Allow,
            Some(ApprovalScope::Project) => UserReply::AllowAlways,
            None => UserReply::Deny,
        };
        self.answer(task, ask, reply).await
    }

    /// Allows edits but for these parts of them.
    ///
    /// # Errors
    /// [`EngineError::Usage`] where no edits wait, or where they have no such parts.
    pub async fn approve_but(
        &self,
        task: TaskId,
        ask: Option<AskId>,
        refused: Vec<Refusal>,
    ) -> Result<(), EngineError> {
        self.answer(task, ask, UserReply::AllowBut(refused)).await
    }

    async fn answer(
        &self,
        task: TaskId,
        id: Option<AskId>,
        reply: UserReply,
    ) -> Result<(), EngineError> {
        let answered = self.0.asks.answer(task, id, reply.clone()).map_err(EngineError::Usage)?;
        if answered { Ok(()) } else { self.answer_later(task, id, reply).await }
    }

    /// Puts the answer into the journal of a task that nobody runs now, for when it is resumed.
    async fn answer_later(
        &self,
        task: TaskId,
        id: Option<AskId>,
        reply: UserReply,
    ) -> Result<(), EngineError> {
        self.summary(task).await?;
        let entries = self.0.store.entries(task).await?;
        let open = entries.into_iter().rfind(|e| e.kind == "ask" && e.outcome.is_none());
        let open = open.filter(|entry| {
            id.is_none_or(|id| id.0 == entry.id) && !self.live().contains_key(&task)
        });
        let Some(entry) = open else {
            return Err(EngineError::Usage(format!("task {task} asks nothing now")));
        };
        let kind = serde_json::from_value(entry.intent["kind"].clone())
            .map_err(|error| EngineError::Usage(format!("the question cannot be read: {error}")))?;
        let edits = entry.intent.get("edits").cloned().unwrap_or_else(|| json!([]));
        let edits: Vec<ProposedEdit> = serde_json::from_value(edits)
            .map_err(|error| EngineError::Usage(format!("the edits cannot be read: {error}")))?;
        fits(kind, &edits, &reply).map_err(EngineError::Usage)?;
        self.0.store.settle(entry.id, json!(reply.kept())).await?;
        self.0.store.append(task, reply.told(AskId(entry.id)));
        Ok(())
    }
}
