//! Who finds what.

use devika_memory::{Filter, Kind, Memory, Passage};

use crate::world::{OTHER, PROJECT, Senses, World, code, found, found_among, note, of_project};

#[tokio::test]
async fn a_project_never_finds_what_another_remembers() {
    let world = World::new();
    let senses = Senses::new("test/senses");
    let memory = world.memory_with(&senses).await;
    let theirs = Passage { project: OTHER.to_owned(), ..note("deploy key of the loom") };
    memory.remember(vec![note("deploy the engine"), theirs]).await.unwrap();
    memory.wait_until_embedded().await.unwrap();
    assert_eq!(found(&memory, "deploy key of the loom").await, ["deploy the engine"]);
    let unknown = Filter { project: Some("/home/eve".to_owned()), ..Filter::default() };
    assert_eq!(found_among(&memory, "deploy", unknown).await, [] as [&str; 0]);
    let nameless = Filter { project: Some(String::new()), ..Filter::default() };
    assert_eq!(found_among(&memory, "deploy", nameless).await, [] as [&str; 0]);
}

#[tokio::test]
async fn a_project_finds_what_another_shares() {
    let world = World::new();
    let senses = Senses::new("test/senses");
    let memory = world.memory_with(&senses).await;
    let theirs = Passage { project: OTHER.to_owned(), shared: true, ..note("tabs over spaces") };
    memory.remember(vec![theirs.clone()]).await.unwrap();
    memory
        .remember((0..20).map(|n| note(&format!("spaces {n} in texts"))).collect())
        .await
        .unwrap();
    memory.wait_until_embedded().await.unwrap();
    assert_eq!(found(&memory, "tabs spaces").await[0], "tabs over spaces");
    let page = memory.page(&of_project(), None, 100).await.unwrap();
    assert!(!page.contains(&theirs), "a page is of the project's own");
}

#[tokio::test]
async fn commands_of_the_user_search_all_projects() {
    let world = World::new();
    let memory = world.memory().await;
    let theirs = Passage { project: OTHER.to_owned(), ..note("deploy with care today") };
    memory.remember(vec![note("deploy"), theirs]).await.unwrap();
    let found = found_among(&memory, "deploy", Filter::default()).await;
    assert_eq!(found, ["deploy", "deploy with care today"]);
}

/// One passage for each case, all alike to a search.
async fn filtered(filter: Filter) -> Vec<String> {
    let world = World::new();
    let senses = Senses::new("test/senses");
    let memory = world.memory_with(&senses).await;
    let passages = vec![
        Passage { at: 1_000, ..code("src/lib.rs#L1-L2", "lamp one") },
        Passage { at: 2_000, ..code("src/%_lib.rs", "lamp two") },
        Passage { at: 3_000, kind: Kind::Research, ..code("https://lamps.test/", "lamp three") },
    ];
    memory.remember(passages).await.unwrap();
    memory.wait_until_embedded().await.unwrap();
    let mut found = found_among(&memory, "lamp", filter.clone()).await;
    found.sort();
    let mut paged: Vec<_> = memory.page(&filter, None, 10).await.unwrap();
    paged.sort_by(|one, other| one.text.cmp(&other.text));
    let paged: Vec<_> = paged.into_iter().map(|passage| passage.text).collect();
    assert_eq!(found, paged);
    found
}

#[tokio::test]
async fn only_the_kinds_that_are_named_count() {
    let kinds = |kinds: &[Kind]| Filter { kinds: kinds.to_vec(), ..of_project() };
    assert_eq!(filtered(kinds(&[Kind::Research])).await, ["lamp three"]);
    assert_eq!(filtered(kinds(&[Kind::Code, Kind::Note])).await, ["lamp one", "lamp two"]);
    assert_eq!(filtered(kinds(&[])).await.len(), 3);
}

#[tokio::test]
async fn a_source_is_a_prefix_taken_literally() {
    let from = |source: &str| Filter { source: Some(source.to_owned()), ..of_project() };
    assert_eq!(filtered(from("src/")).await, ["lamp one", "lamp two"]);
    assert_eq!(filtered(from("src/%")).await, ["lamp two"]);
    assert_eq!(filtered(from("src/_")).await, [] as [&str; 0]);
    assert_eq!(filtered(from("")).await.len(), 3);
}

#[tokio::test]
async fn age_is_bounded_on_both_sides() {
    let aged = |since, before| Filter { since, before, ..of_project() };
    assert_eq!(filtered(aged(Some(2_000), None)).await, ["lamp three", "lamp two"]);
    assert_eq!(filtered(aged(None, Some(2_000))).await, ["lamp one"]);
    assert_eq!(filtered(aged(Some(2_000), Some(3_000))).await, ["lamp two"]);
}

#[tokio::test]
async fn the_one_of_a_kind_is_found_by_a_word_that_most_passages_have() {
    let world = World::new();
    let memory = world.memory().await;
    memory.remember(vec![note("error in the oldest note")]).await.unwrap();
    let many = (0..4_200).map(|n| code(&format!("src/{n}.rs"), "error"));
    memory.remember(many.collect()).await.unwrap();
    let notes = Filter { kinds: vec![Kind::Note], ..of_project() };
    assert_eq!(found_among(&memory, "error", notes).await, ["error in the oldest note"]);
}

#[tokio::test]
async fn few_of_a_kind_are_found_among_many_of_another() {
    let world = World::new();
    let senses = Senses::new("test/senses");
    let memory = world.memory_with(&senses).await;
    memory
        .remember((0..700).map(|n| code(&format!("src/{n}.rs"), "lamp")).collect())
        .await
        .unwrap();
    memory.remember(vec![note("the lamp in the hall"), note("nothing of that")]).await.unwrap();
    memory.wait_until_embedded().await.unwrap();
    let notes =
        Filter { kinds: vec![Kind::Note], project: Some(PROJECT.to_owned()), ..Filter::default() };
    assert_eq!(
        found_among(&memory, "lamp", notes).await,
        ["the lamp in the hall", "nothing of that"]
    );
}
