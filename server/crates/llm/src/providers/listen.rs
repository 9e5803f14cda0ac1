//! From a stream of events to an [`Answer`], or to the reason why there is none.

use devika_protocol::Money;
use tokio::time::{Instant, timeout_at};

use super::failure::{Teller, full_name};
use super::frames::{FrameError, Frames, Framing};
use super::http;
use super::reading::{Piece, Reading, Reason};
use super::tokens::Counted;
use super::wire::Dialect;
use crate::{Answer, Delta, ModelError, Request, Stop};

/// Bytes of an answer at the most; far beyond what any model's `max_tokens` allows.
const ANSWER_LIMIT: usize = 8 << 20;

/// Bytes of the body of an error that are read.
const ERROR_LIMIT: usize = 64 << 10;

/// What to say where something answers that is no model.
const NO_EVENT: &str = "no event arrived at all. Is the address right, or does a sign-in page stand \
                        in the way?";

/// Listens to one answer.
pub(crate) struct Listener<'a> {
    pub(crate) teller: Teller<'a>,
    pub(crate) dialect: Dialect,
    pub(crate) request: &'a Request,
    pub(crate) on_delta: &'a (dyn for<'d> Fn(Delta<'d>) + Send + Sync),
}

impl Listener<'_> {
    /// Sends the request and listens until the explicit stop.
    pub(crate) async fn ask(self, request: reqwest::RequestBuilder) -> Result<Answer, ModelError> {
        let limit = self.teller.provider.first_token_timeout;
        let deadline = Instant::now() + limit;
        let stalled = |_| self.teller.stalled(limit);
        let response = timeout_at(deadline, request.send())
            .await
            .map_err(stalled)?
            .map_err(|error| self.teller.of_transport(error, false))?;
        let (status, headers) = (response.status(), response.headers().clone());
        if !status.is_success() {
            // The status says enough where the body cannot be read.
            let body = timeout_at(deadline, http::read(response, ERROR_LIMIT)).await;
            let body = body.map_err(stalled)?.unwrap_or_default();
            return Err(self.teller.of_status(status, &headers, &body));
        }
        let content_type = headers.get("content-type").and_then(|value| value.to_str().ok());
        if content_type.is_some_and(|name| name.starts_with("text/html")) {
            return Err(self.teller.broken(NO_EVENT));
        }
        let framing = match self.dialect {
            Dialect::Ollama => Framing::Lines,
            _ => Framing::ServerSent,
        };
        self.listen(Frames::new(response, framing), deadline).await
    }

    async fn listen(self, mut frames: Frames, mut deadline: Instant) -> Result<Answer, ModelError> {
        let (mut heard, mut reading) = (Heard::default(), Reading::default());
        let mut limit = self.teller.provider.first_token_timeout;
        loop {
            let event = timeout_at(deadline, frames.next())
                .await
                .map_err(|_| self.teller.stalled(limit))?
                .map_err(|error| self.of_frame(error))?;
            let Some(event) = event else { return self.ended(heard, reading) };
            heard.events += 1;
            self.dialect.read(&event, &mut reading).map_err(|error| {
                self.teller.broken(format!("an event could not be read ({error})"))
            })?;
            for piece in reading.pieces.drain(..) {
                heard.piece(&piece);
                (self.on_delta)(match &piece {
                    Piece::Text(text) => Delta::Text(text),
                    Piece::Reasoning(text) => Delta::Reasoning(text),
                });
            }
            if let Some(error) = &reading.error {
                return Err(self.teller.of_event(error));
            }
            if reading.done {
                return self.finish(heard, reading);
            }
            if heard.bytes > ANSWER_LIMIT {
                return Err(self.teller.broken(format!("it is longer than {ANSWER_LIMIT} bytes")));
            }
            if heard.bytes > 0 {
                limit = self.teller.provider.idle_timeout;
                deadline = Instant::now() + limit;
            }
        }
    }

    fn of_frame(&self, error: FrameError) -> ModelError {
        match error {
            FrameError::Transport(error) => self.teller.of_transport(error, true),
            other => self.teller.broken(other.to_string()),
        }
    }

    /// A stream that closes in good order is only an answer where the stop was sent before: some
    /// servers of OpenAI's protocol leave the end mark out.
    fn ended(self, heard: Heard, reading: Reading) -> Result<Answer, ModelError> {
        if reading.stop.is_some() && self.dialect.is_chat_completions() {
            return self.finish(heard, reading);
        }
        let nothing = heard.events == 0;
        Err(self.teller.broken(if nothing { NO_EVENT } else { "the stream ended without a stop" }))
    }

    fn finish(self, heard: Heard, reading: Reading) -> Result<Answer, ModelError> {
        if !reading.refusal.is_empty() {
            return Err(self.teller.refused(&reading.refusal));
        }
        let stop = match reading.stop {
            Some(Reason::Complete) => Stop::Complete,
            Some(Reason::Length) => Stop::Length,
            Some(Reason::Refused(word)) => {
                return Err(self.teller.refused(&format!("it stopped with `{word}`")));
            }
            Some(Reason::Other(word)) => {
                return Err(self.teller.broken(format!("it stopped with `{word}`")));
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
        let counted = Counted::of(&reading.reported, self.request, &heard);
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
pub(crate) struct Heard {
    events: usize,
    text: String,
    /// Of text and reasoning.
    pub(crate) bytes: usize,
}

impl Heard {
    fn piece(&mut self, piece: &Piece) {
        match piece {
            Piece::Text(text) => {
                self.text.push_str(text);
                self.bytes += text.len();
            }
            Piece::Reasoning(text) => self.bytes += text.len(),
        }
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
