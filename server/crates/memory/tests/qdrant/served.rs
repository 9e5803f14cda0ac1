//! A server that goes away in the middle: what is written waits on disk, what is asked is answered from
//! elsewhere or refused.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use devika_memory::qdrant::{Options, QdrantMemory};
use devika_memory::{
    Embedded, Fallback, Kind, Memory, MemoryError, Query, Queue, Served, USUAL_QUEUE_BYTES,
};
use tempfile::TempDir;
use tonic::Code;

use crate::contract::{code, found, note, of_p, remember, sources, texts};
use crate::double::{Double, Trouble};

/// A server, a folder for what waits, and memories over both.
struct World {
    server: Double,
    folder: TempDir,
}

impl World {
    fn new() -> Self {
        Self { server: Double::start(), folder: tempfile::tempdir().unwrap() }
    }

    fn direct(&self) -> Arc<QdrantMemory> {
        let limit = Duration::from_millis(500);
        let options =
            Options { timeout: limit, opening: limit, ..Options::at(self.server.address()) };
        Arc::new(QdrantMemory::new(options, None).unwrap())
    }

    async fn try_served(&self, fallback: Fallback) -> Result<Served, MemoryError> {
        let memory = self.direct();
        let opened = memory.wait_until_ready().await;
        let queue = Queue::open(self.folder.path(), USUAL_QUEUE_BYTES).unwrap();
        let rest = Duration::from_millis(20);
        Served::start_with_rest(memory, opened, fallback, queue, rest).await
    }

    async fn served(&self) -> Served {
        self.try_served(Fallback::Refuse).await.unwrap()
    }

    fn folder(&self) -> &Path {
        self.folder.path()
    }
}

fn query(text: &str) -> Query {
    Query { text: text.to_owned(), filter: of_p(), limit: 10 }
}

#[tokio::test]
async fn writes_wait_while_the_server_is_away_and_are_carried_out_in_order_when_it_is_back() {
    let mut world = World::new();
    let memory = world.served().await;
    remember(&memory, [note("from before")]).await;
    world.server.go_away();

    let version = |n| vec![code("src/a.rs#L1", &format!("fn version{n}() {{}}"))];
    for n in 1..=3 {
        memory.replace("p", Kind::Code, "src/a.rs", version(n)).await.unwrap();
    }
    remember(&memory, [note("said meanwhile")]).await;
    assert!(matches!(memory.lost(), Some(MemoryError::Unreachable { .. })));
    assert!(matches!(memory.search(&query("version")).await, Err(MemoryError::Unreachable { .. })));

    world.server.come_back();
    memory.settled().await;
    assert_eq!(texts(&found(&memory, "version3").await), ["fn version3() {}"]);
    assert_eq!(sources(&memory, &of_p()).await, ["note", "note", "src/a.rs#L1"]);
    assert!(memory.lost().is_none());
}

#[tokio::test]
async fn what_waited_when_the_process_ended_is_carried_out_by_the_next() {
    let mut world = World::new();
    let memory = world.served().await;
    world.server.go_away();
    remember(&memory, [note("the anchor")]).await;
    drop(memory);
    world.server.come_back();
    let next = world.served().await;
    next.settled().await;
    assert_eq!(texts(&found(&next, "anchor").await), ["the anchor"]);
}

#[tokio::test]
async fn a_write_comes_after_those_that_wait() {
    let mut world = World::new();
    let memory = world.served().await;
    world.server.go_away();
    let version = |n| vec![code("src/a.rs#L1", &format!("fn version{n}() {{}}"))];
    memory.replace("p", Kind::Code, "src/a.rs", version(1)).await.unwrap();
    world.server.come_back();
    // Another process, which has not met the failure.
    let other = world.served().await;
    other.replace("p", Kind::Code, "src/a.rs", version(2)).await.unwrap();
    memory.settled().await;
    other.settled().await;
    let all = other.page(&of_p(), None, 10).await.unwrap();
    assert_eq!(all, version(2));
}

