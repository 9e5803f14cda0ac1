//! From genai's stream to an [`Answer`], or to the reason why there is none.

use std::pin::pin;

use devika_protocol::Money;
use futures::StreamExt;
use genai::chat::{ChatStream, ChatStreamEvent, StopReason, Usage};
use tokio::time::{Instant, timeout_at};

use super::failure::{Teller, full_name};
use super::witness::Witness;
use crate::{Answer, Delta, ModelError, Request, Stop};

/// Bytes of an answer at the most; far beyond what any model's `max_tokens` allows.
const ANSWER_LIMIT: usize = 8 << 20;

/// Listens to one answer.
pub(crate) struct Listener<'a> {
    pub(crate) teller: Teller<'a>,
    pub(crate) request: &'a Request,
    pub(crate) witness: &'a Witness,
    pub(crate) on_delta: &'a (dyn for<'d> Fn(Delta<'d>) + Send + Sync),
}

impl Listener<'_> {
    /// Listens until the explicit stop.
    pub(crate) async fn listen(self, stream: ChatStream) -> Result<Answer, ModelError> {
        let mut stream = pin!(stream);
        let mut heard = Heard::default();
        let mut limit = self.teller.provider.first_token_timeout;
        let mut deadline = Instant::now() + limit;
        loop {
            let Ok(next) = timeout_at(deadline, stream.next()).await else {
                return Err(self.teller.stalled(limit));
            };
            match next {
                None => return self.ended_without_mark(heard),
                Some(Err(error)) => return Err(self.teller.of_genai(error, heard.begun)),
                Some(Ok(ChatStreamEvent::End(end))) => {
                    let reason = end.captured_stop_reason;
                    return self.finish(heard, reason, end.captured_usage.as_ref());
                }
                Some(Ok(ChatStreamEvent::Chunk(chunk))) => {
                    heard.text(&chunk.content);
                    (self.on_delta)(Delta::Text(&chunk.content));
                }
                Some(Ok(ChatStreamEvent::ReasoningChunk(chunk))) => {
                    heard.reasoning(&chunk.content);
                    (self.on_delta)(Delta::Reasoning(&chunk.content));
                }
                Some(Ok(
                    ChatStreamEvent::Start
                    | ChatStreamEvent::Heartbeat
                    | ChatStreamEvent::ThoughtSignatureChunk(_)
                    | ChatStreamEvent::ToolCallChunk(_),
                )) => {}
            }
            if heard.bytes > ANSWER_LIMIT {
                return Err(self.teller.broken(format!("it is longer than {ANSWER_LIMIT} bytes")));
            }
            if heard.begun {
                limit = self.teller.provider.idle_timeout;
                deadline = Instant::now() + limit;
            }
        }
    }

    /// A stream that closes in good order is only an answer where the stop was sent before: some
    /// servers of OpenAI's protocol leave the end mark out.
    fn ended_without_mark(self, heard: Heard) -> Result<Answer, ModelError> {
        match self.witness.stop() {
            Some(reason) => self.finish(heard, Some(StopReason::from(reason)), None),
            None => Err(self.teller.broken("the stream ended without a stop")),
        }
    }

    fn finish(
        self,
        heard: Heard,
        reason: Option<StopReason>,
        usage: Option<&Usage>,
    ) -> Result<Answer, ModelError> {
        if let Some(words) = self.witness.refusal() {
            return Err(self.teller.refused(words));
        }
        let stop = match reason {
            Some(StopReason::Completed(_) | StopReason::StopSequence(_)) => Stop::Complete,
            Some(StopReason::MaxTokens(_)) => Stop::Length,
            Some(StopReason::ContentFilter(reason)) => {
                return Err(self.teller.refused(format!("it stopped with `{reason}`")));
            }
            // What text-generation servers call their end-of-text token.
            Some(StopReason::Other(reason)) if reason.starts_with("eos") => Stop::Complete,
            Some(StopReason::ToolCall(reason) | StopReason::Other(reason)) => {
                return Err(self.teller.broken(format!("it stopped with `{reason}`")));
            }
            None => return Err(self.teller.broken("the stream ended without a stop")),
        };
        let mut text = without_thoughts(&heard.text);
        if self.request.schema.is_some() {
            text = unfenced(text);
        }
        if stop == Stop::Complete && text.trim().is_empty() {
            return Err(self.teller.broken("an empty answer"));
        }
        let counted = Counted::from(usage, self.request, &heard);
        Ok(Answer {
            model: full_name(self.teller.provider, self.teller.model),
            text: text.to_owned(),
            stop,
            input_tokens: counted.input,
            cached_tokens: counted.cached,
            cache_written_tokens: counted.written,
            output_tokens: counted.output,
            cost: Money::ZERO,
        })
    }
}

