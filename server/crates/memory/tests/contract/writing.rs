//! Remembering, replacing, forgetting, listing and counting.

use devika_memory::{Filter, Kind, KindCount, Memory, Passage, PassageId};
use futures::future::join_all;

use super::world::{code, found, note, of_p, remember, sources, texts};

pub(crate) async fn remembering_again_keeps_one_passage_with_its_new_times(memory: &dyn Memory) {
    let first = note("the anchor");
    let again = Passage { at: 2_000, expires: Some(4_000_000_000_000), ..first.clone() };
    remember(memory, [first.clone()]).await;
    remember(memory, [first.clone(), again.clone()]).await;
    assert_eq!(memory.page(&of_p(), None, 10).await.expect("it is there"), [again]);
    remember(memory, [first.clone()]).await;
    let there = memory.page(&of_p(), None, 10).await.expect("it is there");
    assert_eq!(there, std::slice::from_ref(&first));
    // What others may see is settled when it is remembered first.
    remember(memory, [Passage { shared: true, ..first.clone() }]).await;
    assert_eq!(memory.page(&of_p(), None, 10).await.expect("it is there"), [first]);
}

pub(crate) async fn remembering_many_keeps_all(memory: &dyn Memory) {
    let passages = (0..1_200).map(|n| code(&format!("src/{n}.rs"), &format!("fn unit{n}() {{}}")));
    remember(memory, passages).await;
    assert_eq!(texts(&found(memory, "unit777").await)[0], "fn unit777() {}");
    let counts = memory.stats().await.expect("it is there").counts;
    assert_eq!(counts, [KindCount { project: "p".to_owned(), kind: Kind::Code, passages: 1_200 }]);
    remember(memory, []).await;
}

pub(crate) async fn replacing_takes_away_what_is_no_longer_there_and_nothing_else(
    memory: &dyn Memory,
) {
    let stays = code("src/a.rs#L1-L2", "fn stays() {}");
    remember(
        memory,
        [
            stays.clone(),
            code("src/a.rs", "//! whole"),
            code("src/a.rs#L3-L4", "fn goes() {}"),
            code("src/a.rs2#L1", "fn other_file() {}"),
            code("src/a.rs.bak", "fn backup() {}"),
            Passage { project: "q".to_owned(), ..code("src/a.rs#L9", "fn of_another() {}") },
            Passage { source: "src/a.rs#L8".to_owned(), ..note("a note of it") },
        ],
    )
    .await;
    let new = code("src/a.rs#L5-L6", "fn comes() {}");
    let now = Passage { at: 5_000, ..stays };
    memory.replace("p", Kind::Code, "src/a.rs", vec![now, new]).await.expect("it is there");
    assert_eq!(
        sources(memory, &Filter::default()).await,
        [
            "src/a.rs#L1-L2",
            "src/a.rs#L5-L6",
            "src/a.rs#L8",
            "src/a.rs#L9",
            "src/a.rs.bak",
            "src/a.rs2#L1"
        ]
    );
    assert_eq!(texts(&found(memory, "goes").await), Vec::<&str>::new());
    let stays = &found(memory, "stays").await[0].passage;
    assert_eq!(stays.at, 5_000);
}

pub(crate) async fn replacing_with_nothing_forgets_a_path(memory: &dyn Memory) {
    remember(memory, [code("src/a.rs#L1", "fn a() {}"), code("src/b.rs#L1", "fn b() {}")]).await;
    memory.replace("p", Kind::Code, "src/a.rs", Vec::new()).await.expect("it is there");
    memory.replace("p", Kind::Code, "src/c.rs", Vec::new()).await.expect("it is there");
    assert_eq!(sources(memory, &of_p()).await, ["src/b.rs#L1"]);
}

pub(crate) async fn forgetting_says_how_many_and_leaves_the_rest(memory: &dyn Memory) {
    remember(memory, ["a/1", "a/2", "b/1"].map(|source| code(source, "the anchor"))).await;
    let under_a = Filter { source: Some("a/".to_owned()), ..of_p() };
    assert_eq!(memory.forget(&under_a).await.expect("it is there"), 2);
    assert_eq!(memory.forget(&under_a).await.expect("it is there"), 0);
    assert_eq!(sources(memory, &of_p()).await, ["b/1"]);
}

pub(crate) async fn pages_are_complete_and_in_the_order_of_ids(memory: &dyn Memory) {
    let mut all: Vec<_> = (0..25).map(|n| note(&format!("note {n}"))).collect();
    remember(memory, all.clone()).await;
    all.sort_by_key(Passage::id);
    let (mut read, mut after) = (Vec::new(), None);
    loop {
        let page = memory.page(&of_p(), after, 10).await.expect("it is there");
        let Some(last) = page.last() else { break };
        assert!(page.len() <= 10);
        after = Some(last.id());
        read.extend(page);
    }
    assert_eq!(read, all);
    let end = memory.page(&of_p(), Some(PassageId([0xff; 16])), 10).await;
    assert_eq!(end.expect("it is there"), []);
}

pub(crate) async fn counts_are_by_project_and_kind(memory: &dyn Memory) {
    let of = |project: &str, passage: Passage| Passage { project: project.to_owned(), ..passage };
    remember(
        memory,
        [of("z", note("1")), of("a", note("1")), of("a", note("2")), of("a", code("x", "1"))],
    )
    .await;
    let stats = memory.stats().await.expect("it is there");
    let counts: Vec<_> =
        stats.counts.iter().map(|line| (line.project.as_str(), line.kind, line.passages)).collect();
    assert_eq!(counts, [("a", Kind::Code, 1), ("a", Kind::Note, 2), ("z", Kind::Note, 1)]);
    assert_eq!(stats.without_vector, 4);
    assert!(!stats.place.is_empty());
}

pub(crate) async fn many_may_write_at_once(memory: &dyn Memory) {
    let writers = (0..8).map(|_| remember(memory, (0..50).map(|n| note(&format!("note {n}")))));
    join_all(writers).await;
    assert_eq!(memory.page(&of_p(), None, 1_000).await.expect("it is there").len(), 50);
}
