//! Moving everything from one memory to another. Both are on servers here, mostly; nothing of it knows.

use std::path::PathBuf;
use std::sync::Mutex;

use devika_memory::qdrant::{Options, QdrantMemory};
use devika_memory::{
    Embedded, Filter, Kind, Memory, MemoryError, MigrateError, Migrated, Moved, Passage, migrate,
};
use qdrant_client::qdrant::Value;
use tempfile::TempDir;
use tonic::Code;

use crate::contract::{note, of_p, remember};
use crate::double::{Double, Trouble};

struct World {
    servers: [Double; 2],
    from: QdrantMemory,
    to: QdrantMemory,
    folder: TempDir,
}

impl World {
    /// A memory with a few hundred passages of two projects, and an empty one.
    async fn new() -> Self {
        let servers = [Double::start(), Double::start()];
        let memory = |at: &Double| QdrantMemory::new(Options::at(at.address()), None).unwrap();
        let (from, to) = (memory(&servers[0]), memory(&servers[1]));
        let passages = (0..700).map(|n| Passage {
            project: if n % 3 == 0 { "p" } else { "q" }.to_owned(),
            kind: Kind::ALL[n % 5],
            shared: n % 7 == 0,
            expires: (n % 2 == 0).then_some(4_000_000_000_000),
            ..note(&format!("passage {n}"))
        });
        remember(&from, passages).await;
        Self { servers, from, to, folder: tempfile::tempdir().unwrap() }
    }

    fn cursor(&self) -> PathBuf {
        self.folder.path().join("migrate.json")
    }

    async fn migrate(&self) -> Result<Migrated, MigrateError> {
        migrate(&self.from, &self.to, &self.cursor(), &|_| {}).await
    }
}

async fn all(memory: &dyn Memory) -> Vec<Passage> {
    memory.page(&Filter::default(), None, 10_000).await.unwrap()
}

#[tokio::test]
async fn everything_arrives_and_is_verified_and_the_way_is_told() {
    let world = World::new().await;
    let told = Mutex::new(Vec::new());
    let note = |moved: Moved| told.lock().unwrap().push((moved.passages, moved.of));
    let migrated = migrate(&world.from, &world.to, &world.cursor(), &note).await.unwrap();
    assert_eq!(migrated.passages, 700);
    assert!(migrated.compared > 100, "{migrated:?}");
    assert_eq!(all(&world.to).await, all(&world.from).await);
    assert_eq!(told.into_inner().unwrap(), [(0, 700), (256, 700), (512, 700), (700, 700)]);
    assert!(!world.cursor().exists());
}

#[tokio::test]
async fn a_file_is_moved_to_a_server_and_a_server_to_a_file() {
    let world = World::new().await;
    let [first, second] = ["first.db", "second.db"].map(|name| world.folder.path().join(name));
    let first = Embedded::open(&first, None).await.unwrap();
    let second = Embedded::open(&second, None).await.unwrap();
    migrate(&world.from, &first, &world.cursor(), &|_| {}).await.unwrap();
    migrate(&first, &world.to, &world.cursor(), &|_| {}).await.unwrap();
    migrate(&world.to, &second, &world.cursor(), &|_| {}).await.unwrap();
    assert_eq!(all(&second).await, all(&world.from).await);
}

#[tokio::test]
async fn a_run_that_broke_off_is_continued_where_it_was() {
    let mut world = World::new().await;
    let (from, to) = (&world.from, &world.to);
    // The second page does not arrive.
    let server = &world.servers[1];
    let break_off = |moved: Moved| {
        if moved.passages > 0 {
            server.trouble("update_batch", Trouble::Fail(Code::Unavailable, "away"));
        }
    };
    let broken = migrate(from, to, &world.cursor(), &break_off).await;
    assert!(matches!(broken, Err(MigrateError::To(MemoryError::Unreachable { .. }))), "{broken:?}");

    world.servers[1].is_well();
    world.servers[0].take_calls();
    assert_eq!(world.migrate().await.unwrap().passages, 700);
    assert_eq!(all(&world.to).await, all(&world.from).await);
    world.servers[0].go_away();
    let gone = world.migrate().await;
    assert!(matches!(gone, Err(MigrateError::From(_))), "{gone:?}");
}

#[tokio::test]
async fn what_the_other_memory_has_already_stays() {
    let world = World::new().await;
    remember(&world.to, [Passage { project: "r".to_owned(), ..note("of its own") }]).await;
    remember(&world.to, [Passage { kind: Kind::Note, ..note("of p, but only there") }]).await;
    world.migrate().await.unwrap();
    assert_eq!(all(&world.to).await.len(), 702);
}

#[tokio::test]
async fn a_passage_that_arrived_differently_is_noticed() {
    let world = World::new().await;
    world.migrate().await.unwrap();
    world.servers[1].tamper("devika", |store| {
        store.set_all("text", &Value::from("something else"));
    });
    // What is there already is not sent again, so it stays as it was tampered with.
    let differs = world.migrate().await;
    assert!(matches!(&differs, Err(MigrateError::Differs(why)) if why.contains("is another one")));
}

#[tokio::test]
async fn passages_that_did_not_arrive_are_noticed_by_their_count() {
    /// Loses what it is given.
    struct Sieve<'a>(&'a QdrantMemory);
    #[async_trait::async_trait]
    impl Memory for Sieve<'_> {
        async fn remember(&self, mut passages: Vec<Passage>) -> Result<(), MemoryError> {
            passages.retain(|passage| passage.kind != Kind::Outcome);
            self.0.remember(passages).await
        }
        async fn replace(
            &self,
            _: &str,
            _: Kind,
            _: &str,
            _: Vec<Passage>,
        ) -> Result<(), MemoryError> {
            unreachable!("nothing is replaced")
        }
        async fn search(
            &self,
            _: &devika_memory::Query,
        ) -> Result<Vec<devika_memory::Found>, MemoryError> {
            unreachable!("nothing is searched")
        }
        async fn forget(&self, _: &Filter) -> Result<u64, MemoryError> {
            unreachable!("nothing is forgotten")
        }
        async fn page(
            &self,
            filter: &Filter,
            after: Option<devika_memory::PassageId>,
            limit: usize,
        ) -> Result<Vec<Passage>, MemoryError> {
            self.0.page(filter, after, limit).await
        }
        async fn stats(&self) -> Result<devika_memory::Stats, MemoryError> {
            self.0.stats().await
        }
    }
    let world = World::new().await;
    let lossy = migrate(&world.from, &Sieve(&world.to), &world.cursor(), &|_| {}).await;
    let told = lossy.unwrap_err().to_string();
    assert!(told.contains("passages of outcome, and 0 arrived"), "{told}");
    // The next run sends what is missing.
    world.migrate().await.unwrap();
    let outcomes = Filter { kinds: vec![Kind::Outcome], ..of_p() };
    assert!(!world.to.page(&outcomes, None, 1).await.unwrap().is_empty());
}
