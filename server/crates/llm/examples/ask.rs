//! Asks a running server one structured and one plain question over both protocols, to see a real
//! model through the adapters.
//!
//! `cargo run -p devika-llm --features providers --example ask http://127.0.0.1:8080/v1/ MODEL`

use std::collections::BTreeMap;
use std::io::Write;
use std::time::{Duration, Instant};

use devika_config::{Provider, ProviderKind};
use devika_llm::{
    Answer, Delta, LanguageModel, Message, ModelError, Request, Role, Schema, connect, list_models,
};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(address), Some(model)) = (arguments.next(), arguments.next()) else {
        return Err("usage: ask ADDRESS MODEL".into());
    };
    let mut out = std::io::stdout();
    for kind in [ProviderKind::OpenAi, ProviderKind::Anthropic] {
        let provider = provider(kind, address.clone());
        writeln!(out, "{kind:?}: models {:?}", list_models(&provider).await)?;
        let connected = connect(&provider, &model)?;
        for request in [structured(), plain()] {
            report(&mut out, &*connected, &request).await?;
        }
        let too_long = Request { messages: vec![said("word ".repeat(60_000))], ..plain() };
        report(&mut out, &*connected, &too_long).await?;
    }
    Ok(())
}

async fn report(
    out: &mut impl Write,
    model: &dyn LanguageModel,
    request: &Request,
) -> std::io::Result<()> {
    let begun = Instant::now();
    let pieces = std::sync::atomic::AtomicUsize::new(0);
    let count = |_: Delta<'_>| {
        pieces.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    };
    let outcome: Result<Answer, ModelError> = model.turn(request, &count).await;
    writeln!(out, "  {:?} after {:?}, {pieces:?} pieces", outcome, begun.elapsed())
}

fn structured() -> Request {
    let json = serde_json::json!({
        "type": "object",
        "properties": {
            "reply": {"type": "string"},
            "steps": {"type": "array", "items": {"type": "string"}, "maxItems": 3},
        },
        "required": ["reply", "steps"],
        "additionalProperties": false,
    });
    Request { schema: Some(Schema { name: "plan", json }), ..plain() }
}

fn plain() -> Request {
    Request {
        system: "You are a careful software engineer. Be brief.".to_owned(),
        messages: vec![said("Plan a hello world program in Python.".to_owned())],
        schema: None,
        max_tokens: 120,
    }
}

fn said(text: String) -> Message {
    Message { role: Role::User, text }
}

fn provider(kind: ProviderKind, base_url: String) -> Provider {
    Provider {
        name: "server".to_owned(),
        kind,
        base_url,
        key: None,
        key_hint: None,
        default_model: None,
        connect_timeout: Duration::from_secs(5),
        first_token_timeout: Duration::from_secs(120),
        idle_timeout: Duration::from_secs(60),
        context_tokens: 4096,
        output_tokens: 512,
        small: true,
        headers: Vec::new(),
        ca_file: None,
        proxy: None,
        concurrency: 1,
        queue: 10,
        prices: BTreeMap::new(),
    }
}
