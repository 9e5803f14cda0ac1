//! What is found in a step before it is committed: the user commits it all the same, once or from now
//! on, or has the step taken back.

use std::path::Path;

use devika_config::CommitChecks;
use devika_edit::FileEdit;
use devika_protocol::AskKind;
use devika_store::{Store, StoreError};
use devika_vcs::CommitFile;
use serde_json::json;

use crate::error::Stop;
use crate::inspection::{Finding, digest_of, inspect};
use crate::ports::UserReply;
use crate::run::Run;
use crate::stages::apply::{self, StoredEdit};
use crate::stages::commit::Touched;

/// Findings that are shown in a question.
const SHOWN: usize = 10;

/// Whether what is to be committed may be.
pub(super) async fn are_allowed(run: &Run, key: &str, files: &[CommitFile]) -> Result<bool, Stop> {
    let root = &run.project;
    let found = not_allowed_for_good(&run.store, root, files, &run.settings.git.checks).await?;
    if found.is_empty() {
        return Ok(true);
    }
    let key = format!("{key}/found@{}", digest_of(&found));
    match run.ask(&key, AskKind::Finding, &question(&found)).await? {
        UserReply::Allow | UserReply::AllowOnce => Ok(true),
        UserReply::AllowAlways => {
            let project = root.display().to_string();
            for finding in &found {
                let shown = finding.in_words();
                run.store.approve(&project, &fingerprint(finding), &shown).await?;
            }
            Ok(true)
        }
        _ => Ok(false),
    }
}

/// What is found in what is to be committed, without what the user allows in this project from now on.
///
/// # Errors
/// [`StoreError`].
pub(crate) async fn not_allowed_for_good(
    store: &Store,
    root: &Path,
    files: &[CommitFile],
    checks: &CommitChecks,
) -> Result<Vec<Finding>, StoreError> {
    let project = root.display().to_string();
    let mut found = Vec::new();
    for finding in inspect(files, checks) {
        if !store.is_approved(&project, &fingerprint(&finding)).await? {
            found.push(finding);
        }
    }
    Ok(found)
}

/// Takes a step back whose findings the user does not want, which ends the task as failed; `Ok` where
/// an earlier run of the task has done so, and the step is to begin anew.
pub(super) async fn take_back(
    run: &Run,
    key: &str,
    number: u32,
    touched: &Touched,
) -> Result<(), Stop> {
    let undo = format!("{key}/found-undo");
    let done = format!("{undo}/done");
    let is_repeated = run.is_done(&done).await?;
    let undone: Vec<FileEdit> = touched.undone();
    let edits = undone.iter().map(StoredEdit::from).collect();
    apply::apply_unasked(run, &undo, number, 1, edits).await?;
    run.once(&done, "taken back", json!({}), async |_| Ok(())).await?;
    match is_repeated {
        true => Ok(()),
        false => Err(Stop::Failed(format!(
            "Step {number} is not committed, and its changes are taken back, since you do not want what was found in them; earlier steps stay. Resume the task to have the step written anew."
        ))),
    }
}

/// The findings, each in a line of its own.
pub(crate) fn in_lines(found: &[Finding]) -> String {
    let lines: String =
        found.iter().take(SHOWN).map(|it| format!("\n- {}", it.in_words())).collect();
    match found.len().saturating_sub(SHOWN) {
        0 => lines,
        more => format!("{lines}\n- and {more} more"),
    }
}

fn question(found: &[Finding]) -> String {
    let lines = in_lines(found);
    format!(
        "Commit this step all the same? What it adds holds something that may not belong into the history:{lines}\nYes commits it, “always” from now on in this project, and no takes the step back."
    )
}

/// What the database knows an allowed finding by.
fn fingerprint(finding: &Finding) -> String {
    format!("finding {}", finding.hash)
}
