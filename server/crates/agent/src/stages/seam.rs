//! An answer that was cut at its length limit is continued at a line's end, so that the seam cannot
//! fall into the middle of a word.

use devika_llm::{Message, Request, Role};
use devika_protocol::{Agent, StopReason};

use crate::error::Stop;
use crate::run::{Run, StoredAnswer};

/// How often one answer is continued. A file that is longer than this is not written by one turn.
const CONTINUATIONS: u32 = 3;

/// Bytes of the last line that the model is shown.
const SHOWN: usize = 200;

/// Asks until the answer is whole, or as long as continuing makes sense. A small model is not asked
/// to: past its limit it repeats itself, and does so for ever.
pub(crate) async fn whole_answer(
    run: &Run,
    key: &str,
    agent: Agent,
    request: &Request,
) -> Result<StoredAnswer, Stop> {
    let mut answer = run.turn(key, agent, request).await?;
    if run.model(agent).limits().small {
        return Ok(answer);
    }
    for part in 1..=CONTINUATIONS {
        let Some(begun) = begun(&answer) else { break };
        let request = continuing(request, begun);
        let more = run.turn(&format!("{key}/more{part}"), agent, &request).await?;
        answer = StoredAnswer { text: join(begun, &more.text), ..more };
    }
    Ok(answer)
}

/// The whole lines of an answer that was cut off.
fn begun(answer: &StoredAnswer) -> Option<&str> {
    if answer.stop != StopReason::Length {
        return None;
    }
    answer.text.rfind('\n').map(|end| &answer.text[..=end])
}

fn continuing(request: &Request, begun: &str) -> Request {
    let last = last_line(begun);
    let from = last.char_indices().rev().map(|(at, _)| at).take(SHOWN).last().unwrap_or(0);
    let instruction = format!(
        "Your answer was cut off. It is kept up to the end of this line:\n{}\nGo on with the line that comes after it. Repeat nothing, open no new code fence, and say nothing before it.",
        &last[from..]
    );
    let mut request = request.clone();
    request.messages.push(Message { role: Role::Assistant, text: begun.trim_end().to_owned() });
    request.messages.push(Message { role: Role::User, text: instruction });
    request
}

fn last_line(text: &str) -> &str {
    text.lines().next_back().unwrap_or_default()
}

/// Joins the parts. Models open the fence again that is still open, and repeat the line they were
/// shown, however they are told.
fn join(begun: &str, more: &str) -> String {
    let mut more = more;
    if is_in_fence(begun)
        && let Some((first, rest)) = more.split_once('\n')
        && opens_fence(first)
    {
        more = rest;
    }
    if let Some((first, rest)) = more.split_once('\n')
        && !first.trim().is_empty()
        && first.trim() == last_line(begun).trim()
    {
        more = rest;
    }
    format!("{begun}{more}")
}

/// Whether a fence is open at the end of a text.
fn is_in_fence(text: &str) -> bool {
    let mut open: Option<usize> = None;
    for line in text.lines() {
        let ticks = line.trim_start().bytes().take_while(|byte| *byte == b'`').count();
        match open {
            None if ticks >= 3 => open = Some(ticks),
            Some(length) if ticks >= length && line.trim().len() == ticks => open = None,
            _ => {}
        }
    }
    open.is_some()
}

/// Whether a line can only open a fence: one that closes names no language.
fn opens_fence(line: &str) -> bool {
    let line = line.trim();
    line.starts_with("```") && !line.trim_start_matches('`').is_empty()
}

#[cfg(test)]
mod tests {
    use devika_protocol::Usage;

    use super::*;

    fn cut(text: &str) -> StoredAnswer {
        let usage = Usage::default();
        StoredAnswer {
            model: String::new(),
            text: text.to_owned(),
            stop: StopReason::Length,
            usage,
            heard: 0,
        }
    }

    #[test]
    fn an_answer_is_kept_to_the_end_of_its_last_whole_line() {
        assert_eq!(
            begun(&cut("File: `a.py`\n```\nprint(1)\npri")),
            Some("File: `a.py`\n```\nprint(1)\n")
        );
        assert_eq!(begun(&cut("one long line")), None);
        let whole = StoredAnswer { stop: StopReason::Complete, ..cut("a\nb\n") };
        assert_eq!(begun(&whole), None);
    }

    #[test]
    fn a_fence_that_is_opened_again_and_a_line_that_is_repeated_are_left_out() {
        let begun = "File: `a.py`\n```python\nprint(1)\n";
        let joined = "File: `a.py`\n```python\nprint(1)\nprint(2)\n```\n";
        for more in [
            "print(2)\n```\n",
            "print(1)\nprint(2)\n```\n",
            "```python\nprint(2)\n```\n",
            "```python\nprint(1)\nprint(2)\n```\n",
        ] {
            assert_eq!(join(begun, more), joined, "{more}");
        }
    }

    #[test]
    fn a_fence_that_closes_stays() {
        let begun = "File: `a.py`\n```\nprint(1)\n";
        assert_eq!(join(begun, "```\nDone.\n"), "File: `a.py`\n```\nprint(1)\n```\nDone.\n");
    }
}
