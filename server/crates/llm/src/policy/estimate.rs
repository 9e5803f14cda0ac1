//! Tokens that nobody has counted, upward, so that a budget holds; and what is believed of those
//! that a provider counted.

use super::prices::Usage;
use crate::{Answer, Request};

/// Tokens of the marks around one message, in the templates of all known models.
const PER_MESSAGE: u64 = 8;

/// Tokens of the marks around a whole prompt, and of what a server adds to it for a schema.
const PER_PROMPT: u64 = 32;

/// Tokens that a prompt may have beyond its bytes: templates and instructions that a server adds.
const ADDED_TO_PROMPT: u64 = 20_000;

/// Tokens of reasoning that a model may have thought without showing them, beyond what the request
/// allows for the answer.
const HIDDEN_REASONING: u64 = 65_536;

/// Bytes that one token stands for at the most, on average over a text. Whitespace and rulers come
/// in tokens of dozens of bytes, sentences of four.
const BYTES_A_TOKEN: u64 = 32;

/// Tokens of a text, upward: a third of its bytes, or the words, numbers and signs it consists of
/// where they are more. No byte-pair encoding joins a word and a sign into one token; sentences have
/// 4 bytes a token and code about 3.
pub(super) fn tokens(text: &str) -> u64 {
    let thirds = text.len().div_ceil(3);
    thirds.max(runs(text.as_bytes())) as u64
}

/// Runs of letters, of digits and of signs. Whitespace goes with what follows it.
fn runs(text: &[u8]) -> usize {
    let mut before = Class::Space;
    let mut runs = 0;
    for byte in text {
        let class = Class::of(*byte);
        runs += usize::from(class != before && class != Class::Space);
        before = class;
    }
    runs
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Space,
    Letter,
    Digit,
    Sign,
}

impl Class {
    fn of(byte: u8) -> Self {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | 0x80.. => Self::Letter,
            b' ' | b'\t' | b'\n' | b'\r' => Self::Space,
            b'0'..=b'9' => Self::Digit,
            _ => Self::Sign,
        }
    }
}

/// A prompt: its bytes, and its tokens upward.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Prompt {
    pub(super) bytes: u64,
    pub(super) tokens: u64,
}

impl Prompt {
    pub(super) fn of(request: &Request) -> Self {
        let schema = request.schema.as_ref().map(|schema| schema.json.to_string());
        let messages = request.messages.iter().map(|message| message.text.as_str());
        let texts = messages.chain([request.system.as_str()]).chain(schema.as_deref());
        texts.fold(Self { bytes: 0, tokens: PER_PROMPT }, |sum, text| Self {
            bytes: sum.bytes + text.len() as u64,
            tokens: sum.tokens + tokens(text) + PER_MESSAGE,
        })
    }
}

/// What has been heard of an answer, reasoning included.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Heard {
    pub(super) bytes: u64,
    /// Upward.
    pub(super) tokens: u64,
}

impl Heard {
    pub(super) fn of(text: &str) -> Self {
        Self { bytes: text.len() as u64, tokens: tokens(text) }
    }
}

/// What an answer used, as the provider counted it, as far as that can be: a count that is missing,
/// far too low or far too high for the text is replaced by an upward estimate, which is logged.
pub(super) fn believed(answer: &Answer, request: &Request, prompt: Prompt, heard: Heard) -> Usage {
    let whole = Heard::of(&answer.text);
    let heard = if heard.bytes < whole.bytes { whole } else { heard };
    let most_input = prompt.bytes.saturating_mul(4).saturating_add(ADDED_TO_PROMPT);
    let allowed = u64::from(request.max_tokens);
    let most_output = heard.bytes * 4 + allowed + HIDDEN_REASONING;
    let input = Count { what: "prompt", reported: answer.input_tokens, bytes: prompt.bytes }
        .believed(&answer.model, most_input, prompt.tokens, prompt.tokens);
    let output = Count { what: "answer", reported: answer.output_tokens, bytes: heard.bytes }
        .believed(&answer.model, most_output, heard.tokens, heard.tokens.max(allowed));
    // A part of a count that is not believed is not believed either.
    let (cached, written) = if input == answer.input_tokens {
        let cached = answer.cached_tokens.min(input);
        (cached, answer.cache_written_tokens.min(input - cached))
    } else {
        (0, 0)
    };
    Usage { input, cached, written, output }
}