/// What has arrived so far.
#[derive(Debug, Default)]
struct Heard {
    begun: bool,
    text: String,
    /// Of text and reasoning.
    bytes: usize,
}

impl Heard {
    fn text(&mut self, piece: &str) {
        self.text.push_str(piece);
        self.reasoning(piece);
    }

    fn reasoning(&mut self, piece: &str) {
        self.begun = true;
        self.bytes += piece.len();
    }
}

/// The answer without the thoughts that some open models put before it in tags.
fn without_thoughts(text: &str) -> &str {
    match text.trim_start().strip_prefix("<think>").and_then(|rest| rest.split_once("</think>")) {
        Some((_, answer)) => answer.trim_start(),
        None => text,
    }
}

/// A structured answer without the code fence that models put around it where the schema is only
/// told and not enforced.
fn unfenced(text: &str) -> &str {
    let inner = text.trim().strip_prefix("```").and_then(|rest| rest.strip_suffix("```"));
    match inner.and_then(|inner| inner.split_once('\n')) {
        Some(("" | "json" | "JSON", answer)) => answer.trim(),
        _ => text,
    }
}

/// Tokens as the provider counted them, else estimated.
struct Counted {
    input: u64,
    cached: u64,
    written: u64,
    output: u64,
}

impl Counted {
    fn from(usage: Option<&Usage>, request: &Request, heard: &Heard) -> Self {
        let reported = |tokens: Option<i32>| tokens.and_then(|n| u64::try_from(n).ok());
        let input = usage.and_then(|usage| reported(usage.prompt_tokens));
        let output = usage.and_then(|usage| reported(usage.completion_tokens));
        let details = usage.and_then(|usage| usage.prompt_tokens_details.as_ref());
        let cached = details.and_then(|details| reported(details.cached_tokens));
        let written = details.and_then(|details| reported(details.cache_creation_tokens));
        let input = input.unwrap_or_else(|| estimated(prompt_bytes(request)));
        Self {
            input,
            cached: cached.unwrap_or(0).min(input),
            written: written.unwrap_or(0).min(input),
            output: output.unwrap_or_else(|| estimated(heard.bytes)),
        }
    }
}

/// Where no usage is reported, a token for every three bytes: upward, so that a budget holds.
fn estimated(bytes: usize) -> u64 {
    bytes.div_ceil(3) as u64
}

fn prompt_bytes(request: &Request) -> usize {
    let schema = request.schema.as_ref().map_or(0, |schema| schema.json.to_string().len());
    let messages: usize = request.messages.iter().map(|message| message.text.len()).sum();
    request.system.len() + messages + schema
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thoughts_in_tags_are_no_part_of_the_answer() {
        assert_eq!(without_thoughts("<think>\nhm\n</think>\n\nyes"), "yes");
        assert_eq!(without_thoughts("a <think>b</think>"), "a <think>b</think>");
        assert_eq!(without_thoughts("<think>never closed"), "<think>never closed");
    }
    #[test]
    fn a_fence_around_a_structured_answer_is_no_part_of_it() {
        assert_eq!(unfenced("```json\n{\"a\": 1}\n```\n"), "{\"a\": 1}");
        assert_eq!(unfenced("{\"a\": \"```\"}"), "{\"a\": \"```\"}");
        assert_eq!(unfenced("```python\n1\n```"), "```python\n1\n```");
    }
}
