//! What a replayed task is given before it begins, because nothing in it can bring it forth again.

use devika_protocol::TaskId;
use devika_store::{Store, StoreError};
use serde_json::{Value, json};

use super::{Trajectory, What};
use crate::conversation::Conversation;
use crate::run::OUTSIDE;

/// What a task is given before it begins.
#[derive(Debug, Default)]
pub(crate) struct Before {
    /// What was said in the project before.
    conversation: Option<Conversation>,
    /// What was found or done outside, by the keys of the journal.
    outside: Vec<(String, Value)>,
}

impl Before {
    /// What the recorded task was given, and what came of its acts outside.
    pub(super) fn of(trajectory: &Trajectory) -> Self {
        let conversation = trajectory.acts.iter().find_map(|act| match &act.what {
            What::Conversation { before } => before.clone(),
            _ => None,
        });
        let outside = trajectory.acts.iter().filter_map(|act| match &act.what {
            What::Outside { done: true, outcome } => Some((act.key.clone(), outcome.clone())),
            _ => None,
        });
        Self { conversation, outside: outside.collect() }
    }

    /// Gives it to a task that has not begun.
    pub(crate) async fn give(&self, store: &Store, task: TaskId) -> Result<(), StoreError> {
        if let Some(conversation) = &self.conversation {
            conversation.give(store, task).await?;
        }
        for (key, outcome) in &self.outside {
            let entry = store.intend(task, key, OUTSIDE, json!({})).await?;
            store.settle(entry.id, outcome.clone()).await?;
        }
        Ok(())
    }
}
