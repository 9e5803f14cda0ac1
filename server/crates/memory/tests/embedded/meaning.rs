//! What is found by meaning, and how vectors come about.

use std::sync::Arc;

use devika_memory::{Embedded, Embedder, Filter, Kind, Memory, MemoryError};

use crate::world::{PROJECT, Senses, World, code, found, note, of_project};

#[tokio::test]
async fn a_passage_is_found_by_other_words_that_mean_the_same() {
    let world = World::new();
    let senses = Senses::new("test/senses");
    let memory = world.memory_with(&senses).await;
    let texts = ["quick car", "slow boat", "old bridge", "green door"];
    memory.remember(texts.map(note).to_vec()).await.unwrap();
    memory.wait_until_embedded().await.unwrap();
    assert_eq!(found(&memory, "fast automobile").await[0], "quick car");
    assert_eq!(memory.stats().await.unwrap().without_vector, 0);
}

#[tokio::test]
async fn words_and_meaning_are_fused() {
    let world = World::new();
    let senses = Senses::new("test/senses");
    let memory = world.memory_with(&senses).await;
    let texts = ["feline", "automobile repair", "a tin roof", "a cat on a roof"];
    memory.remember(texts.map(note).to_vec()).await.unwrap();
    memory.wait_until_embedded().await.unwrap();
    assert_eq!(found(&memory, "cat roof").await[0], "a cat on a roof");
}

#[tokio::test]
async fn what_was_just_remembered_is_found_by_its_words() {
    let world = World::new();
    let senses = Senses::new("test/senses");
    senses.fail(Some("the key is refused; check it"));
    let memory = world.memory_with(&senses).await;
    memory.remember(vec![note("quick car")]).await.unwrap();
    assert_eq!(found(&memory, "car").await, ["quick car"]);
    assert_eq!(memory.stats().await.unwrap().without_vector, 1);
}

#[tokio::test(start_paused = true)]
async fn an_embedder_that_fails_is_asked_again() {
    let world = World::new();
    let senses = Senses::new("test/senses");
    senses.fail(Some("the key is refused; check it"));
    let memory = world.memory_with(&senses).await;
    memory.remember(vec![note("quick car")]).await.unwrap();
    for _ in 0..3 {
        let error = memory.wait_until_embedded().await.unwrap_err();
        let MemoryError::Failed { why, .. } = error else { panic!("{error:?}") };
        assert_eq!(why, "passages have no vectors yet: the key is refused; check it");
    }
    senses.fail(None);
    memory.wait_until_embedded().await.unwrap();
    assert_eq!(found(&memory, "automobile").await, ["quick car"]);
}

#[tokio::test(start_paused = true)]
async fn a_passage_that_cannot_be_embedded_holds_up_no_other() {
    let world = World::new();
    let senses = Senses::new("test/senses");
    senses.refuse(Some("car 50"));
    let memory = world.memory_with(&senses).await;
    memory.remember((0..100).map(|n| note(&format!("car {n}"))).collect()).await.unwrap();
    while memory.stats().await.unwrap().without_vector > 1 {
        memory.wait_until_embedded().await.unwrap_err();
    }
    senses.refuse(None);
    while memory.wait_until_embedded().await.is_err() {}
    assert_eq!(memory.stats().await.unwrap().without_vector, 0);
}

#[tokio::test(start_paused = true)]
async fn a_search_leaves_an_embedder_that_fails_alone_for_a_while() {
    let world = World::new();
    let senses = Senses::new("test/senses");
    let memory = world.memory_with(&senses).await;
    memory.remember(vec![note("quick car")]).await.unwrap();
    memory.wait_until_embedded().await.unwrap();
    senses.asked();
    senses.fail(Some("it is down"));
    assert_eq!(found(&memory, "automobile").await, [] as [&str; 0]);
    senses.fail(None);
    assert_eq!(found(&memory, "automobile").await, [] as [&str; 0]);
    assert_eq!(senses.asked(), ["automobile"]);
    tokio::time::advance(std::time::Duration::from_secs(31)).await;
    assert_eq!(found(&memory, "automobile").await, ["quick car"]);
}

#[tokio::test]
async fn the_same_text_is_embedded_once() {
    let world = World::new();
    let senses = Senses::new("test/senses");
    let memory = world.memory_with(&senses).await;
    memory.remember(vec![code("a.rs", "fn same() {}")]).await.unwrap();
    memory.wait_until_embedded().await.unwrap();
    memory.remember(vec![code("b.rs", "fn same() {}")]).await.unwrap();
    memory.wait_until_embedded().await.unwrap();
    // Another branch is checked out, and then the first one again.
    memory.replace(PROJECT, Kind::Code, "a.rs", Vec::new()).await.unwrap();
    memory.replace(PROJECT, Kind::Code, "b.rs", Vec::new()).await.unwrap();
    memory.remember(vec![code("a.rs", "fn same() {}")]).await.unwrap();
    memory.wait_until_embedded().await.unwrap();
    assert_eq!(senses.asked(), ["fn same() {}"]);
    assert_eq!(memory.stats().await.unwrap().without_vector, 0);
}

#[tokio::test]
async fn what_is_forgotten_has_no_vector_left() {
    let world = World::new();
    let senses = Senses::new("test/senses");
    let memory = world.memory_with(&senses).await;
    memory.remember(vec![note("a secret"), note("no secret")]).await.unwrap();
    memory.wait_until_embedded().await.unwrap();
    memory.forget(&of_project()).await.unwrap();
    for table in ["vectors", "codes", "unused"] {
        assert_eq!(world.number(&format!("SELECT count(*) FROM {table}")), 0, "{table}");
    }
    assert_eq!(found(&memory, "a secret").await, [] as [&str; 0]);
}

