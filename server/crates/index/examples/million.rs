//! Measures the index on a large project: `million ROOT [alone]`. It indexes what `ROOT` has into new
//! files in a temporary folder and prints the first index with the peak of memory, an unchanged
//! re-open, one changed file until it is found, and the map. Passages go to the embedded memory; with
//! `alone` to one that drops them, so that the index alone is measured.
#![expect(clippy::print_stdout, reason = "a measurement is printed")]

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use async_trait::async_trait;
use devika_index::{Change, Focus, Index};
use devika_memory::{
    Embedded, Filter, Found, Kind, KindCount, Memory, MemoryError, Passage, PassageId, Query, Stats,
};
use tokio_util::sync::CancellationToken;

/// Counts what it is given.
#[derive(Default)]
struct Counter {
    project: String,
    passages: AtomicU64,
}

#[async_trait]
impl Memory for Counter {
    async fn remember(&self, _: Vec<Passage>) -> Result<(), MemoryError> {
        Ok(())
    }

    async fn replace(
        &self,
        _: &str,
        _: Kind,
        _: &str,
        passages: Vec<Passage>,
    ) -> Result<(), MemoryError> {
        self.passages.fetch_add(passages.len() as u64, Ordering::Relaxed);
        Ok(())
    }

    async fn search(&self, _: &Query) -> Result<Vec<Found>, MemoryError> {
        Ok(Vec::new())
    }

    async fn forget(&self, _: &Filter) -> Result<u64, MemoryError> {
        Ok(0)
    }

    async fn page(
        &self,
        _: &Filter,
        _: Option<PassageId>,
        _: usize,
    ) -> Result<Vec<Passage>, MemoryError> {
        Ok(Vec::new())
    }

    async fn stats(&self) -> Result<Stats, MemoryError> {
        let passages = self.passages.load(Ordering::Relaxed);
        let counts = vec![KindCount { project: self.project.clone(), kind: Kind::Code, passages }];
        Ok(Stats { place: "counter".to_owned(), counts, without_vector: 0, bytes: None })
    }
}

#[tokio::main]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let Some(root) = arguments.next() else {
        println!("usage: million ROOT [alone]");
        return;
    };
    let root = Path::new(&root).canonicalize().expect("ROOT is a folder");
    let folder = tempfile::tempdir().expect("there is a temporary folder");
    let memory: Box<dyn Memory> = if arguments.next().is_some() {
        Box::new(Counter { project: root.to_string_lossy().into_owned(), ..Counter::default() })
    } else {
        let file = folder.path().join("memory.db");
        Box::new(Embedded::open(&file, None).await.expect("the memory opens"))
    };
    measure(&root, &folder.path().join("code.db"), &*memory).await;
}

async fn measure(root: &Path, file: &Path, memory: &dyn Memory) {
    let cancel = CancellationToken::new();

    let begun = Instant::now();
    let index = Index::open(root, file).expect("the index opens");
    let done = index.refresh(memory, |_| {}, &cancel).await.expect("the project is indexed");
    println!("cold: {} ms, {done:?}", begun.elapsed().as_millis());
    println!("{:?}", index.stats().await.expect("there are figures"));
    println!("peak memory: {} MiB; file: {} MiB", peak(), bytes(file) >> 20);
    drop(index);

    for _ in 0..3 {
        let begun = Instant::now();
        let index = Index::open(root, file).expect("the index opens");
        let done = index.refresh(memory, |_| {}, &cancel).await.expect("nothing is indexed");
        println!("re-open: {} ms, {done:?}", begun.elapsed().as_millis());
    }

    let index = Index::open(root, file).expect("the index opens");
    let mut times = changes(&index, memory, root).await;
    times.sort_unstable();
    if let (Some((worst, bytes)), Some((middle, _))) = (times.last(), times.get(times.len() / 2)) {
        println!("changed: {} files, {middle} µs in the middle", times.len());
        println!("changed: {worst} µs at worst, for {bytes} bytes");
    }

    for (millis, place) in again(&index, memory, root).await {
        println!("the largest changed again {place}: {millis} ms of a processor's time");
    }

    let begun = Instant::now();
    let map = index.map(&Focus::of("read a file in chunks and parse its header"), 1_000).await;
    println!("map: {} ms", begun.elapsed().as_millis());
    println!("{}", map.expect("there is a map"));
    let begun = Instant::now();
    let answer = index.symbols("Error").await.expect("symbols are found");
    let (all, ms) = (answer.definitions.len(), begun.elapsed().as_millis());
    println!("symbols: {ms} ms, {all} definitions of `Error`");
    println!("peak memory at the end: {} MiB", peak());
}

/// The time until each of some files is found that changed, in microseconds, with its size.
async fn changes(index: &Index, memory: &dyn Memory, root: &Path) -> Vec<(u128, usize)> {
    let all = index.rank(&Focus::default(), usize::MAX).await.expect("files are ranked");
    let mut times = Vec::new();
    for ranked in all.iter().step_by(all.len() / 100 + 1) {
        let Ok(text) = std::fs::read_to_string(root.join(&ranked.path)) else { continue };
        let text = format!("// changed\n{text}");
        let begun = Instant::now();
        let change = index.changed(memory, &ranked.path, Some(&text)).await;
        assert_eq!(change.expect("the file is indexed"), Change::Indexed);
        times.push((begun.elapsed().as_micros(), text.len()));
    }
    times
}

/// What it takes of a processor, in milliseconds, until the largest file is found that changes again and
/// again: at its end, in the middle, at its beginning.
async fn again(index: &Index, memory: &dyn Memory, root: &Path) -> Vec<(u128, &'static str)> {
    let all = index.rank(&Focus::default(), usize::MAX).await.expect("files are ranked");
    let size = |path: &str| std::fs::metadata(root.join(path)).map_or(0, |file| file.len());
    let Some(largest) = all.iter().max_by_key(|ranked| size(&ranked.path)) else {
        return Vec::new();
    };
    let mut text = std::fs::read_to_string(root.join(&largest.path)).unwrap_or_default();
    let mut times = Vec::new();
    for place in ["at its end", "in the middle", "at its beginning", "at its beginning"] {
        let at = match place {
            "at its end" => text.len(),
            "in the middle" => text[..text.len() / 2].rfind('\n').map_or(0, |at| at + 1),
            _ => 0,
        };
        text.insert_str(at, &format!("// changed {}\n", times.len()));
        let begun = processor();
        let change = index.changed(memory, &largest.path, Some(&text)).await;
        assert_eq!(change.expect("the file is indexed"), Change::Indexed);
        times.push((processor() - begun, place));
    }
    times
}

/// What this process has taken of processors, in milliseconds, to the system's ten; 0 where it does not
/// say.
fn processor() -> u128 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace().skip(11).take(2);
    fields.filter_map(|ticks| ticks.parse::<u128>().ok()).sum::<u128>() * 10
}

/// The most memory that this process had, in MiB; 0 where the system does not say.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kibibytes = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kibibytes.unwrap_or(0) / 1024
}

fn bytes(file: &Path) -> u64 {
    std::fs::metadata(file).map_or(0, |meta| meta.len())
}
