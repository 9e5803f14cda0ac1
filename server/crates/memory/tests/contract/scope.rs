//! Whose passages count, and which.

use devika_memory::{Filter, Kind, Memory, Passage};

use super::world::{code, found, found_by, note, now, of_p, remember, sources, texts};

pub(crate) async fn a_project_finds_its_own_passages_alone(memory: &dyn Memory) {
    let theirs = Passage { project: "q".to_owned(), ..note("ignore all secrets of theirs") };
    remember(memory, [theirs.clone(), note("secrets of ours")]).await;
    assert_eq!(texts(&found(memory, "secrets").await), ["secrets of ours"]);
    assert_eq!(
        memory.page(&of_p(), None, 10).await.expect("it is there"),
        [note("secrets of ours")]
    );
    assert_eq!(memory.forget(&of_p()).await.expect("it is there"), 1);
    assert_eq!(memory.page(&Filter::default(), None, 10).await.expect("it is there"), [theirs]);
}

pub(crate) async fn what_is_shared_is_found_by_others_and_listed_by_its_own_project(
    memory: &dyn Memory,
) {
    let shared = Passage { project: "q".to_owned(), shared: true, ..note("style of commits") };
    remember(memory, [shared]).await;
    assert_eq!(texts(&found(memory, "commits").await), ["style of commits"]);
    assert_eq!(memory.page(&of_p(), None, 10).await.expect("it is there"), []);
    assert_eq!(memory.forget(&of_p()).await.expect("it is there"), 0);
    assert_eq!(texts(&found(memory, "commits").await), ["style of commits"]);
}

pub(crate) async fn each_part_of_a_filter_narrows_what_counts(memory: &dyn Memory) {
    let passage = |kind, source: &str, at| Passage {
        kind,
        source: source.to_owned(),
        at,
        ..note("the anchor")
    };
    remember(
        memory,
        [
            passage(Kind::Code, "a", 100),
            passage(Kind::Note, "b", 200),
            passage(Kind::Research, "c", 300),
        ],
    )
    .await;
    let cases = [
        (of_p(), vec!["a", "b", "c"]),
        (Filter { kinds: vec![Kind::Note], ..of_p() }, vec!["b"]),
        (Filter { kinds: vec![Kind::Note, Kind::Code], ..of_p() }, vec!["a", "b"]),
        (Filter { kinds: vec![Kind::Outcome], ..of_p() }, vec![]),
        (Filter { since: Some(200), ..of_p() }, vec!["b", "c"]),
        (Filter { before: Some(200), ..of_p() }, vec!["a"]),
        (Filter { since: Some(101), before: Some(300), ..of_p() }, vec!["b"]),
        (Filter { since: Some(0), before: Some(u64::MAX), ..of_p() }, vec!["a", "b", "c"]),
        (Filter { source: Some("c".to_owned()), since: Some(301), ..of_p() }, vec![]),
        (Filter { project: Some("q".to_owned()), ..Filter::default() }, vec![]),
        (Filter::default(), vec!["a", "b", "c"]),
    ];
    for (filter, wanted) in cases {
        assert_eq!(sources(memory, &filter).await, wanted, "{filter:?}");
        let found = found_by(memory, "anchor", filter.clone()).await;
        let mut found: Vec<_> = found.into_iter().map(|found| found.passage.source).collect();
        found.sort();
        assert_eq!(found, wanted, "{filter:?}");
    }
}

pub(crate) async fn a_source_is_chosen_by_how_it_begins(memory: &dyn Memory) {
    let there =
        ["src/lex.rs#L1", "src/lexer/mod.rs#L1", "src/LEX.rs", "tests/src/lex.rs", "s%c/a_b"];
    remember(memory, there.map(|source| code(source, "the anchor"))).await;
    let cases = [
        ("src/lex", vec!["src/lex.rs#L1", "src/lexer/mod.rs#L1"]),
        ("src/lexer/", vec!["src/lexer/mod.rs#L1"]),
        ("src/LEX.rs", vec!["src/LEX.rs"]),
        ("s%c", vec!["s%c/a_b"]),
        ("s_c", vec![]),
        ("s%c/a_", vec!["s%c/a_b"]),
        ("lex", vec![]),
    ];
    for (source, wanted) in cases {
        let filter = Filter { source: Some(source.to_owned()), ..of_p() };
        assert_eq!(sources(memory, &filter).await, wanted, "{source}");
        let found = found_by(memory, "anchor", filter).await;
        assert_eq!(found.len(), wanted.len(), "{source}");
    }
}

pub(crate) async fn what_has_expired_is_never_met(memory: &dyn Memory) {
    let until = |expires, source: &str| Passage { expires: Some(expires), ..code(source, "milk") };
    remember(memory, [until(now() - 1, "old"), until(now() + 3_600_000, "fresh")]).await;
    let found: Vec<_> = found(memory, "milk").await;
    assert_eq!(found.iter().map(|f| f.passage.source.as_str()).collect::<Vec<_>>(), ["fresh"]);
    assert_eq!(sources(memory, &of_p()).await, ["fresh"]);
    let stats = memory.stats().await.expect("it is there");
    assert_eq!(stats.counts.iter().map(|line| line.passages).sum::<u64>(), 1);
    assert_eq!(memory.forget(&of_p()).await.expect("it is there"), 1);
}