#[tokio::test]
async fn what_was_remembered_or_forgotten_since_the_last_search_counts() {
    let world = World::new();
    let senses = Senses::new("test/senses");
    let memory = world.memory_with(&senses).await;
    // More than are looked at by their numbers.
    memory.remember((0..450).map(|n| note(&format!("car {n}"))).collect()).await.unwrap();
    memory.remember(vec![code("a.rs", "car with many other words around it")]).await.unwrap();
    memory.wait_until_embedded().await.unwrap();
    assert_eq!(found(&memory, "automobile").await.len(), 10);

    memory.remember(vec![note("car")]).await.unwrap();
    memory.wait_until_embedded().await.unwrap();
    assert_eq!(found(&memory, "automobile").await[0], "car");

    memory.forget(&Filter { kinds: vec![Kind::Note], ..of_project() }).await.unwrap();
    assert_eq!(found(&memory, "automobile").await, ["car with many other words around it"]);
}

#[tokio::test]
async fn what_has_expired_is_not_found_by_meaning() {
    let world = World::new();
    let senses = Senses::new("test/senses");
    let memory = world.memory_with(&senses).await;
    memory.remember(vec![note("quick car"), note("slow boat")]).await.unwrap();
    memory.wait_until_embedded().await.unwrap();
    assert_eq!(found(&memory, "automobile").await[0], "quick car");
    world.sql().execute("UPDATE passages SET expires = 1000 WHERE place = 1", []).unwrap();
    assert_eq!(found(&memory, "automobile").await, ["slow boat"]);
}

#[tokio::test]
async fn another_model_embeds_all_again_and_the_first_finds_its_vectors_still() {
    let world = World::new();
    let (one, other) = (Senses::new("test/one"), Senses::new("test/other"));
    other.set_dimension(64);
    let memory = world.memory_with(&one).await;
    memory.remember(vec![note("quick car")]).await.unwrap();
    memory.wait_until_embedded().await.unwrap();
    drop(memory);
    let memory = world.memory_with(&other).await;
    memory.wait_until_embedded().await.unwrap();
    assert_eq!(other.asked(), ["quick car"]);
    assert_eq!(found(&memory, "automobile").await, ["quick car"]);
    drop(memory);
    one.asked();
    let memory = world.memory_with(&one).await;
    memory.wait_until_embedded().await.unwrap();
    assert_eq!(one.asked(), [] as [&str; 0]);
    assert_eq!(found(&memory, "automobile").await, ["quick car"]);
}

#[tokio::test]
async fn a_model_that_makes_longer_vectors_now_embeds_all_again() {
    let world = World::new();
    let senses = Senses::new("test/senses");
    let memory = world.memory_with(&senses).await;
    memory.remember(vec![note("quick car")]).await.unwrap();
    memory.wait_until_embedded().await.unwrap();
    senses.set_dimension(256);
    // The first search notices it.
    assert_eq!(found(&memory, "automobile").await, [] as [&str; 0]);
    memory.wait_until_embedded().await.unwrap();
    assert_eq!(found(&memory, "automobile").await, ["quick car"]);
    for table in ["models", "vectors", "codes"] {
        assert_eq!(world.number(&format!("SELECT count(*) FROM {table}")), 1, "{table}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_model_whose_vectors_change_once_more_is_given_up() {
    let world = World::new();
    let senses = Senses::new("test/senses");
    let memory = world.memory_with(&senses).await;
    for (dimension, text) in [(128, "one"), (256, "two")] {
        senses.set_dimension(dimension);
        memory.remember(vec![note(text)]).await.unwrap();
        memory.wait_until_embedded().await.unwrap();
    }
    senses.set_dimension(128);
    memory.remember(vec![note("three")]).await.unwrap();
    let error = memory.wait_until_embedded().await.unwrap_err().to_string();
    assert!(error.ends_with("its vectors have another length than before"), "{error}");
    assert_eq!(memory.stats().await.unwrap().without_vector, 1);
}

#[tokio::test]
async fn two_processes_embed_together() {
    let world = World::new();
    let (one, other) = (Senses::new("test/senses"), Senses::new("test/senses"));
    let memory = world.memory_with(&one).await;
    memory.remember((0..500).map(|n| note(&format!("car {n}"))).collect()).await.unwrap();
    let second = world.memory_with(&other).await;
    let (first, second) = tokio::join!(memory.wait_until_embedded(), second.wait_until_embedded());
    first.unwrap();
    second.unwrap();
    let mut asked = one.asked();
    asked.extend(other.asked());
    asked.sort();
    let mut expected: Vec<_> = (0..500).map(|n| format!("car {n}")).collect();
    expected.sort();
    assert_eq!(asked, expected, "each text is embedded by one of them");
}

#[tokio::test]
async fn a_memory_for_reading_alone_finds_by_meaning_too() {
    let world = World::new();
    let senses = Senses::new("test/senses");
    let memory = world.memory_with(&senses).await;
    memory.remember(vec![note("quick car")]).await.unwrap();
    memory.wait_until_embedded().await.unwrap();
    drop(memory);
    let embedder: Arc<dyn Embedder> = senses;
    let memory = Embedded::open_read_only(&world.file(), Some(embedder)).await.unwrap();
    assert_eq!(found(&memory, "automobile").await, ["quick car"]);
    let error = memory.remember(vec![note("more")]).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "the memory at {} failed: it is open for reading alone; nothing was remembered or forgotten",
            world.file().display()
        )
    );
    memory.forget(&of_project()).await.unwrap_err();
    memory.replace(PROJECT, Kind::Note, "note", Vec::new()).await.unwrap_err();
    assert_eq!(found(&memory, "car").await, ["quick car"]);
}
