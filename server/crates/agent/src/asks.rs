//! The questions and approvals that wait for an answer by command.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use devika_protocol::{AskId, AskKind, TaskId};
use tokio::sync::oneshot;

use crate::ports::{Ask, UserReply};

/// The questions and approvals that wait for an answer by command: at most one a task.
#[derive(Clone, Default)]
pub(crate) struct Asks(Arc<Mutex<HashMap<TaskId, Pending>>>);

struct Pending {
    root: PathBuf,
    ask: Ask,
    answer: oneshot::Sender<UserReply>,
}

impl Asks {
    /// Registers an ask; the receiver gets the answer that comes by command.
    pub(crate) fn put(&self, root: PathBuf, ask: Ask) -> oneshot::Receiver<UserReply> {
        let (answer, receiver) = oneshot::channel();
        self.lock().insert(ask.task, Pending { root, ask, answer });
        receiver
    }

    /// Forgets the ask of a task.
    pub(crate) fn withdraw(&self, task: TaskId) {
        self.lock().remove(&task);
    }

    /// All of them, with the roots they are about.
    pub(crate) fn pending(&self) -> Vec<(PathBuf, Ask)> {
        self.lock().values().map(|pending| (pending.root.clone(), pending.ask.clone())).collect()
    }

    /// Answers the ask of a task. `Ok(false)` where none is pending.
    ///
    /// # Errors
    /// A text that says why the answer does not fit what is asked.
    pub(crate) fn answer(
        &self,
        task: TaskId,
        id: Option<AskId>,
        reply: UserReply,
    ) -> Result<bool, String> {
        let mut asks = self.lock();
        let Some(pending) = asks.get(&task) else { return Ok(false) };
        if id.is_some_and(|id| id != pending.ask.id) {
            return Err("that approval is no longer pending".to_owned());
        }
        fits(pending.ask.kind, &reply)?;
        if let Some(pending) = asks.remove(&task) {
            // The task may have ended in this instant; then nobody waits for the answer.
            let _gone = pending.answer.send(reply);
        }
        Ok(true)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<TaskId, Pending>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Checks that a reply answers an ask of this kind.
///
/// # Errors
/// A text that names the command to use instead.
pub(crate) fn fits(kind: AskKind, reply: &UserReply) -> Result<(), String> {
    match (kind, reply) {
        (_, UserReply::Absent) | (AskKind::Question, UserReply::Answer(_)) => Ok(()),
        (AskKind::Question, _) => {
            Err("a question is asked; answer it with `devika.task.reply`".to_owned())
        }
        (_, UserReply::Answer(_)) => {
            Err("an approval is asked; answer it with `devika.task.approve`".to_owned())
        }
        (kind, _) if kind.has_scopes() => Ok(()),
        (_, UserReply::Allow | UserReply::Deny) => Ok(()),
        (_, UserReply::AllowOnce | UserReply::AllowAlways) => {
            Err("only a command, a host for it, or a finding can be allowed once or for good"
                .to_owned())
        }
    }
}
