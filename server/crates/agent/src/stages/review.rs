//! Review: the user sees what is proposed, and may refuse files of it, or hunks. What was refused is in
//! the journal; the models are told, so that they do not write it again, and so is the user in the end.

use devika_edit::{FileEdit, Hunks, count, unified, without};
use devika_protocol::{Event, Refusal};

use super::apply::{StoredEdit, diff_of};
use crate::error::Stop;
use crate::ports::{ProposedEdit, UserReply};
use crate::run::Run;

/// The kind of the journal's entries that hold what is left of edits.
const KIND: &str = "reviewed";

/// The edits as the user allows them.
///
/// # Errors
/// [`Stop::Denied`] where nothing of them is allowed.
pub(super) async fn allowed(
    run: &Run,
    key: &str,
    edits: Vec<FileEdit>,
) -> Result<Vec<FileEdit>, Stop> {
    let diffs: String = edits.iter().map(shown).collect();
    let question = format!("{diffs}\nApply these edits?");
    let proposed = edits.iter().map(proposed).collect();
    let refused = match run.ask_of_edits(&format!("{key}/approve"), &question, proposed).await? {
        UserReply::Deny => return Err(Stop::Denied),
        UserReply::AllowBut(refused) => refused,
        _ => return Ok(edits),
    };
    // Kept as texts: a newer Devika may cut a change into other hunks.
    let intent = serde_json::json!({ "refused": refused });
    let kept: Vec<Option<StoredEdit>> = run
        .once(&format!("{key}/reviewed"), KIND, intent, async |_| {
            let kept = edits.iter().map(|edit| rest(edit, &refused));
            Ok(kept.map(|edit| edit.as_ref().map(StoredEdit::from)).collect())
        })
        .await?;
    let mut allowed = Vec::with_capacity(edits.len());
    for (edit, kept) in edits.iter().zip(kept) {
        let kept = kept.map(StoredEdit::restore).transpose()?;
        if kept.as_ref() != Some(edit) {
            run.approvals.refuse(refused_of(edit, kept.as_ref()));
        }
        allowed.extend(kept);
    }
    if allowed.is_empty() {
        return Err(Stop::Denied);
    }
    for refusal in &refused {
        run.tell(Event::Warning { text: told(refusal) });
    }
    Ok(allowed)
}

/// The diff of an edit; its head alone where no line changes.
fn shown(edit: &FileEdit) -> String {
    let diff = diff_of(edit).text;
    if !diff.is_empty() {
        return diff;
    }
    match edit {
        FileEdit::Create { path, .. } => format!("--- /dev/null\n+++ b/{path}\n"),
        FileEdit::Delete { path, .. } => format!("--- a/{path}\n+++ /dev/null\n"),
        FileEdit::Rename { from, to, .. } => format!("--- a/{from}\n+++ b/{to}\n"),
        FileEdit::Modify { .. } => diff,
    }
}

fn proposed(edit: &FileEdit) -> ProposedEdit {
    let hunks = count(edit.before().unwrap_or_default(), edit.after().unwrap_or_default());
    ProposedEdit { path: edit.path().to_string(), hunks }
}

/// What is left of an edit; `None` where nothing is.
fn rest(edit: &FileEdit, refused: &[Refusal]) -> Option<FileEdit> {
    let mut hunks = Hunks::new();
    for refusal in refused.iter().filter(|refusal| refusal.path == edit.path().as_str()) {
        if refusal.hunks.is_empty() {
            return None;
        }
        hunks.extend(&refusal.hunks);
    }
    match edit {
        FileEdit::Modify { path, before, after } => {
            let left = without(before, after, &hunks);
            let (path, before) = (path.clone(), before.clone());
            (left != before || left == *after).then_some(FileEdit::Modify {
                path,
                before,
                after: left,
            })
        }
        // Its path may change all the same.
        FileEdit::Rename { from, to, before, after } => {
            let after = without(before, after, &hunks);
            let (from, to, before) = (from.clone(), to.clone(), before.clone());
            Some(FileEdit::Rename { from, to, before, after })
        }
        // One hunk holds all of the file.
        FileEdit::Create { .. } | FileEdit::Delete { .. } => hunks.is_empty().then(|| edit.clone()),
    }
}

/// What models are told of a refusal: the change from what stays to what was proposed.
fn refused_of(edit: &FileEdit, kept: Option<&FileEdit>) -> String {
    let stays = kept.map_or(edit.before(), FileEdit::after);
    let diff = unified(edit.path().as_str(), stays, edit.after()).text;
    if diff.is_empty() { shown(edit) } else { diff }
}

fn told(Refusal { path, hunks }: &Refusal) -> String {
    match hunks.as_slice() {
        [] => format!("You refused the changes of `{path}`; they are not made."),
        [one] => format!("You refused change {one} of `{path}`; it is not made."),
        several => {
            let numbers: Vec<String> = several.iter().map(u32::to_string).collect();
            format!("You refused changes {} of `{path}`; they are not made.", numbers.join(", "))
        }
    }
}
