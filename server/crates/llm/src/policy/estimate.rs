//! What a call costs: before it is made, when it was cut off, and where the provider's own count cannot
//! be true. Estimates are upward, so that a cap holds.

use devika_protocol::{Money, Price};

use crate::{Answer, Request, Spent};

/// Bytes a token at the least: no tokenizer of the usual models makes more tokens of English or code.
const BYTES_A_TOKEN: usize = 3;

/// Tokens that a provider puts around a message.
const AROUND_A_MESSAGE: u64 = 16;

/// Tokens that a count may differ from what the bytes allow, for short texts.
const SLACK: u64 = 1_000;

/// The most that a call can use and cost.
pub(crate) fn most(request: &Request, price: &Price) -> Spent {
    let (input, output) = (prompt(request), u64::from(request.max_tokens));
    // A part of the prompt that goes into the cache may cost more than one that does not.
    let input_price = price.input.max(price.cache_write);
    let cost = times(input, input_price).plus(times(output, price.output));
    Spent { tokens: input + output, cost }
}

/// What a call has used of which so many bytes of an answer arrived.
pub(crate) fn cut_off(request: &Request, heard: usize, price: &Price) -> Spent {
    let (input, output) = (prompt(request), tokens(heard));
    let cost = times(input, price.input).plus(times(output, price.output));
    Spent { tokens: input + output, cost }
}

/// What an answer used.
pub(crate) fn spent(answer: &Answer, price: &Price) -> Spent {
    let plain =
        answer.input_tokens.saturating_sub(answer.cached_tokens + answer.cache_written_tokens);
    let cost = times(plain, price.input)
        .plus(times(answer.cached_tokens, price.cached))
        .plus(times(answer.cache_written_tokens, price.cache_write))
        .plus(times(answer.output_tokens, price.output));
    Spent { tokens: answer.input_tokens.saturating_add(answer.output_tokens), cost }
}

/// The answer with a count of tokens that can be true: nothing for a text that is there, or far more
/// than there are bytes, is replaced by an estimate.
pub(crate) fn plausible(mut answer: Answer, request: &Request) -> Answer {
    let prompt_bytes = bytes(request) as u64;
    if answer.input_tokens == 0 || answer.input_tokens > prompt_bytes * 2 + SLACK {
        tracing::warn!(reported = answer.input_tokens, model = answer.model, "an absurd count");
        answer.input_tokens = prompt(request);
    }
    // A model may think far longer than it writes, and never longer than it was allowed to.
    let most = u64::from(request.max_tokens).max(answer.text.len() as u64) * 2 + SLACK;
    let nothing = answer.output_tokens == 0 && !answer.text.is_empty();
    if nothing || answer.output_tokens > most {
        tracing::warn!(reported = answer.output_tokens, model = answer.model, "an absurd count");
        answer.output_tokens = tokens(answer.text.len());
    }
    answer.cached_tokens = answer.cached_tokens.min(answer.input_tokens);
    let rest = answer.input_tokens - answer.cached_tokens;
    answer.cache_written_tokens = answer.cache_written_tokens.min(rest);
    answer
}

/// Tokens of a prompt.
fn prompt(request: &Request) -> u64 {
    tokens(bytes(request)) + AROUND_A_MESSAGE * (request.messages.len() as u64 + 1)
}

fn bytes(request: &Request) -> usize {
    let schema = request.schema.as_ref().map_or(0, |schema| schema.json.to_string().len());
    let messages: usize = request.messages.iter().map(|message| message.text.len()).sum();
    request.system.len() + messages + schema
}

fn tokens(bytes: usize) -> u64 {
    bytes.div_ceil(BYTES_A_TOKEN) as u64
}

/// The cost of tokens at a price for a million, rounded up.
fn times(tokens: u64, price: Money) -> Money {
    let nanos = (u128::from(tokens) * u128::from(price.0)).div_ceil(1_000_000);
    Money(u64::try_from(nanos).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Message, Role, Stop};

    const PRICE: Price = Price {
        input: Money(3_000_000_000),
        cached: Money(300_000_000),
        cache_write: Money(3_750_000_000),
        output: Money(15_000_000_000),
    };

    fn request() -> Request {
        let text = "x".repeat(3_000);
        Request {
            system: String::new(),
            messages: vec![Message { role: Role::User, text }],
            schema: None,
            max_tokens: 500,
        }
    }

    fn answer(input: u64, cached: u64, written: u64, output: u64) -> Answer {
        Answer {
            model: "a/b".to_owned(),
            text: "y".repeat(300),
            stop: Stop::Complete,
            input_tokens: input,
            cached_tokens: cached,
            cache_written_tokens: written,
            output_tokens: output,
            cost: Money::ZERO,
        }
    }

    #[test]
    fn cached_and_cache_written_tokens_have_their_own_price() {
        let spent = spent(&answer(1_000, 600, 100, 100), &PRICE);
        // 300 x $3 + 600 x $0.30 + 100 x $3.75 + 100 x $15, each for a million.
        assert_eq!(
            spent,
            Spent { tokens: 1_100, cost: Money(900_000 + 180_000 + 375_000 + 1_500_000) }
        );
    }

    #[test]
    fn what_is_set_aside_covers_what_any_plausible_answer_costs() {
        let most = most(&request(), &PRICE);
        for answer in [answer(1_000, 0, 0, 500), answer(900, 0, 900, 500)] {
            assert!(spent(&plausible(answer, &request()), &PRICE).cost <= most.cost);
        }
    }

    #[test]
    fn a_count_that_cannot_be_true_is_replaced_by_an_estimate() {
        let counted = |input, output| {
            let answer = plausible(answer(input, 0, 0, output), &request());
            (answer.input_tokens, answer.output_tokens)
        };
        assert_eq!(counted(900, 80), (900, 80), "what can be true stays");
        assert_eq!(counted(0, 0), (1_032, 100));
        assert_eq!(counted(1_000_000_000_000_000, u64::MAX), (1_032, 100));
        assert_eq!(counted(900, 700), (900, 700), "a model that thinks writes less than it uses");
    }

    #[test]
    fn no_count_and_no_price_overflows() {
        let dear = Price { input: Money(u64::MAX), ..PRICE };
        assert_eq!(spent(&answer(u64::MAX, 0, 0, u64::MAX), &dear).cost, Money(u64::MAX));
    }
}
