//! Measures the memory in one file on this machine: `cargo run --release --features embedded --example
//! search_100k -- FILE [PASSAGES]`. A FILE that is there is searched; else it is filled first. Texts are made of words as frequent as
//! those of real ones; vectors, of 384 numbers, of topics that texts share.

use std::{
    error::Error,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use async_trait::async_trait;
use devika_memory::{Embedded, Embedder, Filter, Kind, Memory, Passage, Query};

const PROJECT: &str = "/home/ada/engine";
const DIMENSION: usize = 384;
const WORDS: u64 = 40_000;
const TOPICS: u64 = 500;
const QUERIES: u64 = 1_000;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let file = PathBuf::from(arguments.next().ok_or("name a file that does not exist")?);
    let count = arguments.next().map_or(Ok(100_000), |count| count.parse())?;

    if !file.exists() {
        fill(&file, count).await?;
    }
    search(&file).await?;
    replace(&file, count).await
}

#[expect(clippy::print_stdout, reason = "printing is what this program is for")]
async fn fill(file: &Path, count: u64) -> Result<(), Box<dyn Error>> {
    let memory = Embedded::open(file, None).await?;
    let since = Instant::now();
    for first in (0..count).step_by(1_000) {
        memory.remember((first..count.min(first + 1_000)).map(passage).collect()).await?;
    }
    println!("remember {count} passages: {:.1} s", since.elapsed().as_secs_f64());
    println!("file with words: {} MiB", size(&memory).await?);
    drop(memory);

    let since = Instant::now();
    let memory = Embedded::open(file, Some(Arc::new(Topics))).await?;
    memory.wait_until_embedded().await?;
    println!("write {count} vectors: {:.1} s", since.elapsed().as_secs_f64());
    println!("file with vectors: {} MiB", size(&memory).await?);
    Ok(())
}

#[expect(clippy::print_stdout, reason = "printing is what this program is for")]
async fn search(file: &Path) -> Result<(), Box<dyn Error>> {
    let memory = Embedded::open(file, Some(Arc::new(Topics))).await?;
    let since = Instant::now();
    memory.search(&query(QUERIES, Filter::default(), 8)).await?;
    println!("first search after opening: {:.1} ms", millis(since.elapsed()));
    let own = Filter { project: Some(PROJECT.to_owned()), ..Filter::default() };
    let code = Filter { kinds: vec![Kind::Code], ..own.clone() };
    let folder = Filter { source: Some("src/7".to_owned()), ..own.clone() };
    for (what, filter, words) in [
        ("hybrid, 3 words", &own, 3),
        ("hybrid, 8 words", &own, 8),
        ("hybrid, 40 words", &own, 40),
        ("hybrid, 8 words, of one kind", &code, 8),
        ("hybrid, 8 words, of one folder", &folder, 8),
    ] {
        let mut times = Vec::new();
        for number in 0..QUERIES {
            let query = query(number, filter.clone(), words);
            let since = Instant::now();
            let found = memory.search(&query).await?;
            times.push(millis(since.elapsed()));
            if found.is_empty() {
                return Err("nothing was found".into());
            }
        }
        times.sort_by(f64::total_cmp);
        let at = |share: f64| times[(times.len() as f64 * share) as usize];
        println!("{what:<32} p50 {:>6.2} ms, p99 {:>6.2} ms", at(0.5), at(0.99));
    }
    Ok(())
}

#[expect(clippy::print_stdout, reason = "printing is what this program is for")]
async fn replace(file: &Path, count: u64) -> Result<(), Box<dyn Error>> {
    let memory = Embedded::open(file, None).await?;
    let mut times = Vec::new();
    for number in 0..100 {
        let path = format!("src/changed/{number}.rs");
        let parts = |round: u64| {
            let part = |n| Passage {
                source: format!("{path}#L{n}"),
                ..passage(count + number * 40 + round * 20 + n)
            };
            (0..20).map(part).collect::<Vec<_>>()
        };
        memory.replace(PROJECT, Kind::Code, &path, parts(0)).await?;
        let since = Instant::now();
        memory.replace(PROJECT, Kind::Code, &path, parts(1)).await?;
        times.push(millis(since.elapsed()));
    }
    times.sort_by(f64::total_cmp);
    println!("replace a file of 20 passages: p50 {:.1} ms, p99 {:.1} ms", times[50], times[99]);
    Ok(())
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

async fn size(memory: &Embedded) -> Result<u64, Box<dyn Error>> {
    Ok(memory.stats().await?.bytes.unwrap_or(0) >> 20)
}

/// Numbers that look random and are the same each time (splitmix64).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn share(&mut self) -> f64 {
        self.next() as f64 / u64::MAX as f64
    }

    /// A word: as Zipf found, the n-th most frequent is about n times as rare as the first.
    fn word(&mut self) -> String {
        let rank = (WORDS as f64).powf(self.share()) as u64;
        let mut letters = rank.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        (0..4 + rank % 6)
            .map(|_| {
                letters = letters.rotate_left(9).wrapping_mul(31).wrapping_add(rank);
                char::from(b'a' + (letters % 26) as u8)
            })
            .collect()
    }

    fn text(&mut self, topic: u64, words: u64) -> String {
        let words: Vec<String> = (0..words).map(|_| self.word()).collect();
        format!("topic{topic} {}", words.join(" "))
    }
}

fn passage(number: u64) -> Passage {
    let mut random = Random(number);
    let (topic, words) = (random.next() % TOPICS, 40 + random.next() % 160);
    Passage {
        project: PROJECT.to_owned(),
        shared: false,
        kind: Kind::ALL[(number % 5) as usize],
        source: format!("src/{}/{number}.rs", number % 97),
        title: random.word(),
        text: random.text(topic, words),
        at: number,
        expires: None,
    }
}

fn query(number: u64, filter: Filter, words: u64) -> Query {
    let mut random = Random(number.wrapping_mul(7_919) ^ 0xdead_beef);
    let topic = random.next() % TOPICS;
    Query { text: random.text(topic, words), filter, limit: 8 }
}

/// Texts of one topic lie around one direction.
struct Topics;

#[async_trait]
impl Embedder for Topics {
    fn model(&self) -> &str {
        "example/topics"
    }

    async fn embed(&self, texts: &[String]) -> Result<Vec<Vec<f32>>, String> {
        let vector = |text: &String| {
            let topic = text.split("topic").nth(1).and_then(|rest| rest.split(' ').next());
            let topic = topic.and_then(|topic| topic.parse().ok()).unwrap_or(0);
            let (mut around, mut own) = (Random(topic), Random(text.len() as u64 ^ topic << 20));
            (0..DIMENSION).map(|_| (around.share() + own.share() - 1.0) as f32).collect()
        };
        Ok(texts.iter().map(vector).collect())
    }
}
