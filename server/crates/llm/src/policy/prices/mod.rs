//! What tokens cost.

mod table;

use devika_protocol::{Money, Price};

use crate::Answer;

/// Tokens in the unit that prices are told for.
const MILLION: u128 = 1_000_000;

/// What a model's tokens cost. Some models cost more where the prompt is long.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rates {
    short: Price,
    long: Option<(u64, Price)>,
}

impl Rates {
    /// Nothing, as on the user's own machine.
    pub const FREE: Self = Self {
        short: Price {
            input: Money::ZERO,
            cached: Money::ZERO,
            cache_write: Money::ZERO,
            output: Money::ZERO,
        },
        long: None,
    };

    /// What is counted for a model whose price nobody told: as much as the dearest of the models in
    /// common use have ever cost, $15 for a million tokens of the prompt and $75 of the answer. Rather
    /// a budget that is used up early than a bill.
    pub const ASSUMED: Self = Self::flat(Price {
        input: Money(15_000_000_000),
        cached: Money(15_000_000_000),
        cache_write: Money(18_750_000_000),
        output: Money(75_000_000_000),
    });

    /// The same, however long the prompt is.
    pub const fn flat(price: Price) -> Self {
        Self { short: price, long: None }
    }

    /// The public list price of a model, where the built-in table of 2026 knows it.
    pub fn listed(provider: &str, model: &str) -> Option<Self> {
        table::find(provider, model)
    }

    /// The price of a call with a prompt of so many tokens.
    pub fn of(&self, prompt_tokens: u64) -> Price {
        match self.long {
            Some((above, price)) if prompt_tokens > above => price,
            _ => self.short,
        }
    }

    /// What a call costs.
    pub(super) fn cost(&self, usage: Usage) -> Money {
        let price = self.of(usage.input);
        let fresh = usage.input.saturating_sub(usage.cached).saturating_sub(usage.written);
        let parts = [
            (fresh, price.input),
            (usage.cached, price.cached),
            (usage.written, price.cache_write),
            (usage.output, price.output),
        ];
        total(&parts)
    }

    /// The most that a call can cost.
    pub(super) fn most(&self, prompt_tokens: u64, output_tokens: u64) -> Money {
        let price = self.of(prompt_tokens);
        let dearest = price.input.max(price.cache_write).max(price.cached);
        total(&[(prompt_tokens, dearest), (output_tokens, price.output)])
    }
}

/// What a call used, in tokens.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Usage {
    /// Of the prompt, the next two included.
    pub(super) input: u64,
    pub(super) cached: u64,
    pub(super) written: u64,
    pub(super) output: u64,
}

impl Usage {
    pub(super) fn tokens(&self) -> u64 {
        self.input.saturating_add(self.output)
    }

    /// The answer with these counts.
    pub(super) fn told_in(self, answer: Answer) -> Answer {
        Answer {
            input_tokens: self.input,
            cached_tokens: self.cached,
            cache_written_tokens: self.written,
            output_tokens: self.output,
            ..answer
        }
    }
}

/// What an answer costs at a price, as its provider counted it.
pub fn cost(answer: &Answer, price: &Price) -> Money {
    Rates::flat(*price).cost(Usage {
        input: answer.input_tokens,
        cached: answer.cached_tokens,
        written: answer.cache_written_tokens,
        output: answer.output_tokens,
    })
}

/// The sum of tokens at their prices for a million, rounded up to the nano-dollar. It stays at the
/// end of the range rather than to pass it.
fn total(parts: &[(u64, Money)]) -> Money {
    // Each product is below 2^128, and so are the four of them together after the division.
    let whole = |(tokens, price): &(u64, Money)| {
        (u128::from(*tokens) * u128::from(price.0)).div_ceil(MILLION)
    };
    let sum: u128 = parts.iter().map(whole).sum();
    Money(u64::try_from(sum).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn price() -> impl Strategy<Value = Price> {
        [any::<u64>(), any::<u64>(), any::<u64>(), any::<u64>()].prop_map(
            |[input, cached, cache_write, output]| Price {
                input: Money(input),
                cached: Money(cached),
                cache_write: Money(cache_write),
                output: Money(output),
            },
        )
    }

    #[test]
    fn a_turn_costs_the_sum_of_its_parts() {
        let sonnet = Rates::listed("anthropic", "claude-sonnet-4-6").unwrap();
        let usage = Usage { input: 10_000, cached: 6_000, written: 1_000, output: 1_000 };
        // 3,000 at $3, 6,000 at $0.30, 1,000 at $3.75, 1,000 at $15.
        assert_eq!(sonnet.cost(usage), Money(9_000_000 + 1_800_000 + 3_750_000 + 15_000_000));
    }

    #[test]
    fn a_long_prompt_costs_more_where_the_list_says_so() {
        let rates = Rates::listed("gemini", "gemini-2.5-pro").unwrap();
        let output_at = |prompt| rates.of(prompt).output.to_string();
        assert_eq!(output_at(200_000), "$10.00");
        assert_eq!(output_at(200_001), "$15.00");
    }

    proptest! {
        #[test]
        fn no_price_and_no_count_overflows(
            price in price(), input: u64, cached: u64, written: u64, output: u64
        ) {
            let rates = Rates::flat(price);
            let usage = Usage { input, cached, written, output };
            let exact = [
                (input.saturating_sub(cached).saturating_sub(written), price.input),
                (cached, price.cached),
                (written, price.cache_write),
                (output, price.output),
            ]
            .map(|(tokens, price)| tokens as f64 * price.0 as f64 / 1e6);
            let expected = exact.iter().sum::<f64>().min(u64::MAX as f64);
            let cost = rates.cost(usage).0 as f64;
            prop_assert!((cost - expected).abs() <= expected * 1e-9 + 4.0, "{cost} {expected}");
        }

        #[test]
        fn a_call_never_costs_more_than_its_most(
            price in price(), input in 0_u64..1 << 40, cached: u64, written: u64, output in 0_u64..1 << 40
        ) {
            let rates = Rates::flat(price);
            let cached = cached % (input + 1);
            let usage = Usage { input, cached, written: written % (input - cached + 1), output };
            // Each of the four parts is rounded up.
            let most = rates.most(input, output).plus(Money(4));
            prop_assert!(rates.cost(usage) <= most);
        }
    }
}
