//! `devika tasks checkpoints` and `devika tasks restore`: what was kept before a task's commands.

use devika_agent::{Engine, Workspace};
use devika_protocol::TaskId;

use super::{Complaint, terminal};

/// Lists the checkpoints of a task.
pub(super) async fn list(
    engine: &Engine,
    task: TaskId,
    place: &Workspace,
    as_json: bool,
) -> anyhow::Result<()> {
    for checkpoint in engine.checkpoints(task, &place.root).await.map_err(Complaint::usage)? {
        terminal::say(&match as_json {
            true => serde_json::to_string(&checkpoint)?,
            false => {
                format!("{:<10}  {:.12}  {}", checkpoint.name, checkpoint.commit, checkpoint.about)
            }
        });
    }
    Ok(())
}
