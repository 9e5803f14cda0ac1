//! Page: a page of the web that the user names is read, and what they ask is answered from it.

use devika_protocol::{Agent, Event};

use crate::context::Opening;
use crate::error::Stop;
use crate::prompts;
use crate::run::Run;
use crate::stages::{report, research};

/// Tokens of the answer at the most.
const MAX_TOKENS: u32 = 1_500;

/// Answers from the pages that the prompt names.
pub(crate) async fn page(run: &Run, opening: &Opening) -> Result<Event, Stop> {
    let mut opening = opening.clone();
    let sources = research::look_up(run, &[], &mut opening).await?;
    if sources.is_empty() {
        return Err(Stop::Failed(
            "The page could not be read; the notes above say why. Nothing was changed.".to_owned(),
        ));
    }
    let max_tokens = MAX_TOKENS.min(run.model(Agent::Answer).limits().output);
    let request = opening.request(prompts::PAGE, max_tokens, None);
    let answer = run.turn("answer", Agent::Answer, &request).await?;
    let listed: String = sources.iter().map(|source| format!("\n- <{source}>")).collect();
    report::said(run, format!("{}\n\nRead:{listed}", answer.text.trim_end())).await
}
