//! Tokens of a turn: as the provider counted them where that can be, else estimated upward.

use serde_json::Value;

use super::listen::Heard;
use crate::Request;

/// Tokens that may come on top of a text's own: templates, tools and instructions that a server
/// adds. A count beyond the text's bytes and these is absurd.
const ADDED_TOKENS: u64 = 20_000;

/// What a provider reported, each number as large as it ever was in the stream.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Reported {
    input: Option<u64>,
    output: Option<u64>,
    thoughts: Option<u64>,
    cached: Option<u64>,
    written: Option<u64>,
    /// Whether `input` leaves out what came from the cache and went into it.
    apart: bool,
}

impl Reported {
    /// Takes a usage object in the words of any protocol; numbers below nothing are none.
    pub(crate) fn note(&mut self, usage: &Value) {
        let find = |places: &[&str]| places.iter().find_map(|at| usage.pointer(at)?.as_u64());
        let noted = Self {
            input: find(&[
                "/prompt_tokens",
                "/input_tokens",
                "/promptTokenCount",
                "/prompt_eval_count",
            ]),
            output: find(&[
                "/completion_tokens",
                "/output_tokens",
                "/candidatesTokenCount",
                "/eval_count",
            ]),
            // OpenAI and Anthropic count them among the answer's.
            thoughts: find(&["/thoughtsTokenCount"]),
            cached: find(&[
                "/prompt_tokens_details/cached_tokens",
                "/input_tokens_details/cached_tokens",
                "/cache_read_input_tokens",
                "/cachedContentTokenCount",
                "/prompt_cache_hit_tokens",
                "/prompt_eval_cached_count",
            ]),
            written: find(&["/cache_creation_input_tokens"]),
            apart: usage.get("cache_read_input_tokens").is_some(),
        };
        self.input = self.input.max(noted.input);
        self.output = self.output.max(noted.output);
        self.thoughts = self.thoughts.max(noted.thoughts);
        self.cached = self.cached.max(noted.cached);
        self.written = self.written.max(noted.written);
        self.apart |= noted.apart;
    }

    fn whole_input(&self) -> Option<u64> {
        let apart = [self.cached, self.written].into_iter().flatten();
        let apart = apart.filter(|_| self.apart).fold(0, u64::saturating_add);
        self.input.map(|input| input.saturating_add(apart))
    }

    fn whole_output(&self) -> Option<u64> {
        let parts = [self.output, self.thoughts];
        parts.into_iter().flatten().reduce(u64::saturating_add)
    }
}

/// The tokens of a turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Counted {
    pub(crate) input: u64,
    pub(crate) cached: u64,
    pub(crate) written: u64,
    pub(crate) output: u64,
}

impl Counted {
    /// Counts a turn. A report that is missing, nothing where there was text, or larger than any
    /// count of the text can be, is estimated from the text's bytes.
    pub(crate) fn of(reported: &Reported, request: &Request, heard: &Heard) -> Self {
        let prompt = prompt_bytes(request);
        let most_input = (prompt as u64).saturating_mul(2).saturating_add(ADDED_TOKENS);
        let most_output = (heard.bytes as u64)
            .saturating_mul(2)
            .saturating_add(request.max_tokens.into())
            .saturating_add(ADDED_TOKENS);
        let input = plausible(reported.whole_input(), prompt, most_input);
        let sane = reported.whole_input() == Some(input);
        let part = |tokens: Option<u64>| tokens.filter(|_| sane).unwrap_or(0).min(input);
        Self {
            input,
            cached: part(reported.cached),
            written: part(reported.written),
            output: plausible(reported.whole_output(), heard.bytes, most_output),
        }
    }
}

fn plausible(reported: Option<u64>, bytes: usize, most: u64) -> u64 {
    let least = u64::from(bytes > 0);
    reported.filter(|tokens| (least..=most).contains(tokens)).unwrap_or_else(|| estimated(bytes))
}

/// Where no usage is reported, a token for every three bytes: upward, so that a budget holds.
pub(crate) fn estimated(bytes: usize) -> u64 {
    bytes.div_ceil(3) as u64
}

fn prompt_bytes(request: &Request) -> usize {
    let schema = request.schema.as_ref().map_or(0, |schema| schema.json.to_string().len());
    let messages: usize = request.messages.iter().map(|message| message.text.len()).sum();
    request.system.len() + messages + schema
}
