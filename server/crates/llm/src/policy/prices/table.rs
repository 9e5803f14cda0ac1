//! The providers' public list prices, in dollars for a million tokens, without discounts for batches
//! or priority tiers.
//!
//! As of October 2026 for Claude (platform.claude.com, "Pricing"), of July 2026 for GPT and Gemini (public
//! copies of OpenAI's and Google's lists), and of mid-2026 for Mistral and Groq (likewise). Prices change:
//! those of the configuration go before these.

use devika_protocol::{Money, Price};

use super::Rates;

/// A model's list price. Its name begins with `prefix`; the longest one decides.
struct Row {
    prefix: &'static str,
    /// Dollars: prompt, prompt from the cache, prompt into the cache, answer.
    dollars: [f64; 4],
    long: Option<Long>,
}

/// What a long prompt makes dearer.
#[derive(Clone, Copy)]
struct Long {
    /// Tokens of the prompt.
    above: u64,
    /// Times the price of the prompt, of the answer.
    times: [f64; 2],
}

impl Row {
    const fn rates(&self) -> Rates {
        let short = price(self.dollars, [1.0, 1.0]);
        let long = match self.long {
            Some(long) => Some((long.above, price(self.dollars, long.times))),
            None => None,
        };
        Rates { short, long }
    }

    fn is_of(&self, model: &str) -> bool {
        let rest = model.strip_prefix(self.prefix);
        // `gpt-5` is not `gpt-5.9`, whose price nobody knows yet; dates and `-latest` are the same model.
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['-', '@', ':']))
    }
}

const fn price(dollars: [f64; 4], times: [f64; 2]) -> Price {
    let [input, cached, cache_write, output] = dollars;
    Price {
        input: money(input * times[0]),
        cached: money(cached * times[0]),
        cache_write: money(cache_write * times[0]),
        output: money(output * times[1]),
    }
}

const fn money(dollars: f64) -> Money {
    Money((dollars * 1e9 + 0.5) as u64)
}

/// A model whose provider takes nothing extra for what goes into its cache.
const fn plain(prefix: &'static str, input: f64, cached: f64, output: f64) -> Row {
    Row { prefix, dollars: [input, cached, input, output], long: None }
}

/// A model whose provider takes a quarter more for what goes into its cache.
const fn writing(prefix: &'static str, input: f64, cached: f64, output: f64) -> Row {
    Row { prefix, dollars: [input, cached, input * 1.25, output], long: None }
}

const fn dearer(row: Row, above: u64, times: [f64; 2]) -> Row {
    Row { long: Some(Long { above, times }), ..row }
}

const ANTHROPIC: &[Row] = &[
    writing("claude-fable-5", 10.0, 1.0, 50.0),
    writing("claude-fable-5-1", 10.0, 0.25, 50.0),
    writing("claude-mythos-5", 10.0, 1.0, 50.0),
    writing("claude-mythos-5-1", 10.0, 0.25, 50.0),
    writing("claude-opus-5-5", 4.0, 0.2, 20.0),
    writing("claude-opus-5", 5.0, 0.5, 25.0),
    writing("claude-opus-4-8", 5.0, 0.5, 25.0),
    writing("claude-opus-4-7", 5.0, 0.5, 25.0),
    writing("claude-opus-4-6", 5.0, 0.5, 25.0),
    writing("claude-opus-4-5", 5.0, 0.5, 25.0),
    writing("claude-opus-4", 15.0, 1.5, 75.0),
    writing("claude-3-opus", 15.0, 1.5, 75.0),
    writing("claude-sonnet-5-5", 2.0, 0.1, 10.0),
    writing("claude-sonnet-5", 2.0, 0.2, 10.0),
    writing("claude-sonnet-4-6", 3.0, 0.3, 15.0),
    dearer(writing("claude-sonnet-4", 3.0, 0.3, 15.0), 200_000, [2.0, 1.5]),
    writing("claude-3-7-sonnet", 3.0, 0.3, 15.0),
    writing("claude-3-5-sonnet", 3.0, 0.3, 15.0),
    dearer(writing("claude-haiku-5-5", 0.1, 0.01, 0.5), 100_000, [5.0, 5.0]),
    writing("claude-haiku-4-5", 1.0, 0.1, 5.0),
    writing("claude-3-5-haiku", 0.8, 0.08, 4.0),
    writing("claude-3-haiku", 0.25, 0.03, 1.25),
];

/// From GPT-5.4 on, prompts above this are dearer.
const LONG_FOR_GPT: u64 = 272_000;