#[tokio::test]
async fn a_server_that_is_away_at_the_start_is_refused_or_made_up_for_as_configured() {
    let mut world = World::new();
    world.server.go_away();
    let refused = world.try_served(Fallback::Refuse).await.err().unwrap();
    assert!(matches!(refused, MemoryError::Unreachable { .. }), "{refused}");

    let file = world.folder().join("memory.db");
    let on_this_machine = Embedded::open(&file, None).await.unwrap();
    remember(&on_this_machine, [note("kept on this machine")]).await;
    let fallback = Embedded::open_read_only(&file, None).await.unwrap();
    let fallback = Fallback::ReadOnly(Arc::new(fallback));
    let memory = world.try_served(fallback).await.unwrap();
    assert!(memory.lost().is_some());
    assert_eq!(texts(&found(&memory, "machine").await), ["kept on this machine"]);
    assert!(memory.stats().await.unwrap().place.ends_with("memory.db"));

    remember(&memory, [note("said meanwhile")]).await;
    let kept = on_this_machine.page(&of_p(), None, 10).await.unwrap();
    assert_eq!(kept, [note("kept on this machine")], "the fallback is only read");
    world.server.come_back();
    memory.settled().await;
    assert_eq!(texts(&found(&memory, "said").await), ["said meanwhile"]);
    assert_eq!(texts(&found(&memory, "machine").await), Vec::<&str>::new());
}

#[tokio::test]
async fn what_is_to_be_forgotten_never_waits() {
    let mut world = World::new();
    let memory = world.served().await;
    remember(&memory, [note("a secret")]).await;
    world.server.go_away();
    assert!(matches!(memory.forget(&of_p()).await, Err(MemoryError::Unreachable { .. })));
    remember(&memory, [note("another secret")]).await;
    world.server.come_back();
    memory.settled().await;
    assert_eq!(memory.forget(&of_p()).await.unwrap(), 2);
}

#[tokio::test]
async fn a_foreign_collection_is_refused_whatever_the_fallback() {
    let world = World::new();
    world.server.tamper("devika", |_| {});
    let fallback = Fallback::ReadOnly(world.direct());
    let refused = world.try_served(fallback).await.err().unwrap();
    assert!(matches!(refused, MemoryError::Foreign { .. }), "{refused}");
}

#[tokio::test]
async fn a_waiting_write_that_the_server_refuses_is_set_aside_and_holds_up_nothing() {
    let mut world = World::new();
    let memory = world.served().await;
    world.server.go_away();
    remember(&memory, [note("the anchor")]).await;
    world.server.trouble("update_batch", Trouble::Fail(Code::InvalidArgument, "too large"));
    world.server.come_back();
    memory.settled().await;
    let aside = std::fs::read_to_string(world.folder().join("refused.jsonl")).unwrap();
    assert!(aside.contains("the anchor"), "{aside}");
    world.server.is_well();
    remember(&memory, [note("the next")]).await;
    assert_eq!(texts(&found(&memory, "next").await), ["the next"]);
}

#[tokio::test]
async fn a_server_that_hangs_holds_up_one_write_and_not_all() {
    let world = World::new();
    let memory = Served::start(
        world.direct(),
        Ok(()),
        Fallback::Refuse,
        Queue::open(world.folder(), USUAL_QUEUE_BYTES).unwrap(),
    )
    .await
    .unwrap();
    remember(&memory, [note("the anchor")]).await;
    world.server.trouble("get", Trouble::Hang);
    world.server.take_calls();
    for n in 0..50 {
        remember(&memory, [note(&format!("note {n}"))]).await;
    }
    assert!(matches!(memory.search(&query("anchor")).await, Err(MemoryError::Unreachable { .. })));
    assert_eq!(world.server.take_names(), Vec::<&str>::new(), "it is left alone");
}

#[tokio::test]
async fn a_full_queue_says_why_nothing_was_kept() {
    let mut world = World::new();
    let memory = world.direct();
    memory.wait_until_ready().await.unwrap();
    let queue = Queue::open(world.folder(), 500).unwrap();
    let memory = Served::start(memory, Ok(()), Fallback::Refuse, queue).await.unwrap();
    world.server.go_away();
    remember(&memory, [note("fits")]).await;
    let refused = memory.remember(vec![note(&"long ".repeat(200))]).await.unwrap_err();
    assert!(matches!(refused, MemoryError::Unreachable { .. }), "{refused}");
}
