//! Page: a page of the web that the user names is read, and what they ask is answered from it; or it is
//! used for them, where they speak of that or reading it does not tell.

use devika_protocol::{Agent, Event};

use crate::context::Opening;
use crate::error::Stop;
use crate::prompts;
use crate::run::Run;
use crate::stages::research::Grounds;
use crate::stages::{browse, report, research};

/// Tokens of the answer at the most.
const MAX_TOKENS: u32 = 1_500;

/// What the model answers where the page has to be used.
const USE: &str = "BROWSE";

/// Answers from the pages that the prompt names.
pub(crate) async fn page(run: &Run, opening: &Opening) -> Result<Event, Stop> {
    let can_browse = browse::is_possible(run).await?;
    if can_browse
        && browse::is_wanted(&run.prompt)
        && let Some(end) = browse::browse(run).await?
    {
        return Ok(end);
    }
    let research = research::read_named(run).await?;
    let Grounds { opening, sources } = research.whole(run, opening);
    if sources.is_empty() {
        let why = match run.settings.knowledge.as_ref().is_some_and(|it| it.has_web()) {
            true => "the notes above say why",
            false => "reading the web is off (`research.on`)",
        };
        return Err(Stop::Failed(format!("The page was not read: {why}. Nothing was changed.")));
    }
    let may_use = can_browse && !browse::is_wanted(&run.prompt);
    let instruction = match may_use {
        true => format!("{} {}", prompts::PAGE.trim_end(), prompts::OR_USE.trim_end()),
        false => prompts::PAGE.to_owned(),
    };
    let max_tokens = MAX_TOKENS.min(run.model(Agent::Answer).limits().output);
    let request = opening.request(&instruction, max_tokens, None);
    let answer = run.turn("answer", Agent::Answer, &request).await?;
    let wants_use = answer.text.trim_matches(|c: char| !c.is_alphanumeric()) == USE;
    if may_use
        && wants_use
        && let Some(end) = browse::browse(run).await?
    {
        return Ok(end);
    }
    let text = match wants_use {
        true => "What you ask is not said on the page as it opens, and it could not be used.",
        false => &answer.text,
    };
    report::said(run, report::with_sources(text, &sources)).await
}