const OPENAI: &[Row] = &[
    dearer(writing("gpt-5.6", 5.0, 0.5, 30.0), LONG_FOR_GPT, [2.0, 1.5]),
    dearer(writing("gpt-5.6-terra", 2.5, 0.25, 15.0), LONG_FOR_GPT, [2.0, 1.5]),
    dearer(writing("gpt-5.6-luna", 1.0, 0.1, 6.0), LONG_FOR_GPT, [2.0, 1.5]),
    dearer(plain("gpt-5.5", 5.0, 0.5, 30.0), LONG_FOR_GPT, [2.0, 1.5]),
    dearer(plain("gpt-5.5-pro", 30.0, 3.0, 180.0), LONG_FOR_GPT, [2.0, 1.5]),
    dearer(plain("gpt-5.4", 2.5, 0.25, 15.0), LONG_FOR_GPT, [2.0, 1.5]),
    dearer(plain("gpt-5.4-pro", 30.0, 3.0, 180.0), LONG_FOR_GPT, [2.0, 1.5]),
    plain("gpt-5.4-mini", 0.75, 0.075, 4.5),
    plain("gpt-5.4-nano", 0.2, 0.02, 1.25),
    plain("gpt-5.3", 1.75, 0.175, 14.0),
    plain("gpt-5.2", 1.75, 0.175, 14.0),
    plain("gpt-5.2-pro", 21.0, 21.0, 168.0),
    plain("gpt-5.1", 1.25, 0.125, 10.0),
    plain("gpt-5.1-codex-mini", 0.25, 0.025, 2.0),
    plain("gpt-5", 1.25, 0.125, 10.0),
    plain("gpt-5-pro", 15.0, 15.0, 120.0),
    plain("gpt-5-mini", 0.25, 0.025, 2.0),
    plain("gpt-5-nano", 0.05, 0.005, 0.4),
    plain("gpt-4.1", 2.0, 0.5, 8.0),
    plain("gpt-4.1-mini", 0.4, 0.1, 1.6),
    plain("gpt-4.1-nano", 0.1, 0.025, 0.4),
    plain("gpt-4o", 2.5, 1.25, 10.0),
    plain("gpt-4o-mini", 0.15, 0.075, 0.6),
    plain("gpt-4-turbo", 10.0, 10.0, 30.0),
    plain("gpt-4-32k", 60.0, 60.0, 120.0),
    plain("gpt-4", 30.0, 30.0, 60.0),
    plain("gpt-3.5-turbo", 0.5, 0.5, 1.5),
    plain("o4-mini", 1.1, 0.275, 4.4),
    plain("o3", 2.0, 0.5, 8.0),
    plain("o3-pro", 20.0, 20.0, 80.0),
    plain("o3-mini", 1.1, 0.55, 4.4),
    plain("o1", 15.0, 7.5, 60.0),
    plain("o1-pro", 150.0, 150.0, 600.0),
];

/// Prompts above this are dearer for the Pro models.
const LONG_FOR_GEMINI: u64 = 200_000;

const GEMINI: &[Row] = &[
    plain("gemini-3.6-flash", 1.5, 0.15, 7.5),
    plain("gemini-3.5-flash", 1.5, 0.15, 9.0),
    plain("gemini-3.5-flash-lite", 0.3, 0.03, 2.5),
    dearer(plain("gemini-3.1-pro", 2.0, 0.2, 12.0), LONG_FOR_GEMINI, [2.0, 1.5]),
    plain("gemini-3.1-flash-lite", 0.25, 0.025, 1.5),
    dearer(plain("gemini-3-pro", 2.0, 0.2, 12.0), LONG_FOR_GEMINI, [2.0, 1.5]),
    plain("gemini-3-flash", 0.5, 0.05, 3.0),
    dearer(plain("gemini-2.5-pro", 1.25, 0.125, 10.0), LONG_FOR_GEMINI, [2.0, 1.5]),
    plain("gemini-2.5-flash", 0.3, 0.03, 2.5),
    plain("gemini-2.5-flash-lite", 0.1, 0.01, 0.4),
    plain("gemini-2.0-flash", 0.15, 0.0375, 0.6),
    plain("gemini-2.0-flash-lite", 0.075, 0.01875, 0.3),
];

/// Mistral takes the whole price for what its cache had.
const fn mistral(prefix: &'static str, input: f64, output: f64) -> Row {
    plain(prefix, input, input, output)
}

const MISTRAL: &[Row] = &[
    // The names that stay point to the newest of their kind, which is Medium 3.5.
    mistral("mistral-medium", 1.5, 7.5),
    mistral("mistral-medium-2508", 0.4, 2.0),
    mistral("mistral-medium-2505", 0.4, 2.0),
    mistral("mistral-large", 2.0, 6.0),
    mistral("mistral-large-2512", 0.5, 1.5),
    mistral("mistral-small", 0.15, 0.6),
    mistral("codestral", 0.3, 0.9),
    mistral("devstral-2512", 0.4, 2.0),
    mistral("devstral-medium", 0.4, 2.0),
    mistral("devstral-small", 0.1, 0.3),
    mistral("magistral-medium", 2.0, 5.0),
    mistral("magistral-small", 0.5, 2.0),
    mistral("ministral-8b", 0.15, 0.15),
    mistral("ministral-3b", 0.1, 0.1),
    mistral("open-mistral-nemo", 0.15, 0.15),
];

