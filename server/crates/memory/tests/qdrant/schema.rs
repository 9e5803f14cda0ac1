//! The collection: how it is made, and which are refused.

use std::sync::Arc;

use devika_memory::qdrant::{Options, QdrantMemory};
use devika_memory::{Embedder, Memory, MemoryError};
use qdrant_client::qdrant::{CollectionConfig, Value};

use crate::contract::{broken_embedder, found, note, remember, texts, topics};
use crate::double::Double;

async fn open(server: &Double) -> Result<QdrantMemory, MemoryError> {
    QdrantMemory::open(Options::at(server.address()), None).await
}

/// Why a server's collection is refused.
async fn refusal(server: &Double) -> String {
    match open(server).await.err() {
        Some(MemoryError::Foreign { place, why }) => {
            assert_eq!(place, format!("{} (collection devika)", server.address()));
            why
        }
        other => panic!("it is not refused: {other:?}"),
    }
}

/// What the collection `devika` says of itself.
fn config(server: &Double) -> CollectionConfig {
    let mut config = None;
    server.tamper("devika", |store| config = store.info.config.clone());
    config.expect("the collection is there")
}

#[tokio::test]
async fn the_collection_is_made_once_with_what_the_cluster_was_told() {
    let server = Double::start();
    let options = Options {
        shards: Some(6),
        replication_factor: Some(3),
        write_consistency_factor: Some(2),
        ..Options::at(server.address())
    };
    QdrantMemory::open(options.clone(), None).await.unwrap();
    let params = config(&server).params.unwrap();
    assert_eq!(params.shard_number, 6);
    assert_eq!(params.replication_factor, Some(3));
    assert_eq!(params.write_consistency_factor, Some(2));
    assert!(server.take_names().contains(&"create"));

    QdrantMemory::open(options, None).await.unwrap();
    assert_eq!(server.take_names(), ["health_check", "collection_exists", "get"]);
}

#[tokio::test]
async fn processes_that_begin_at_once_make_one_collection() {
    let server = Double::start();
    let opened = futures::future::join_all((0..8).map(|_| open(&server))).await;
    for memory in opened {
        remember(&memory.unwrap(), [note("the anchor")]).await;
    }
    assert_eq!(server.points("devika"), 1);
}

#[tokio::test]
async fn a_schema_of_a_newer_program_is_left_alone() {
    let server = Double::start();
    open(&server).await.unwrap();
    server.tamper("devika", |store| {
        let metadata = &mut store.info.config.as_mut().unwrap().metadata;
        metadata.insert("devika_schema".to_owned(), Value::from(2));
    });
    assert_eq!(
        refusal(&server).await,
        "a newer Devika made it (schema 2, this one knows 1); update this one, or name another \
         collection"
    );
}

#[tokio::test]
async fn looking_at_a_server_makes_nothing_and_refuses_what_opening_does() {
    let server = Double::start();
    let look = async || {
        let memory = QdrantMemory::new(Options::at(server.address()), None).unwrap();
        memory.examine().await
    };
    let found = look().await.unwrap();
    assert_eq!((found.version.is_empty(), found.passages), (false, None));
    assert_eq!(server.take_names(), ["health_check", "collection_exists"]);
    remember(&open(&server).await.unwrap(), [note("the anchor")]).await;
    assert!(look().await.unwrap().passages.is_some());
    server.tamper("devika", |store| {
        let metadata = &mut store.info.config.as_mut().unwrap().metadata;
        metadata.insert("devika_schema".to_owned(), Value::from(2));
    });
    assert!(matches!(look().await, Err(MemoryError::Foreign { .. })));
}

#[tokio::test]
async fn a_collection_of_another_program_is_left_alone() {
    let server = Double::start();
    server.tamper("devika", |_| {});
    assert_eq!(
        refusal(&server).await,
        "the collection is not one that Devika makes: it carries no mark of Devika's. Name another \
         collection, which will be made"
    );
    assert!(!server.take_names().contains(&"create_field_index"), "it was not touched");
}

