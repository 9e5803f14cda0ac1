//! What the usual models cost. Public list prices of the providers' own pages, in dollars for a million
//! tokens, as of November 2025; the configuration overrides them (`[providers.NAME.prices."MODEL"]`).

use devika_protocol::{Money, Price};

/// The price that an unknown model of a remote provider is counted at: about that of the dearest models
/// in common use, so that a cap holds.
pub const UNKNOWN: Price = dollars(5.0, 0.5, 6.25, 25.0);

/// Provider, the beginning of the model's name, price.
type Row = (&'static str, &'static str, Price);

const TABLE: &[Row] = &[
    ("anthropic", "claude-opus-4-5", dollars(5.0, 0.5, 6.25, 25.0)),
    ("anthropic", "claude-opus-4", dollars(15.0, 1.5, 18.75, 75.0)),
    ("anthropic", "claude-3-opus", dollars(15.0, 1.5, 18.75, 75.0)),
    ("anthropic", "claude-sonnet-4", dollars(3.0, 0.3, 3.75, 15.0)),
    ("anthropic", "claude-3-7-sonnet", dollars(3.0, 0.3, 3.75, 15.0)),
    ("anthropic", "claude-3-5-sonnet", dollars(3.0, 0.3, 3.75, 15.0)),
    ("anthropic", "claude-haiku-4-5", dollars(1.0, 0.1, 1.25, 5.0)),
    ("anthropic", "claude-3-5-haiku", dollars(0.8, 0.08, 1.0, 4.0)),
    ("anthropic", "claude-3-haiku", dollars(0.25, 0.03, 0.3, 1.25)),
    ("openai", "gpt-5-mini", dollars(0.25, 0.025, 0.25, 2.0)),
    ("openai", "gpt-5-nano", dollars(0.05, 0.005, 0.05, 0.4)),
    ("openai", "gpt-5-pro", dollars(15.0, 15.0, 15.0, 120.0)),
    ("openai", "gpt-5", dollars(1.25, 0.125, 1.25, 10.0)),
    ("openai", "gpt-4.1-mini", dollars(0.4, 0.1, 0.4, 1.6)),
    ("openai", "gpt-4.1-nano", dollars(0.1, 0.025, 0.1, 0.4)),
    ("openai", "gpt-4.1", dollars(2.0, 0.5, 2.0, 8.0)),
    ("openai", "gpt-4o-mini", dollars(0.15, 0.075, 0.15, 0.6)),
    ("openai", "gpt-4o", dollars(2.5, 1.25, 2.5, 10.0)),
    ("openai", "o3-mini", dollars(1.1, 0.55, 1.1, 4.4)),
    ("openai", "o3", dollars(2.0, 0.5, 2.0, 8.0)),
    ("openai", "o4-mini", dollars(1.1, 0.275, 1.1, 4.4)),
    ("gemini", "gemini-3-pro", dollars(2.0, 0.2, 2.0, 12.0)),
    ("gemini", "gemini-2.5-pro", dollars(1.25, 0.125, 1.25, 10.0)),
    ("gemini", "gemini-2.5-flash-lite", dollars(0.1, 0.01, 0.1, 0.4)),
    ("gemini", "gemini-2.5-flash", dollars(0.3, 0.03, 0.3, 2.5)),
    ("gemini", "gemini-2.0-flash", dollars(0.1, 0.025, 0.1, 0.4)),
    ("mistral", "mistral-large", dollars(2.0, 2.0, 2.0, 6.0)),
    ("mistral", "mistral-medium", dollars(0.4, 0.4, 0.4, 2.0)),
    ("mistral", "mistral-small", dollars(0.1, 0.1, 0.1, 0.3)),
    ("mistral", "devstral-medium", dollars(0.4, 0.4, 0.4, 2.0)),
    ("mistral", "devstral-small", dollars(0.1, 0.1, 0.1, 0.3)),
    ("mistral", "codestral", dollars(0.3, 0.3, 0.3, 0.9)),
    ("groq", "llama-3.3-70b", dollars(0.59, 0.59, 0.59, 0.79)),
    ("groq", "llama-3.1-8b", dollars(0.05, 0.05, 0.05, 0.08)),
    ("groq", "openai/gpt-oss-120b", dollars(0.15, 0.075, 0.15, 0.6)),
    ("groq", "openai/gpt-oss-20b", dollars(0.075, 0.0375, 0.075, 0.3)),
    ("groq", "qwen/qwen3-32b", dollars(0.29, 0.29, 0.29, 0.59)),
    ("groq", "moonshotai/kimi-k2", dollars(1.0, 0.5, 1.0, 3.0)),
];

/// The list price of a provider's model; `None` where the table does not know it.
pub fn price(provider: &str, model: &str) -> Option<Price> {
    let fits = |(of, name, _): &&Row| *of == provider && model.starts_with(name);
    let found = TABLE.iter().filter(fits).max_by_key(|(_, name, _)| name.len())?;
    Some(found.2)
}

const fn dollars(input: f64, cached: f64, cache_write: f64, output: f64) -> Price {
    const fn nanos(dollars: f64) -> Money {
        Money((dollars * 1e9) as u64)
    }
    Price {
        input: nanos(input),
        cached: nanos(cached),
        cache_write: nanos(cache_write),
        output: nanos(output),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(provider: &str, model: &str) -> Option<String> {
        let Price { input, cached, cache_write, output } = price(provider, model)?;
        Some(format!("{input} {cached} {cache_write} {output}"))
    }

    #[test]
    fn the_longest_beginning_of_a_name_counts() {
        assert_eq!(shown("openai", "gpt-5-mini-2025-08-07").unwrap(), "$0.25 $0.025 $0.25 $2.00");
        assert_eq!(shown("openai", "gpt-5.1").unwrap(), "$1.25 $0.12 $1.25 $10.00");
        assert_eq!(
            shown("anthropic", "claude-sonnet-4-5-20250929").unwrap(),
            "$3.00 $0.30 $3.75 $15.00"
        );
        assert_eq!(shown("mine", "gpt-5"), None);
    }
}