const GROQ: &[Row] = &[
    plain("llama-3.3-70b-versatile", 0.59, 0.59, 0.79),
    plain("llama-3.1-8b-instant", 0.05, 0.05, 0.08),
    plain("meta-llama/llama-4-scout", 0.11, 0.11, 0.34),
    plain("meta-llama/llama-4-maverick", 0.2, 0.2, 0.6),
    plain("openai/gpt-oss-120b", 0.15, 0.075, 0.6),
    plain("openai/gpt-oss-20b", 0.075, 0.0375, 0.3),
    plain("qwen/qwen3-32b", 0.29, 0.29, 0.59),
    plain("moonshotai/kimi-k2", 1.0, 0.5, 3.0),
];

/// The providers by their own names, and by those that gateways put before a model's name.
const PROVIDERS: [(&[&str], &[Row]); 5] = [
    (&["anthropic"], ANTHROPIC),
    (&["openai"], OPENAI),
    (&["gemini", "google"], GEMINI),
    (&["mistral", "mistralai"], MISTRAL),
    (&["groq"], GROQ),
];

/// A provider's own model; else, as gateways have it, `vendor/model` or a name that is one
/// vendor's alone.
pub(super) fn find(provider: &str, model: &str) -> Option<Rates> {
    let model = model.strip_prefix("models/").unwrap_or(model);
    if let Some(rows) = rows_of(provider) {
        return longest(rows, model);
    }
    // What a gateway gives away or serves from elsewhere has a price of its own.
    if model.contains(':') {
        return None;
    }
    if let Some((vendor, name)) = model.split_once('/') {
        return longest(rows_of(vendor)?, &dashed(name));
    }
    let name = dashed(model);
    [ANTHROPIC, OPENAI, GEMINI].into_iter().find_map(|rows| longest(rows, &name))
}

fn rows_of(provider: &str) -> Option<&'static [Row]> {
    PROVIDERS.iter().find(|(names, _)| names.contains(&provider)).map(|(_, rows)| *rows)
}

fn longest(rows: &[Row], model: &str) -> Option<Rates> {
    let matching = rows.iter().filter(|row| row.is_of(model));
    matching.max_by_key(|row| row.prefix.len()).map(Row::rates)
}

/// Gateways write `claude-sonnet-4.5`, where Anthropic writes `claude-sonnet-4-5`.
fn dashed(model: &str) -> String {
    if model.starts_with("claude") { model.replace('.', "-") } else { model.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(provider: &str, model: &str) -> String {
        let Some(rates) = find(provider, model) else { return "unknown".to_owned() };
        let Price { input, cached, cache_write, output } = rates.of(0);
        format!("{input} {cached} {cache_write} {output}")
    }

    #[test]
    fn the_longest_name_decides() {
        let table = [
            ("anthropic", "claude-sonnet-4-5-20250929"),
            ("anthropic", "claude-opus-5-5"),
            ("anthropic", "claude-sonnet-9"),
            ("openai", "gpt-5-mini-2025-08-07"),
            ("openai", "gpt-5.9"),
            ("gemini", "models/gemini-2.5-flash-lite"),
            ("mistral", "devstral-small-latest"),
            ("groq", "llama-3.3-70b-versatile"),
            ("openrouter", "anthropic/claude-sonnet-4.5"),
            ("openrouter", "anthropic/claude-sonnet-4.5:free"),
            ("openrouter", "deepseek/deepseek-chat"),
            ("company", "gpt-5-mini"),
            ("company", "llama-3.3-70b-versatile"),
        ]
        .map(|(provider, model)| format!("{provider:<10} {model:<33} {}", shown(provider, model)));
        insta::assert_snapshot!(table.join("\n"), @r"
        anthropic  claude-sonnet-4-5-20250929        $3.00 $0.30 $3.75 $15.00
        anthropic  claude-opus-5-5                   $4.00 $0.20 $5.00 $20.00
        anthropic  claude-sonnet-9                   unknown
        openai     gpt-5-mini-2025-08-07             $0.25 $0.025 $0.25 $2.00
        openai     gpt-5.9                           unknown
        gemini     models/gemini-2.5-flash-lite      $0.10 $0.010 $0.10 $0.40
        mistral    devstral-small-latest             $0.10 $0.10 $0.10 $0.30
        groq       llama-3.3-70b-versatile           $0.59 $0.59 $0.59 $0.79
        openrouter anthropic/claude-sonnet-4.5       $3.00 $0.30 $3.75 $15.00
        openrouter anthropic/claude-sonnet-4.5:free  unknown
        openrouter deepseek/deepseek-chat            unknown
        company    gpt-5-mini                        $0.25 $0.025 $0.25 $2.00
        company    llama-3.3-70b-versatile           unknown
        ");
    }

    #[test]
    fn each_row_can_be_found_and_what_is_cached_is_never_dearer() {
        for (names, rows) in PROVIDERS {
            for row in rows {
                assert_eq!(find(names[0], row.prefix), Some(row.rates()), "{}", row.prefix);
                let [input, cached, cache_write, output] = row.dollars;
                assert!(0.0 < cached && cached <= input && input <= cache_write, "{}", row.prefix);
                assert!(input <= output, "{}", row.prefix);
            }
        }
    }
}
