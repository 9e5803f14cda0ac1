//! A question: answered from the files, changing nothing.

use devika_edit::RelPath;
use devika_protocol::{Agent, Event, Stage, Usage};
use minijinja::context;

use crate::context::{self, Opening};
use crate::error::Stop;
use crate::prompts;
use crate::run::Run;
use crate::stages::plan::Decision;

/// Tokens of the answer at the most.
const MAX_TOKENS: u32 = 1_500;

/// Files that are shown for a question at the most.
const MAX_FILES: usize = 20;

/// Answers the user's question in Markdown.
pub(crate) async fn answer(
    run: &Run,
    decision: &Decision,
    opening: &Opening,
) -> Result<Event, Stop> {
    run.enter(Stage::Report, None, 1);
    let snapshot = run.workspace.editor.snapshot();
    let max_tokens = MAX_TOKENS.min(run.model(Agent::Answer).limits().output);
    let budget = context::file_budget(run.model(Agent::Answer).limits(), max_tokens);
    let files = context::quote(&snapshot, &wanted(decision), budget);
    let text = prompts::render("answer", context! { files => files.text }).map_err(Stop::Failed)?;
    let request = opening.request(&text, max_tokens, None);
    let answer = run.turn("answer", Agent::Answer, &request).await?;
    run.tell(Event::Reply { text: answer.text.clone() });
    run.store.add_message(run.task, "assistant", &answer.text).await?;
    let usage: Usage = run.store.usage(run.task).await?;
    Ok(Event::Completed { summary: answer.text, branch: None, usage })
}

fn wanted(decision: &Decision) -> Vec<RelPath> {
    let named = decision.steps.iter().flat_map(|step| &step.files);
    named.filter_map(|file| RelPath::new(file).ok()).take(MAX_FILES).collect()
}
