//! A server that fails, hangs, goes away, or does not know us.

use std::time::Duration;

use devika_memory::qdrant::{Options, QdrantMemory};
use devika_memory::{Memory, MemoryError};
use tonic::Code;

use crate::contract::{found, note, of_p, remember, texts, topics};
use crate::double::{Double, Trouble};

async fn open(options: Options) -> Result<QdrantMemory, MemoryError> {
    QdrantMemory::open(options, None).await
}

fn briefly(server: &Double) -> Options {
    let limit = Duration::from_millis(300);
    Options { timeout: limit, opening: limit, ..Options::at(server.address()) }
}

fn is_unreachable<T: std::fmt::Debug>(answer: Result<T, MemoryError>) -> String {
    match answer {
        Err(error @ MemoryError::Unreachable { .. }) => error.to_string(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_search_is_one_request_and_words_and_meaning_go_together() {
    let server = Double::start();
    let memory = QdrantMemory::open(Options::at(server.address()), Some(topics())).await.unwrap();
    remember(&memory, [note("an automobile")]).await;
    server.take_calls();
    assert_eq!(texts(&found(&memory, "automobile").await), ["an automobile"]);
    assert_eq!(server.take_names(), ["query"]);
}

#[tokio::test]
async fn a_small_batch_is_two_requests() {
    let server = Double::start();
    let memory = open(Options::at(server.address())).await.unwrap();
    remember(&memory, [note("first")]).await;
    server.take_calls();
    remember(&memory, [note("first"), note("second")]).await;
    assert_eq!(server.take_names(), ["get", "update_batch"]);
}

#[tokio::test]
async fn a_server_that_is_not_there_is_told_with_its_address_and_what_to_look_at() {
    let mut server = Double::start();
    server.go_away();
    let told = is_unreachable(open(briefly(&server)).await.map(drop));
    assert!(told.starts_with(&format!("the memory at {} (collection devika)", server.address())));
    assert!(told.contains("Is Qdrant running, and is this its port for gRPC"), "{told}");
}

#[tokio::test]
async fn a_server_that_comes_while_it_is_waited_for_is_used() {
    let mut server = Double::start();
    server.go_away();
    let options = Options::at(server.address());
    // The first attempt is made before the server is back.
    let (opened, ()) = tokio::join!(open(options), async { server.come_back() });
    remember(&opened.unwrap(), [note("the anchor")]).await;
}

#[tokio::test]
async fn a_server_that_does_not_answer_is_given_up_in_time() {
    let server = Double::start();
    let memory = open(briefly(&server)).await.unwrap();
    remember(&memory, [note("the anchor")]).await;
    for call in ["query", "update_batch", "scroll"] {
        server.trouble(call, Trouble::Hang);
    }
    let query = devika_memory::Query { text: "anchor".to_owned(), filter: of_p(), limit: 1 };
    is_unreachable(memory.search(&query).await);
    is_unreachable(memory.remember(vec![note("other")]).await);
    is_unreachable(memory.page(&of_p(), None, 1).await);
    server.is_well();
    assert_eq!(texts(&found(&memory, "anchor").await), ["the anchor"]);
}

#[tokio::test]
async fn a_server_that_went_away_is_used_again_when_it_is_back() {
    let mut server = Double::start();
    let memory = open(briefly(&server)).await.unwrap();
    remember(&memory, [note("the anchor")]).await;
    server.go_away();
    is_unreachable(memory.stats().await);
    server.come_back();
    assert_eq!(texts(&found(&memory, "anchor").await), ["the anchor"]);
}

#[tokio::test]
async fn what_a_server_says_of_a_failure_is_told() {
    let server = Double::start();
    let memory = open(Options::at(server.address())).await.unwrap();
    server.trouble(
        "update_batch",
        Trouble::Fail(Code::Internal, "Service internal error: disk full"),
    );
    let failed = memory.remember(vec![note("the anchor")]).await.unwrap_err();
    assert_eq!(
        failed.to_string(),
        format!(
            "the memory at {} (collection devika) failed: Service internal error: disk full \
             (Internal)",
            server.address()
        )
    );
    server.trouble("update_batch", Trouble::Fail(Code::Unavailable, "shards are not there"));
    is_unreachable(memory.remember(vec![note("the anchor")]).await);
}

#[tokio::test]
async fn a_key_is_sent_and_never_told() {
    let server = Double::start().with_key("canary-key");
    let with = |key: Option<&str>| Options {
        api_key: key.map(|key| key.to_owned().into()),
        ..Options::at(server.address())
    };
    open(with(Some("canary-key"))).await.unwrap();
    for key in [None, Some("canary-other")] {
        let refused = open(with(key)).await.err().unwrap();
        assert_eq!(
            refused.to_string(),
            format!(
                "the memory at {} (collection devika) failed: it refused the API key: Invalid API \
                 key or JWT",
                server.address()
            )
        );
    }
    assert!(!format!("{:?}", with(Some("canary-key"))).contains("canary"));
}

#[tokio::test]
async fn an_address_that_is_none_is_refused() {
    let refused = QdrantMemory::new(Options::at("not an address"), None).err().unwrap();
    assert!(matches!(refused, MemoryError::Foreign { .. }), "{refused}");
    assert!(refused.to_string().contains("An address is like `http://127.0.0.1:6334`"));
}
