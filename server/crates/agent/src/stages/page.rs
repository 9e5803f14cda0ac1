//! Page: a page of the web that the user names is read, and what they ask is answered from it.

use devika_protocol::{Agent, Event};

use crate::context::Opening;
use crate::error::Stop;
use crate::prompts;
use crate::run::Run;
use crate::stages::research::Grounds;
use crate::stages::{report, research};

/// Tokens of the answer at the most.
const MAX_TOKENS: u32 = 1_500;

/// Answers from the pages that the prompt names.
pub(crate) async fn page(run: &Run, opening: &Opening) -> Result<Event, Stop> {
    let research = research::read_named(run).await?;
    let Grounds { opening, sources } = research.whole(run, opening);
    if sources.is_empty() {
        let why = match run.settings.knowledge.as_ref().is_some_and(|it| it.has_web()) {
            true => "the notes above say why",
            false => "reading the web is off (`research.on`)",
        };
        return Err(Stop::Failed(format!("The page was not read: {why}. Nothing was changed.")));
    }
    let max_tokens = MAX_TOKENS.min(run.model(Agent::Answer).limits().output);
    let request = opening.request(prompts::PAGE, max_tokens, None);
    let answer = run.turn("answer", Agent::Answer, &request).await?;
    report::said(run, report::with_sources(&answer.text, &sources)).await
}
