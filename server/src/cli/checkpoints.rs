//! `devika tasks checkpoints` and `devika tasks restore`: what was kept before a task's commands.

use devika_agent::{Engine, TaskCheckpoint, Workspace};
use devika_protocol::TaskId;
use serde_json::json;

use super::{Complaint, terminal};

/// Lists the checkpoints of a task.
pub(super) async fn list(
    engine: &Engine,
    task: TaskId,
    place: &Workspace,
    as_json: bool,
) -> anyhow::Result<()> {
    for TaskCheckpoint { checkpoint, line } in
        engine.checkpoints(task, &place.root).await.map_err(Complaint::usage)?
    {
        let about = match &line {
            Some(line) => format!("before `{line}`"),
            None if checkpoint.name.ends_with("-after") => "what a command left".to_owned(),
            None => "before files were restored".to_owned(),
        };
        let shown = match as_json {
            true => json!({
                "name": checkpoint.name,
                "commit": checkpoint.commit,
                "at": checkpoint.at,
                "bytes": checkpoint.bytes,
                "left_out": checkpoint.left_out,
                "command": line,
            })
            .to_string(),
            false => format!("{:<10}  {:.12}  {about}", checkpoint.name, checkpoint.commit),
        };
        terminal::say(&shown);
    }
    Ok(())
}
