//! One lane a workspace: one task runs, the others wait in order.

use std::collections::{HashMap, VecDeque};
use std::path::{Path, PathBuf};

use devika_protocol::TaskId;
use tokio::sync::oneshot;

use crate::error::EngineError;

/// The lanes of all workspaces. The first task of a lane is the one that runs.
#[derive(Default)]
pub(crate) struct Lanes(HashMap<PathBuf, VecDeque<Place>>);

struct Place {
    task: TaskId,
    call: Option<oneshot::Sender<()>>,
}

/// A place in a lane.
pub(crate) struct Ticket(oneshot::Receiver<()>);

impl Ticket {
    /// Returns when it is this task's turn.
    pub(crate) async fn called(self) {
        // The sender is only dropped with the lane itself, when the task has left it.
        let _left = self.0.await;
    }
}

impl Lanes {
    /// How many tasks are ahead of a new one.
    ///
    /// # Errors
    /// [`EngineError::Usage`] where more than `limit` wait already.
    pub(crate) fn room(&self, root: &Path, limit: usize) -> Result<u32, EngineError> {
        let ahead = self.0.get(root).map_or(0, VecDeque::len);
        if ahead > limit {
            return Err(EngineError::Usage(format!(
                "{limit} tasks wait for this workspace already (`tasks.queue`); cancel one or wait"
            )));
        }
        Ok(ahead as u32)
    }

    /// Takes a place at the end of a workspace's lane.
    pub(crate) fn enter(&mut self, root: &Path, task: TaskId) -> Ticket {
        let (call, called) = oneshot::channel();
        let lane = self.0.entry(root.to_path_buf()).or_default();
        lane.push_back(Place { task, call: Some(call) });
        call_first(lane);
        Ticket(called)
    }

    /// Gives a place up, and calls whoever is first now.
    pub(crate) fn leave(&mut self, root: &Path, task: TaskId) {
        let Some(lane) = self.0.get_mut(root) else { return };
        lane.retain(|place| place.task != task);
        call_first(lane);
        if lane.is_empty() {
            self.0.remove(root);
        }
    }

    /// The task that runs in a workspace.
    pub(crate) fn running(&self, root: &Path) -> Option<TaskId> {
        self.0.get(root)?.front().map(|place| place.task)
    }
}

fn call_first(lane: &mut VecDeque<Place>) {
    if let Some(call) = lane.front_mut().and_then(|place| place.call.take()) {
        // A task that was cancelled while it waited no longer listens; it leaves the lane itself.
        let _gone = call.send(());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn tasks_of_a_workspace_run_in_the_order_they_came() {
        let mut lanes = Lanes::default();
        let root = Path::new("/project");
        let first = lanes.enter(root, TaskId(1));
        let mut second = lanes.enter(root, TaskId(2));
        first.called().await;
        assert!(second.0.try_recv().is_err());
        lanes.leave(root, TaskId(1));
        second.called().await;
        assert_eq!(lanes.running(root), Some(TaskId(2)));
    }

    #[test]
    fn a_full_queue_refuses_the_next_task_and_names_the_limit() {
        let mut lanes = Lanes::default();
        let root = Path::new("/project");
        for id in 0..3 {
            drop(lanes.enter(root, TaskId(id)));
        }
        let error = lanes.room(root, 2).unwrap_err().to_string();
        assert!(error.contains("tasks.queue"), "{error}");
    }
}
