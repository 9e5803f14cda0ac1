//! What the user is changing while a task works beside their files: shown to the model, and never edited.

use std::sync::Arc;

use devika_edit::unified;
use serde_json::json;

use crate::context;
use crate::error::Stop;
use crate::ports::Editor;
use crate::run::Run;
use crate::snapshot::read_disk;

/// Names it in the journal.
const KEY: &str = "beside";

/// Characters of all differences at the most.
const MOST: usize = 6_000;

/// How the files that are open in the user's editor, unsaved text included, differ from those that the
/// task works on; none where they do not, or the task works on them.
pub(crate) async fn changes_of_user(run: &Run) -> Result<Option<String>, Stop> {
    let editor = run.beside.clone();
    if editor.is_none() && !run.is_done(KEY).await? {
        return Ok(None);
    }
    let changes: String = run
        .outside(KEY, json!({}), async |_| {
            Ok(editor.map(|editor| differences(run, &editor)).unwrap_or_default())
        })
        .await?;
    Ok((!changes.is_empty()).then(|| context::fenced(&changes)))
}

fn differences(run: &Run, editor: &Arc<dyn Editor>) -> String {
    let mut text = String::new();
    for (path, theirs) in editor.snapshot().open_files() {
        let ours = read_disk(&run.workspace.root, path).ok();
        if ours.as_deref() == Some(theirs) {
            continue;
        }
        let diff = unified(path.as_str(), ours.as_deref(), Some(theirs)).text;
        if text.len() + diff.len() > MOST {
            text.push_str(&context::left_out(path.as_str()));
            text.push('\n');
            continue;
        }
        text.push_str(&diff);
    }
    text
}
