//! A program that is killed while it indexes.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use async_trait::async_trait;
use devika_index::{Index, Progress};
use devika_memory::{
    Embedded, Filter, Found, Kind, Memory, MemoryError, Passage, PassageId, Query, Stats,
};
use tokio_util::sync::CancellationToken;

use crate::world::{self, World};

/// Where the child finds project, index and memory; unset in all other tests.
const FOLDER: &str = "DEVIKA_INDEX_TEST_FOLDER";

/// When the child is killed.
const MOMENT: &str = "DEVIKA_INDEX_TEST_MOMENT";
const BATCH_IS_KEPT: &str = "a batch is kept";
const ONLY_THE_MEMORY_KNOWS: &str = "only the memory knows";

/// Indexes up to a moment, says so and waits to be killed. Does nothing unless another test starts it.
#[tokio::test]
async fn child() {
    let Ok(folder) = std::env::var(FOLDER) else { return };
    let moment = std::env::var(MOMENT).unwrap();
    let folder = Path::new(&folder);
    let index = Index::open(&folder.join("project"), &folder.join("code.db")).unwrap();
    let memory = Embedded::open(&folder.join("memory.db"), None).await.unwrap();
    let cancel = CancellationToken::new();
    if moment == BATCH_IS_KEPT {
        let wait = |_: Progress| wait_for_the_end(BATCH_IS_KEPT);
        index.refresh(&memory, wait, &cancel).await.unwrap();
    } else {
        index.refresh(&Deadly(memory), |_| {}, &cancel).await.unwrap();
    }
}

#[expect(clippy::print_stderr, reason = "the parent reads it")]
fn wait_for_the_end(moment: &str) {
    eprintln!("{moment}");
    std::thread::park();
}

/// A memory whose program is killed once it has the first batch.
struct Deadly(Embedded);

#[async_trait]
impl Memory for Deadly {
    async fn remember(&self, passages: Vec<Passage>) -> Result<(), MemoryError> {
        self.0.remember(passages).await
    }

    async fn replace(
        &self,
        project: &str,
        kind: Kind,
        path: &str,
        passages: Vec<Passage>,
    ) -> Result<(), MemoryError> {
        self.0.replace(project, kind, path, passages).await
    }

    async fn replace_many(
        &self,
        project: &str,
        kind: Kind,
        files: Vec<(String, Vec<Passage>)>,
    ) -> Result<(), MemoryError> {
        self.0.replace_many(project, kind, files).await?;
        wait_for_the_end(ONLY_THE_MEMORY_KNOWS);
        Ok(())
    }

    async fn search(&self, query: &Query) -> Result<Vec<Found>, MemoryError> {
        self.0.search(query).await
    }

    async fn forget(&self, filter: &Filter) -> Result<u64, MemoryError> {
        self.0.forget(filter).await
    }

    async fn page(
        &self,
        filter: &Filter,
        after: Option<PassageId>,
        limit: usize,
    ) -> Result<Vec<Passage>, MemoryError> {
        self.0.page(filter, after, limit).await
    }

    async fn stats(&self) -> Result<Stats, MemoryError> {
        self.0.stats().await
    }
}

#[tokio::test]
async fn a_program_that_is_killed_keeps_the_batches_that_were_done() {
    let files: Vec<(String, String)> =
        (0..600).map(|at| (format!("f{at:03}.rs"), format!("fn f{at}() {{}}\n"))).collect();
    let files: Vec<(&str, &str)> = files.iter().map(|(p, t)| (p.as_str(), t.as_str())).collect();
    let world = World::of(&files);
    kill(&world, BATCH_IS_KEPT);

    let (index, memory) = (world.another(), memory(&world).await);
    assert_eq!(index.stats().await.unwrap().files, 256);
    let done = world::refresh(&index, &memory).await;
    assert_eq!((done.changed, done.is_complete), (600 - 256, true));
    assert_eq!(sources(&memory).await.len(), 600);
}

#[tokio::test]
async fn what_the_memory_alone_knew_when_the_program_was_killed_is_put_right() {
    let world = World::of(&[("a.rs", "fn before() {}\n"), ("b.rs", "fn b() {}\n")]);
    world::refresh(&world.index, &memory(&world).await).await;
    world.write("a.rs", "\nfn after() {}\n");
    kill(&world, ONLY_THE_MEMORY_KNOWS);
    assert_eq!(sources(&memory(&world).await).await, ["a.rs#L2-L2", "b.rs#L1-L1"]);

    // The index has seen this text before, and must not take the memory to have it still.
    world.write("a.rs", "fn before() {}\n");
    world::refresh(&world.another(), &memory(&world).await).await;
    assert_eq!(sources(&memory(&world).await).await, ["a.rs#L1-L1", "b.rs#L1-L1"]);
}

async fn memory(world: &World) -> Embedded {
    Embedded::open(&world.file().with_file_name("memory.db"), None).await.unwrap()
}

/// Where all that is remembered is from, in order.
async fn sources(memory: &Embedded) -> Vec<String> {
    let all = memory.page(&Filter::default(), None, 1_000).await.unwrap();
    let mut sources: Vec<String> = all.into_iter().map(|passage| passage.source).collect();
    sources.sort();
    sources
}

/// Starts the child and kills it at a moment.
fn kill(world: &World, moment: &str) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "crash::child", "--nocapture"])
        .env(FOLDER, world.file().parent().unwrap())
        .env(MOMENT, moment)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let said = BufReader::new(child.stderr.take().unwrap()).lines();
    assert!(said.map_while(Result::ok).any(|line| line == moment), "the child comes to the moment");
    child.kill().unwrap();
    child.wait().unwrap();
}
