//! Report: what was done, told from the journal, without a turn.

use devika_protocol::{Event, Plan, Stage};

use crate::error::Stop;
use crate::run::Run;

/// The event that ends a task that went well.
pub(crate) async fn completed(
    run: &Run,
    plan: &Plan,
    branch: Option<String>,
) -> Result<Event, Stop> {
    let mut summary = format!("{}\n\n", plan.reply);
    let (mut pages, mut files): (Vec<String>, Vec<String>) = Default::default();
    for record in run.store.events(run.task).await? {
        match record.event {
            Event::Committed { commit, subject, .. } => {
                summary.push_str(&format!("- `{:.8}` {subject}\n", commit));
            }
            Event::EditApplied { path, .. } => files.push(path),
            Event::Warning { text } => summary.push_str(&format!("- {text}\n")),
            Event::PassagesUsed { sources, .. } => {
                pages.extend(sources);
            }
            _ => {}
        }
    }
    if let (Some(branch), true) = (&branch, run.beside.is_some()) {
        files.sort();
        files.dedup();
        summary.push_str(&format!(
            "\nChanged: {}. All of it is on `{branch}`, in a worktree of its own ({}); your files are as they were. Look at it with `devika tasks diff {task}`; accept the task to merge it into what you have checked out, or discard it.\n",
            files.iter().map(|file| format!("`{file}`")).collect::<Vec<_>>().join(", "),
            run.workspace.root.display(),
            task = run.task,
        ));
    }
    pages.sort();
    pages.dedup();
    let summary = with_sources(&summary, &pages);
    let usage = run.store.usage(run.task).await?;
    run.store.add_message(run.task, "assistant", &summary).await?;
    Ok(Event::Completed { summary: summary.trim_end().to_owned(), branch, usage })
}

/// A text with the pages that it stands on.
pub(crate) fn with_sources(text: &str, sources: &[String]) -> String {
    if sources.is_empty() {
        return text.to_owned();
    }
    let list: String = sources.iter().map(|source| format!("\n- <{source}>")).collect();
    format!("{}\n\nSources:{list}", text.trim_end())
}

/// Ends a task that changed nothing: what is told is the summary, and stays in the conversation.
pub(crate) async fn said(run: &Run, text: String) -> Result<Event, Stop> {
    run.enter(Stage::Report, None, 1);
    run.tell(Event::Reply { text: text.clone() });
    run.store.add_message(run.task, "assistant", &text).await?;
    let usage = run.store.usage(run.task).await?;
    Ok(Event::Completed { summary: text, branch: None, usage })
}
