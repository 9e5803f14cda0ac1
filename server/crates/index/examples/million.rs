//! Measures the index on a large project: `million ROOT [FOLDER]`. It indexes what `ROOT` has into a
//! new file in `FOLDER` (the system's folder for such files by default) and prints, in milliseconds:
//! the first index with the peak of memory, an unchanged re-open, one changed file until it is found,
//! and the map. Passages go to a memory that drops them, so that the index alone is measured.
#![expect(clippy::print_stdout, reason = "a measurement is printed")]

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use async_trait::async_trait;
use devika_index::{Focus, Index};
use devika_memory::{
    Filter, Found, Kind, KindCount, Memory, MemoryError, Passage, PassageId, Query, Stats,
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
        println!("usage: million ROOT [FOLDER]");
        return;
    };
    let root = Path::new(&root).canonicalize().expect("ROOT is a folder");
    let folder = arguments.next().map_or_else(std::env::temp_dir, PathBuf::from);
    let file = folder.join(format!("devika-million-{}.db", std::process::id()));
    measure(&root, &file).await;
    for end in ["", "-wal", "-shm", ".lock"] {
        let mut path = file.clone().into_os_string();
        path.push(end);
        // Some of them are not there.
        drop(std::fs::remove_file(path));
    }
}

async fn measure(root: &Path, file: &Path) {
    let memory = Counter { project: root.to_string_lossy().into_owned(), ..Counter::default() };
    let cancel = CancellationToken::new();

    let begun = Instant::now();
    let index = Index::open(root, file).expect("the index opens");
    let done = index.refresh(&memory, |_| {}, &cancel).await.expect("the project is indexed");
    println!("cold: {} ms, {done:?}", begun.elapsed().as_millis());
    println!("{:?}", index.stats().await.expect("there are figures"));
    println!("peak memory: {} MiB; file: {} MiB", peak(), bytes(file) >> 20);
    drop(index);

    for _ in 0..3 {
        let begun = Instant::now();
        let index = Index::open(root, file).expect("the index opens");
        let done = index.refresh(&memory, |_| {}, &cancel).await.expect("nothing is indexed");
        println!("re-open: {} ms, {done:?}", begun.elapsed().as_millis());
    }

    let index = Index::open(root, file).expect("the index opens");
    let largest = index.rank(&Focus::default(), 10).await.expect("files are ranked");
    for ranked in &largest {
        let Ok(text) = std::fs::read_to_string(root.join(&ranked.path)) else { continue };
        let text = format!("{text}\n// changed\n");
        let begun = Instant::now();
        let change = index.changed(&memory, &ranked.path, Some(&text)).await;
        let (ms, size) = (begun.elapsed().as_micros(), text.len());
        println!("changed: {ms} µs, {size} bytes, {change:?}, {}", ranked.path);
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