/// A provider's count of a text's tokens.
struct Count {
    what: &'static str,
    reported: u64,
    bytes: u64,
}

impl Count {
    fn believed(&self, model: &str, most: u64, if_too_low: u64, if_too_high: u64) -> u64 {
        let Self { what, reported, bytes } = *self;
        let least = (bytes / BYTES_A_TOKEN).max(u64::from(bytes > 0));
        let counted = match reported {
            _ if reported < least => if_too_low,
            _ if reported > most => if_too_high,
            _ => return reported,
        };
        tracing::info!(model, what, bytes, reported, counted, "tokens are estimated");
        counted
    }
}

#[cfg(test)]
mod tests {
    use devika_protocol::Money;
    use proptest::prelude::*;

    use super::*;
    use crate::{Message, Role, Stop};

    /// Asks for at most 100 tokens in 3,000 bytes.
    fn request() -> Request {
        let message = Message { role: Role::User, text: "ab ".repeat(1000) };
        Request { system: String::new(), messages: vec![message], schema: None, max_tokens: 100 }
    }

    fn answer(input_tokens: u64, output_tokens: u64) -> Answer {
        Answer {
            model: "test/model".to_owned(),
            text: "word ".repeat(100),
            stop: Stop::Complete,
            input_tokens,
            cached_tokens: 600,
            cache_written_tokens: 600,
            output_tokens,
            cost: Money::ZERO,
        }
    }

    fn counted(input: u64, output: u64) -> Usage {
        let request = request();
        believed(&answer(input, output), &request, Prompt::of(&request), Heard::default())
    }

    #[test]
    fn a_sane_count_is_believed_and_its_parts_do_not_exceed_it() {
        assert_eq!(
            counted(1000, 110),
            Usage { input: 1000, cached: 600, written: 400, output: 110 }
        );
    }

    #[test]
    fn a_missing_or_absurd_count_is_estimated_upward() {
        let estimated = Usage { input: 1048, cached: 0, written: 0, output: 167 };
        assert_eq!(counted(0, 0), estimated);
        assert_eq!(counted(u64::MAX, u64::MAX), estimated);
        assert_eq!(counted(90, 14), estimated);
    }

    #[test]
    fn hidden_reasoning_is_believed() {
        assert_eq!(counted(1000, 50_000).output, 50_000);
    }

    #[test]
    fn an_absurd_count_for_a_short_answer_is_the_most_that_was_allowed() {
        let (request, short) =
            (request(), Answer { text: "y".to_owned(), ..answer(1000, 1 << 40) });
        let usage = believed(&short, &request, Prompt::of(&request), Heard::default());
        assert_eq!(usage.output, 100);
    }

    proptest! {
        /// Words, numbers and signs never share a token, so that there are at least as many tokens
        /// as there are of these; and sentences have at least one for each four bytes.
        #[test]
        fn an_estimate_is_never_below_what_a_byte_pair_encoding_can_reach(text in ".{0,200}") {
            let pieces = text
                .split(|c: char| c.is_ascii_whitespace())
                .flat_map(|word| word.split_inclusive(|c: char| c.is_ascii_punctuation()))
                .filter(|piece| piece.chars().any(|c| c.is_ascii_alphanumeric()))
                .count();
            prop_assert!(tokens(&text) >= pieces as u64);
            prop_assert!(tokens(&text) >= text.len() as u64 / 4);
        }

        #[test]
        fn a_text_in_pieces_is_never_less_than_the_whole(a in ".{0,100}", b in ".{0,100}") {
            let whole = [a.as_str(), b.as_str()].concat();
            prop_assert!(tokens(&a) + tokens(&b) >= tokens(&whole));
        }

        #[test]
        fn no_report_makes_the_count_run_away(input: u64, output: u64) {
            let usage = counted(input, output);
            prop_assert!(usage.input <= 32_000 && usage.output <= 67_636);
            prop_assert!(usage.input >= 93 && usage.output >= 15);
            prop_assert!(usage.cached + usage.written <= usage.input);
        }
    }
}