#[tokio::test]
async fn a_collection_without_the_sparse_vector_is_refused() {
    let server = Double::start();
    open(&server).await.unwrap();
    server.tamper("devika", |store| {
        let params = store.info.config.as_mut().unwrap().params.as_mut().unwrap();
        params.sparse_vectors_config = None;
    });
    let why = refusal(&server).await;
    assert!(why.contains("no sparse vector `words` with the modifier IDF"), "{why}");
}

#[tokio::test]
async fn an_index_that_a_crash_kept_from_being_made_is_made() {
    let server = Double::start();
    open(&server).await.unwrap();
    server.tamper("devika", |store| drop(store.info.payload_schema.remove("expires")));
    server.take_calls();
    open(&server).await.unwrap();
    let calls = server.take_names();
    assert_eq!(calls.iter().filter(|call| **call == "create_field_index").count(), 1);
}

#[tokio::test]
async fn an_index_of_another_kind_is_refused() {
    let server = Double::start();
    open(&server).await.unwrap();
    server.tamper("devika", |store| {
        store.info.payload_schema.get_mut("at").unwrap().data_type = 1;
    });
    let why = refusal(&server).await;
    assert!(why.contains("`at` is indexed in another way"), "{why}");
}

#[tokio::test]
async fn a_server_that_is_too_old_is_refused() {
    let server = Double::start().with_version("1.16.3");
    assert_eq!(
        refusal(&server).await,
        "it is Qdrant 1.16.3, which is too old; install 1.19 or newer"
    );
}

#[tokio::test]
async fn a_collection_that_was_lost_is_made_anew() {
    let server = Double::start();
    let memory = open(&server).await.unwrap();
    remember(&memory, [note("the anchor")]).await;
    server.lose_everything();
    assert!(matches!(memory.stats().await, Err(MemoryError::Failed { .. })));
    remember(&memory, [note("the anchor")]).await;
    assert_eq!(texts(&found(&memory, "anchor").await), ["the anchor"]);
}

async fn with(server: &Double, embedder: Arc<dyn Embedder>) -> QdrantMemory {
    QdrantMemory::open(Options::at(server.address()), Some(embedder)).await.unwrap()
}

#[tokio::test]
async fn vectors_that_are_missing_are_made_later() {
    let server = Double::start();
    let without = with(&server, broken_embedder()).await;
    remember(&without, (0..300).map(|n| note(&format!("apple {n}")))).await;
    assert!(without.embed_missing(1_000).await.is_err());

    let memory = with(&server, topics()).await;
    assert_eq!(memory.stats().await.unwrap().without_vector, 300);
    let mut made = Vec::new();
    while made.last() != Some(&0) {
        made.push(memory.embed_missing(200).await.unwrap());
    }
    assert_eq!(made, [200, 100, 0]);
    assert_eq!(memory.stats().await.unwrap().without_vector, 0);
    assert_eq!(found(&memory, "pear").await.len(), 10);
}

#[tokio::test]
async fn a_model_whose_vectors_change_their_length_is_refused() {
    struct Longer;
    #[async_trait::async_trait]
    impl Embedder for Longer {
        fn model(&self) -> &str {
            "test/topics"
        }
        async fn embed(&self, texts: &[String]) -> Result<Vec<Vec<f32>>, String> {
            Ok(vec![vec![1.0; 9]; texts.len()])
        }
    }
    let server = Double::start();
    remember(&with(&server, topics()).await, [note("an apple")]).await;
    let memory = with(&server, Arc::new(Longer)).await;
    let refused = memory.remember(vec![note("a pear")]).await.unwrap_err();
    assert!(
        matches!(&refused, MemoryError::Foreign { why, .. } if why == "its vectors of test/topics \
            have 4 numbers, and now test/topics makes 9; name another collection, or another model"),
        "{refused}"
    );
    assert_eq!(texts(&found(&memory, "apple").await), ["an apple"]);
}
