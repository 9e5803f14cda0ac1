//! Measures what the policy adds to a model that answers at once, with a ledger in memory: a turn
//! under the policy and without it, one streamed token under the policy and without it, and the
//! growth of memory over 10,000 turns.
//!
//! `cargo run --release -p devika-llm --example overhead`; prints one JSON object.

use std::hint::black_box;
use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use devika_llm::{
    Admission, Answer, Call, Chain, Delta, Ended, LanguageModel, Ledger, LedgerError, Limits,
    Message, ModelError, Policed, Rates, Request, Role, Settled, Stop, Terms, Ticket,
};
use devika_protocol::Money;
use serde_json::json;

/// Turns that are measured one by one, after as many to warm up.
const TURNS: usize = 2_000;

/// Turns after which the memory is compared.
const MANY_TURNS: usize = 10_000;

/// Pieces of one answer.
const TOKENS: usize = 500;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let bare = Arc::new(Parrot);
    let rates = Rates::listed("anthropic", "claude-sonnet-5").unwrap_or_default();
    let ledger: Arc<CountingLedger> = Arc::default();
    let policed = Policed::new(bare.clone(), ledger.clone(), Terms::new("parrot", rates));
    let chain = Chain::new(policed);
    let request = request();

    let (bare_turns, bare_tokens) = measure(&*bare, &request).await?;
    let (turns, tokens) = measure(&chain, &request).await?;

    let before = resident_kib();
    for _ in 0..MANY_TURNS {
        chain.turn(&request, &|_| {}).await?;
    }
    let grown = resident_kib().zip(before).map(|(after, before)| after - before);

    let micros = |took: Duration| took.as_nanos() as f64 / 1000.0;
    let spread = |(p50, p99): (Duration, Duration)| json!({"p50": micros(p50), "p99": micros(p99)});
    let told = json!({
        "prompt_bytes": request.messages.iter().map(|message| message.text.len()).sum::<usize>(),
        "tokens_a_turn": TOKENS,
        "bare_turn_micros": spread(bare_turns),
        "turn_micros": spread(turns),
        "bare_token_micros": spread(bare_tokens),
        "token_micros": spread(tokens),
        "growth_kib": grown,
        "calls": ledger.settled.load(Ordering::Relaxed),
    });
    writeln!(std::io::stdout(), "{told}")?;
    Ok(())
}

/// Median and 99th percentile of a turn, and of the way from one token to the next within it.
async fn measure(
    model: &dyn LanguageModel,
    request: &Request,
) -> Result<((Duration, Duration), (Duration, Duration)), ModelError> {
    let (mut turns, mut tokens) = (Vec::new(), Vec::new());
    for turn in 0..TURNS * 2 {
        let arrived = Arrivals::default();
        let begun = Instant::now();
        black_box(model.turn(request, &|delta| arrived.note(begun, &delta)).await?);
        if turn >= TURNS {
            turns.push(begun.elapsed());
            tokens.extend(arrived.gaps());
        }
    }
    Ok((spread(turns), spread(tokens)))
}

/// When each token arrived, in nanoseconds from the beginning of its turn.
struct Arrivals {
    count: AtomicUsize,
    at: Vec<AtomicI64>,
}

impl Default for Arrivals {
    fn default() -> Self {
        Self { count: AtomicUsize::new(0), at: (0..TOKENS).map(|_| AtomicI64::new(0)).collect() }
    }
}

impl Arrivals {
    fn note(&self, begun: Instant, delta: &Delta<'_>) {
        black_box(delta);
        let nanos = begun.elapsed().as_nanos().try_into().unwrap_or(i64::MAX);
        if let Some(at) = self.at.get(self.count.fetch_add(1, Ordering::Relaxed)) {
            at.store(nanos, Ordering::Relaxed);
        }
    }

    fn gaps(&self) -> Vec<Duration> {
        let at: Vec<i64> = self.at.iter().map(|at| at.load(Ordering::Relaxed)).collect();
        let gap = |pair: &[i64]| Duration::from_nanos((pair[1] - pair[0]).unsigned_abs());
        at.windows(2).map(gap).collect()
    }
}

fn spread(mut took: Vec<Duration>) -> (Duration, Duration) {
    took.sort_unstable();
    let at = |percent: usize| took.get(took.len() * percent / 100).copied().unwrap_or_default();
    (at(50), at(99))
}

/// The memory that the process holds; only Linux says.
fn resident_kib() -> Option<i64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().trim_end_matches("kB").trim().parse().ok()
}

/// A coder's turn: 24 KB of instructions and code.
fn request() -> Request {
    let code =
        "    let total = prices.iter().map(|price| price.amount).sum::<u64>();\n".repeat(350);
    Request {
        system: "Answer with the whole file.".to_owned(),
        messages: vec![Message { role: Role::User, text: code }],
        schema: None,
        max_tokens: 8_000,
    }
}

/// Answers at once, in many pieces.
struct Parrot;

#[async_trait]
impl LanguageModel for Parrot {
    fn name(&self) -> &'static str {
        "parrot/grey"
    }

    fn limits(&self) -> Limits {
        Limits { context: 200_000, output: 8_000, small: false }
    }

    async fn turn(
        &self,
        _: &Request,
        on_delta: &(dyn for<'a> Fn(Delta<'a>) + Send + Sync),
    ) -> Result<Answer, ModelError> {
        (0..TOKENS).for_each(|_| on_delta(Delta::Text(" total")));
        Ok(Answer {
            model: self.name().to_owned(),
            text: " total".repeat(TOKENS),
            stop: Stop::Complete,
            input_tokens: 7_000,
            cached_tokens: 5_000,
            cache_written_tokens: 1_000,
            output_tokens: TOKENS as u64,
            cost: Money::ZERO,
        })
    }
}

/// Admits all, and counts.
#[derive(Default)]
struct CountingLedger {
    admitted: AtomicI64,
    settled: AtomicI64,
}

#[async_trait]
impl Ledger for CountingLedger {
    async fn admit(&self, _: &Call) -> Result<Admission, LedgerError> {
        let ticket = Ticket(self.admitted.fetch_add(1, Ordering::Relaxed) + 1);
        Ok(Admission::Go { ticket, warnings: Vec::new() })
    }

    async fn settle(&self, _: Ticket, _: &Ended) -> Result<Settled, LedgerError> {
        self.settled.fetch_add(1, Ordering::Relaxed);
        Ok(Settled::default())
    }
}
