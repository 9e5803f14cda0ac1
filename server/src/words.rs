//! What command line and editors say alike.

use devika_protocol::Kept;

/// That a task begins, and where it works.
pub(crate) fn started(resumed: bool, worktree: Option<&str>) -> String {
    let place = worktree.map(|folder| format!(" in a worktree of its own: {folder}"));
    format!("{}{}", if resumed { "resumed" } else { "started" }, place.unwrap_or_default())
}

/// That a task's work is on the user's branch.
pub(crate) fn accepted(branch: &str, worktree: Option<&str>) -> String {
    format!("accepted; its work is on `{branch}`{}", staying(worktree))
}

/// That a task's work is left.
pub(crate) fn discarded(branch: &str, worktree: Option<&str>) -> String {
    format!("discarded; `{branch}` is checked out again{}", staying(worktree))
}

/// That the worktree of a task stays.
fn staying(worktree: Option<&str>) -> String {
    worktree.map(|folder| format!(". Its worktree stays in {folder}")).unwrap_or_default()
}

/// What was taken back, or made again, and what was not.
pub(crate) fn undone(step: Option<u32>, redo: bool, paths: &[String], kept: &[Kept]) -> String {
    let what = step.map_or("all steps".to_owned(), |step| format!("step {step}"));
    let done = if redo { "redone" } else { "undone" };
    let files = if paths.is_empty() { "nothing to change".to_owned() } else { paths.join(", ") };
    let kept: String =
        kept.iter().map(|kept| format!("\n`{}` stays as it is: {}", kept.path, kept.why)).collect();
    format!("{what} {done}: {files}{kept}")
}
