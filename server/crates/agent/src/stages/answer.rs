//! A question: answered from the files, changing nothing.

use devika_edit::RelPath;
use devika_protocol::{Agent, Event};
use minijinja::context;

use crate::context::{self, Opening};
use crate::error::Stop;
use crate::prompts;
use crate::run::Run;
use crate::snapshot::Snapshot;
use crate::stages::decision::Decision;
use crate::stages::{citations, report, research};

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
    let snapshot = run.workspace.editor.snapshot();
    let max_tokens = MAX_TOKENS.min(run.model(Agent::Answer).limits().output);
    let budget = context::file_budget(run.model(Agent::Answer).limits(), max_tokens);
    let wanted = wanted(run, decision, &snapshot);
    let files = context::quote_numbered(&snapshot, &wanted, budget);
    let text = prompts::render("answer", context! { files => files.text }).map_err(Stop::Failed)?;
    let research = research::look_up(run, &decision.queries).await?;
    let grounds = research.for_answer(run, opening).await?;
    let request = grounds.opening.request(&text, max_tokens, None);
    let answer = run.turn("answer", Agent::Answer, &request).await?;
    let linked = citations::linked(&answer.text, &snapshot);
    report::said(run, report::with_sources(&linked, &grounds.sources)).await
}

/// The files that the plan names, then those that the user does.
fn wanted(run: &Run, decision: &Decision, snapshot: &Snapshot) -> Vec<RelPath> {
    let named = decision.steps.iter().flat_map(|step| &step.files);
    let mut files: Vec<RelPath> = named.filter_map(|file| RelPath::new(file).ok()).collect();
    for path in context::mentioned(&run.prompt, &context::paths(snapshot)) {
        if !files.contains(&path) {
            files.push(path);
        }
    }
    files.truncate(MAX_FILES);
    files
}
