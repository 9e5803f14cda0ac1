//! The questions and approvals that wait for an answer by command.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use devika_protocol::{AskId, AskKind, Refusal, TaskId};
use tokio::sync::oneshot;

use crate::ports::{Ask, ProposedEdit, UserReply};

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
        fits(pending.ask.kind, &pending.ask.edits, &reply)?;
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
/// A text that says what to do instead.
pub(crate) fn fits(kind: AskKind, edits: &[ProposedEdit], reply: &UserReply) -> Result<(), String> {
    match (kind, reply) {
        (_, UserReply::Absent) | (AskKind::Question, UserReply::Answer(_)) => Ok(()),
        (AskKind::Question, _) => {
            Err("a question is asked; answer it with `devika.task.reply`".to_owned())
        }
        (_, UserReply::Answer(_)) => {
            Err("an approval is asked; answer it with `devika.task.approve`".to_owned())
        }
        (AskKind::Edits, UserReply::AllowBut(refused)) => {
            refused.iter().try_for_each(|refusal| is_part(edits, refusal))
        }
        (_, UserReply::AllowBut(_)) => Err("only edits can be allowed in part".to_owned()),
        (kind, _) if kind.has_scopes() => Ok(()),
        (_, UserReply::Allow | UserReply::Deny) => Ok(()),
        (_, UserReply::AllowOnce | UserReply::AllowAlways) => {
            Err("only a command, a host for it, or a finding can be allowed once or for good"
                .to_owned())
        }
    }
}

/// Checks that what is refused is among the edits: otherwise it would be applied in spite of it.
fn is_part(edits: &[ProposedEdit], refusal: &Refusal) -> Result<(), String> {
    let path = &refusal.path;
    let Some(edit) = edits.iter().find(|edit| edit.path == *path) else {
        let paths: Vec<&str> = edits.iter().map(|edit| edit.path.as_str()).collect();
        return Err(format!("`{path}` is not among the edits; name one of: {}", paths.join(", ")));
    };
    match refusal.hunks.iter().find(|hunk| !(1..=edit.hunks).contains(*hunk)) {
        Some(hunk) => Err(format!(
            "there is no hunk {hunk} of `{path}`; it has {}, counted from 1",
            edit.hunks
        )),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn but(path: &str, hunks: &[u32]) -> UserReply {
        UserReply::AllowBut(vec![Refusal { path: path.to_owned(), hunks: hunks.to_vec() }])
    }

    #[test]
    fn only_parts_that_there_are_can_be_refused_and_only_of_edits() {
        let edits = [ProposedEdit { path: "a.py".to_owned(), hunks: 2 }];
        for fit in [but("a.py", &[]), but("a.py", &[1, 2])] {
            assert_eq!(fits(AskKind::Edits, &edits, &fit), Ok(()));
        }
        let complaint = |kind, reply| fits(kind, &edits, &reply).unwrap_err();
        insta::assert_snapshot!(complaint(AskKind::Edits, but("b.py", &[])), @"`b.py` is not among the edits; name one of: a.py");
        insta::assert_snapshot!(complaint(AskKind::Edits, but("a.py", &[1, 3])), @"there is no hunk 3 of `a.py`; it has 2, counted from 1");
        insta::assert_snapshot!(complaint(AskKind::Edits, but("a.py", &[0])), @"there is no hunk 0 of `a.py`; it has 2, counted from 1");
        insta::assert_snapshot!(complaint(AskKind::Plan, but("a.py", &[])), @"only edits can be allowed in part");
    }

    #[test]
    fn what_is_refused_is_read_again_from_the_journal() {
        for reply in [but("a, b.py", &[]), but("a.py", &[2, 3]), UserReply::Allow, UserReply::Deny]
        {
            assert_eq!(UserReply::of_word(&reply.kept()), reply);
        }
    }
}
