//! Measures what the adapter adds to the server's own time, against the tests' server: searches one by
//! one, and passages remembered in bulk.
//!
//! `cargo run --release -p devika-memory --features qdrant --example qdrant`

use std::io::Write;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use devika_memory::qdrant::{Options, QdrantMemory};
use devika_memory::{Embedder, Filter, Kind, Memory, Passage, Query};

#[path = "../tests/qdrant/double/mod.rs"]
#[expect(dead_code, reason = "the tests use the rest")]
mod double;

use double::Double;

/// Passages that are there when searches are measured: few, since the tests' server looks at each.
const THERE: usize = 200;
const SEARCHES: usize = 1_000;
const IN_BULK: usize = 20_000;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let server = Double::start();
    let embedder: Arc<dyn Embedder> = Arc::new(Directions);
    let memory = QdrantMemory::open(Options::at(server.address()), Some(embedder)).await?;
    memory.remember((0..THERE).map(passage).collect()).await?;
    searches(&server, &memory).await?;
    in_bulk(&server, &memory).await
}

async fn searches(
    server: &Double,
    memory: &QdrantMemory,
) -> Result<(), Box<dyn std::error::Error>> {
    let filter = Filter { project: Some("/home/u/project".to_owned()), ..Filter::default() };
    let (mut all, mut added) = (Vec::new(), Vec::new());
    for n in 0..SEARCHES {
        let text = format!("which function parses header number {}", n % THERE);
        let query = Query { text, filter: filter.clone(), limit: 10 };
        server.take_calls();
        let begun = Instant::now();
        let found = memory.search(&query).await?;
        let took = begun.elapsed();
        assert_eq!(found.len(), 10, "the words are in every passage");
        let worked: Duration = server.take_calls().iter().map(|call| call.worked).sum();
        all.push(took);
        added.push(took.saturating_sub(worked));
    }
    writeln!(
        std::io::stdout(),
        "a search: {}; over the server's own time: {}",
        spread(all),
        spread(added)
    )?;
    Ok(())
}

async fn in_bulk(server: &Double, memory: &QdrantMemory) -> Result<(), Box<dyn std::error::Error>> {
    let passages: Vec<_> = (THERE..THERE + IN_BULK).map(passage).collect();
    server.take_calls();
    let begun = Instant::now();
    memory.remember(passages).await?;
    let took = begun.elapsed();
    let calls = server.take_calls();
    let worked: Duration = calls.iter().map(|call| call.worked).sum();
    writeln!(
        std::io::stdout(),
        "{IN_BULK} passages with vectors of {LENGTH}: {took:?} in {} requests, {:.0} a second; the \
         server worked {worked:?}",
        calls.len(),
        IN_BULK as f64 / took.as_secs_f64(),
    )?;
    Ok(())
}

fn passage(n: usize) -> Passage {
    let body =
        "    let value = header.get(name).map(parse_value).unwrap_or_default();\n".repeat(12);
    Passage {
        project: "/home/u/project".to_owned(),
        shared: false,
        kind: Kind::Code,
        source: format!("src/http/header_{n}.rs#L1-L14"),
        title: format!("parse_header_{n}"),
        text: format!("fn parse_header_{n}(header: &HeaderMap, name: &str) {{\n{body}}}\n"),
        at: 1_700_000_000_000,
        expires: None,
    }
}

/// Length of the vectors.
const LENGTH: usize = 384;

/// Vectors that cost nothing to make.
struct Directions;

#[async_trait]
impl Embedder for Directions {
    fn model(&self) -> &str {
        "example/directions"
    }

    async fn embed(&self, texts: &[String]) -> Result<Vec<Vec<f32>>, String> {
        Ok(texts.iter().map(|text| direction(text.len())).collect())
    }
}

fn direction(seed: usize) -> Vec<f32> {
    (0..LENGTH).map(|at| ((seed * 31 + at * 7) % 97) as f32 / 97.0).collect()
}

fn spread(mut took: Vec<Duration>) -> String {
    took.sort_unstable();
    let at = |percent: usize| took.get(took.len() * percent / 100).copied().unwrap_or_default();
    format!("p50 {:?}, p99 {:?}", at(50), at(99))
}
