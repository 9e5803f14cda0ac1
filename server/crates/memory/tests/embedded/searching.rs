//! What is found by words.

use devika_memory::{Filter, Memory, Passage, Query};
use proptest::{prelude::*, test_runner::TestRunner};

use crate::world::{World, code, found, note, of_project};

#[tokio::test]
async fn an_identifier_is_found_however_it_is_spelled() {
    let world = World::new();
    let memory = world.memory().await;
    let parse = "fn parse_http_request(bytes: &[u8])";
    memory
        .remember(vec![code("src/lexer.rs", parse), code("src/b.rs", "fn close()")])
        .await
        .unwrap();
    for text in
        ["parseHttpRequest", "ParseHTTPRequest", "PARSE_HTTP_REQUEST", "http requests", "Lexer"]
    {
        assert_eq!(found(&memory, text).await, [parse], "{text}");
    }
}

#[tokio::test]
async fn what_has_more_of_the_words_and_rarer_ones_comes_first() {
    let world = World::new();
    let memory = world.memory().await;
    let texts = ["cache", "cache eviction", "cache eviction policy", "cache", "unrelated"];
    let passages = texts.iter().enumerate().map(|(n, text)| code(&format!("{n}"), text));
    memory.remember(passages.collect()).await.unwrap();
    let found = found(&memory, "policy for eviction from the cache").await;
    assert_eq!(found[..2], ["cache eviction policy", "cache eviction"]);
    assert_eq!(found.len(), 4);
}

#[tokio::test]
async fn a_title_counts_more_than_the_text() {
    let world = World::new();
    let memory = world.memory().await;
    let titled = Passage { title: "harbour".to_owned(), ..note("about the ships there") };
    memory.remember(vec![note("harbour about the ships there"), titled]).await.unwrap();
    assert_eq!(found(&memory, "harbour").await[0], "about the ships there");
}

#[tokio::test]
async fn words_that_many_passages_have_do_not_hide_what_is_meant() {
    let world = World::new();
    let memory = world.memory().await;
    // More than are looked through for one query.
    let many = (0..4_500).map(|n| note(&format!("error in file number {n}"))).collect();
    memory.remember(many).await.unwrap();
    memory.remember(vec![note("error in quokka file")]).await.unwrap();
    assert_eq!(found(&memory, "quokka error file").await, ["error in quokka file"]);
    assert_eq!(found(&memory, "error file").await.len(), 10);
    assert_eq!(found(&memory, "error").await.len(), 10);
}

#[tokio::test]
async fn as_many_are_found_as_are_wanted() {
    let world = World::new();
    let memory = world.memory().await;
    memory.remember((0..300).map(|n| note(&format!("leaf {n}"))).collect()).await.unwrap();
    for limit in [0, 1, 7, 200, 1_000] {
        let query = Query { text: "leaf".to_owned(), filter: of_project(), limit };
        let found = memory.search(&query).await.unwrap();
        assert_eq!(found.len(), limit.min(300));
        assert!(found.is_sorted_by(|one, next| one.score >= next.score));
    }
}

#[tokio::test]
async fn texts_are_found_whatever_they_hold() {
    let world = World::new();
    let memory = world.memory().await;
    let text = "quotes \" ' and \0 nul, 検索 and '); DROP TABLE passages; --";
    let passage = Passage { title: "\0".to_owned(), source: "a\0b".to_owned(), ..note(text) };
    memory.remember(vec![passage.clone()]).await.unwrap();
    assert_eq!(memory.page(&Filter::default(), None, 1).await.unwrap(), [passage]);
    for query in ["nul", "検索", "drop \"table\" passages", "quotes\0"] {
        assert_eq!(found(&memory, query).await, [text], "{query}");
    }
    let inside = Filter { source: Some("a\0".to_owned()), ..of_project() };
    assert_eq!(memory.forget(&inside).await.unwrap(), 1);
}

#[test]
fn no_query_is_an_error() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let world = World::new();
    let memory = runtime.block_on(world.memory());
    let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::default() };
    let query = prop_oneof![any::<String>(), hostile()];
    let outcome = TestRunner::new(config).run(&query, |query| {
        runtime.block_on(async {
            memory.remember(vec![note("near and not or"), note(&query)]).await.unwrap();
            found(&memory, &query).await;
        });
        Ok(())
    });
    outcome.unwrap();
}

/// What FTS5 would take for its own.
fn hostile() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "\"", "'", "*", "^", "(", ")", "{", "}", ":", "-", "+", "NEAR(", "AND", "OR", "NOT",
        "terms:", "words_0", "\0", "near", "a", ";", "--", "?1", ",", "5)",
    ]);
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.join(" "))
}
