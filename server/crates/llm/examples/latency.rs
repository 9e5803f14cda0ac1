//! Measures what the adapters add to a model that answers at once: a client, the first turn with all that is
//! set up for it, a later turn, and the way of one streamed token from the server's release to
//! `on_delta`.
//!
//! `cargo run --release -p devika-llm --features providers --example latency`

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use devika_config::{Provider, ProviderKind};
use devika_llm::{Delta, Message, Request, Role, connect, list_models};
use scripted_model::{Gate, Reply, ScriptedModel};

const SAMPLES: usize = 200;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    for address in ["http://127.0.0.1:1/", "https://127.0.0.1:1/"] {
        let begun = Instant::now();
        let refused = list_models(&provider(ProviderKind::OpenAi, address.to_owned())).await;
        let took = begun.elapsed();
        writeln!(std::io::stdout(), "client for {address} built and refused: {took:?}")?;
        assert!(refused.is_err(), "nobody listens on port 1");
    }
    for kind in [ProviderKind::OpenAi, ProviderKind::Anthropic] {
        let server = ScriptedModel::start(Vec::new()).await;
        let provider = provider(kind, server.openai_url());
        let (first, later) = turns(&server, &provider).await?;
        let tokens = tokens(&server, &provider).await?;
        writeln!(
            std::io::stdout(),
            "{kind:?}: first turn {first:?} with its client, later turns {}; token {}",
            spread(later),
            spread(tokens),
        )?;
    }
    Ok(())
}

/// A first turn, its client built on the way, and the turns after it.
async fn turns(
    server: &ScriptedModel,
    provider: &Provider,
) -> Result<(Duration, Vec<Duration>), Box<dyn std::error::Error>> {
    let begun = Instant::now();
    let model = connect(provider, "m")?;
    let mut took = Vec::new();
    for at in 0..=SAMPLES {
        server.push(Reply::text("print('Hello')\n".repeat(20)));
        let begun = if at == 0 { begun } else { Instant::now() };
        model.turn(&request(), &|_| {}).await?;
        took.push(begun.elapsed());
    }
    let later = took.split_off(1);
    Ok((took[0], later))
}

/// How long after its release a held token arrives.
async fn tokens(
    server: &ScriptedModel,
    provider: &Provider,
) -> Result<Vec<Duration>, Box<dyn std::error::Error>> {
    let model = connect(provider, "m")?;
    let mut took = Vec::new();
    for _ in 0..SAMPLES {
        let gate = Gate::new();
        server.push(Reply::text("ab").chunks(1).gate(1, &gate));
        let arrived = Mutex::new(None);
        let request = request();
        let on_delta = |delta: Delta<'_>| {
            if delta == Delta::Text("b")
                && let Ok(mut arrived) = arrived.lock()
            {
                *arrived = Some(Instant::now());
            }
        };
        let release = async {
            gate.reached().await;
            // Until the token before it has arrived.
            tokio::time::sleep(Duration::from_millis(2)).await;
            let now = Instant::now();
            gate.release();
            now
        };
        let (answer, released) = tokio::join!(model.turn(&request, &on_delta), release);
        answer?;
        let arrived = arrived.into_inner().ok().flatten();
        took.extend(arrived.map(|arrived| arrived.duration_since(released)));
    }
    Ok(took)
}

fn spread(mut took: Vec<Duration>) -> String {
    took.sort_unstable();
    let at = |percent: usize| took.get(took.len() * percent / 100).copied().unwrap_or_default();
    format!("p50 {:?}, p99 {:?}", at(50), at(99))
}

fn request() -> Request {
    Request {
        system: "Be brief.".to_owned(),
        messages: vec![Message { role: Role::User, text: "Say hello".to_owned() }],
        schema: None,
        max_tokens: 100,
    }
}

fn provider(kind: ProviderKind, base_url: String) -> Provider {
    Provider {
        name: "scripted".to_owned(),
        kind,
        base_url,
        key: None,
        key_hint: None,
        default_model: None,
        connect_timeout: Duration::from_secs(5),
        first_token_timeout: Duration::from_secs(5),
        idle_timeout: Duration::from_secs(5),
        context_tokens: 8000,
        output_tokens: 1000,
        small: false,
        headers: Vec::new(),
        ca_file: None,
        proxy: None,
        concurrency: 1,
        queue: 10,
        prices: BTreeMap::new(),
    }
}
