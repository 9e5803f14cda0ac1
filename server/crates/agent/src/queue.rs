//! One lane a workspace, and one more for tasks beside it in worktrees of their own: as many tasks run as
//! there is room, the others wait in order.

use std::collections::{HashMap, VecDeque};
use std::path::{Path, PathBuf};

use devika_protocol::TaskId;
use tokio::sync::oneshot;

use crate::error::EngineError;

/// The lanes of all workspaces. The first tasks of a lane are those that run.
#[derive(Default)]
pub(crate) struct Lanes(HashMap<Lane, VecDeque<Place>>);

/// Which lane it is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Lane {
    /// The workspace.
    pub(crate) root: PathBuf,
    /// How many tasks run at once.
    pub(crate) width: usize,
    /// Whether they are in worktrees of their own.
    pub(crate) beside: bool,
}

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
    pub(crate) fn room(&self, lane: &Lane, limit: usize) -> Result<u32, EngineError> {
        let there = self.0.get(lane).map_or(0, VecDeque::len);
        let ahead = (there + 1).saturating_sub(lane.width);
        if ahead > limit {
            return Err(EngineError::Usage(format!(
                "{limit} tasks wait for this workspace already (`tasks.queue`); cancel one or wait"
            )));
        }
        Ok(ahead as u32)
    }

    /// Takes a place at the end of a lane.
    pub(crate) fn enter(&mut self, lane: &Lane, task: TaskId) -> Ticket {
        let (call, called) = oneshot::channel();
        let places = self.0.entry(lane.clone()).or_default();
        places.push_back(Place { task, call: Some(call) });
        call_first(places, lane.width);
        Ticket(called)
    }

    /// Gives a place up, and calls whoever has room now.
    pub(crate) fn leave(&mut self, lane: &Lane, task: TaskId) {
        let Some(places) = self.0.get_mut(lane) else { return };
        places.retain(|place| place.task != task);
        call_first(places, lane.width);
        if places.is_empty() {
            self.0.remove(lane);
        }
    }

    /// The tasks that run in a workspace, or beside it, the oldest first.
    pub(crate) fn running(&self, root: &Path) -> Vec<TaskId> {
        let lanes = self.0.iter().filter(|(lane, _)| lane.root == root);
        let running = lanes.flat_map(|(lane, places)| places.iter().take(lane.width));
        let mut tasks: Vec<TaskId> = running.map(|place| place.task).collect();
        tasks.sort();
        tasks
    }
}

fn call_first(places: &mut VecDeque<Place>, width: usize) {
    for call in places.iter_mut().take(width).filter_map(|place| place.call.take()) {
        // A task that was cancelled while it waited no longer listens; it leaves the lane itself.
        let _gone = call.send(());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lane(width: usize) -> Lane {
        Lane { root: PathBuf::from("/project"), width, beside: width > 1 }
    }

    #[tokio::test]
    async fn tasks_of_a_workspace_run_in_the_order_they_came() {
        let (mut lanes, lane) = (Lanes::default(), lane(1));
        let first = lanes.enter(&lane, TaskId(1));
        let mut second = lanes.enter(&lane, TaskId(2));
        first.called().await;
        assert!(second.0.try_recv().is_err());
        lanes.leave(&lane, TaskId(1));
        second.called().await;
        assert_eq!(lanes.running(&lane.root), [TaskId(2)]);
    }

    #[tokio::test]
    async fn tasks_beside_a_workspace_run_at_once_as_far_as_there_is_room() {
        let (mut lanes, own, beside) = (Lanes::default(), lane(1), lane(2));
        lanes.enter(&own, TaskId(1)).called().await;
        lanes.enter(&beside, TaskId(2)).called().await;
        lanes.enter(&beside, TaskId(3)).called().await;
        assert_eq!(lanes.room(&beside, 9).unwrap(), 1);
        let mut waits = lanes.enter(&beside, TaskId(4));
        assert!(waits.0.try_recv().is_err());
        assert_eq!(lanes.running(&own.root), [1, 2, 3].map(TaskId));
        lanes.leave(&beside, TaskId(3));
        waits.called().await;
        assert_eq!(lanes.running(&own.root), [1, 2, 4].map(TaskId));
    }

    #[test]
    fn a_full_queue_refuses_the_next_task_and_names_the_limit() {
        let (mut lanes, lane) = (Lanes::default(), lane(1));
        for id in 0..3 {
            drop(lanes.enter(&lane, TaskId(id)));
        }
        let error = lanes.room(&lane, 2).unwrap_err().to_string();
        assert!(error.contains("tasks.queue"), "{error}");
    }
}
