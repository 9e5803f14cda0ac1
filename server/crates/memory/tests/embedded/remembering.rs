//! What is remembered, forgotten and replaced.

use devika_memory::{Filter, Kind, KindCount, Memory, Passage, Stats};

use crate::world::{OTHER, PROJECT, World, code, found, note, of_project};

#[tokio::test]
async fn what_was_remembered_is_found_by_the_next_process() {
    let world = World::new();
    let passage = Passage {
        title: "Deploying".to_owned(),
        expires: Some(u64::MAX >> 1),
        ..note("Push to main.\nThen wait.")
    };
    world.memory().await.remember(vec![passage.clone()]).await.unwrap();
    let memory = world.memory().await;
    assert_eq!(memory.page(&Filter::default(), None, 10).await.unwrap(), [passage]);
    assert_eq!(found(&memory, "how do I deploy?").await, [] as [&str; 0]);
    assert_eq!(found(&memory, "what about deploying").await, ["Push to main.\nThen wait."]);
}

#[tokio::test]
async fn remembering_twice_keeps_one_with_the_newer_time() {
    let memory = World::new();
    let memory = memory.memory().await;
    memory.remember(vec![note("tea at five")]).await.unwrap();
    let again = Passage { at: 2_000, expires: Some(u64::MAX >> 1), ..note("tea at five") };
    memory.remember(vec![again.clone()]).await.unwrap();
    assert_eq!(memory.page(&Filter::default(), None, 10).await.unwrap(), [again]);
    assert_eq!(found(&memory, "tea").await, ["tea at five"]);
}

#[tokio::test]
async fn replacing_a_file_forgets_what_is_no_longer_in_it() {
    let world = World::new();
    let memory = world.memory().await;
    let elsewhere = [
        code("src/a.rs.bak#L1-L2", "fn copied() {}"),
        code("src/ab.rs", "fn neighbour() {}"),
        note("fn noted() {}"),
        Passage { project: OTHER.to_owned(), ..code("src/a.rs#L1-L2", "fn theirs() {}") },
    ];
    memory.remember(elsewhere.to_vec()).await.unwrap();
    let (kept, gone) =
        (code("src/a.rs#L1-L2", "fn kept() {}"), code("src/a.rs#L4-L5", "fn gone() {}"));
    let whole = code("src/a.rs", "fn whole() {}");
    let first = vec![kept.clone(), gone, whole];
    memory.replace(PROJECT, Kind::Code, "src/a.rs", first).await.unwrap();
    let new = code("src/a.rs#L4-L6", "fn new() {}");
    let second = vec![kept.clone(), new.clone()];
    memory.replace(PROJECT, Kind::Code, "src/a.rs", second).await.unwrap();

    let mut left = memory.page(&Filter::default(), None, 100).await.unwrap();
    let mut expected = elsewhere.to_vec();
    expected.extend([kept, new]);
    left.sort_by(|one, other| one.text.cmp(&other.text));
    expected.sort_by(|one, other| one.text.cmp(&other.text));
    assert_eq!(left, expected);
    assert_eq!(found(&memory, "gone whole").await, [] as [&str; 0]);
    assert_eq!(found(&memory, "new").await, ["fn new() {}"]);
}

#[tokio::test]
async fn code_that_moved_within_its_file_keeps_its_words_and_is_found_at_its_new_place() {
    let world = World::new();
    let memory = world.memory().await;
    let file = |line: usize, texts: &[&str]| -> Vec<Passage> {
        let at = |(n, text): (usize, &&str)| code(&format!("a.rs#L{0}-L{0}", line + n), text);
        texts.iter().enumerate().map(at).collect()
    };
    let before = file(1, &["fn twice() {}", "fn twice() {}", "fn gone() {}", "fn late() {}"]);
    memory.replace(PROJECT, Kind::Code, "a.rs", before).await.unwrap();
    let rows = |text: &str| {
        let sql = format!("SELECT sum(place) FROM texts WHERE text = '{text}'");
        (world.number(&sql), world.number(&sql.replace("sum", "count")))
    };
    let (twice, late) = (rows("fn twice() {}"), rows("fn late() {}"));
    let after = file(8, &["fn new() {}", "fn twice() {}", "fn twice() {}", "fn late() {}"]);
    memory.replace(PROJECT, Kind::Code, "a.rs", after.clone()).await.unwrap();

    assert_eq!((rows("fn twice() {}"), rows("fn late() {}")), (twice, late), "the same rows");
    let mut left = memory.page(&Filter::default(), None, 100).await.unwrap();
    left.sort_by(|one, other| {
        one.source.len().cmp(&other.source.len()).then(one.source.cmp(&other.source))
    });
    assert_eq!(left, after);
    assert_eq!(found(&memory, "late").await, ["fn late() {}"]);
    assert_eq!(found(&memory, "gone").await, [] as [&str; 0]);
    let mut counted = memory.stats().await.unwrap().counts;
    assert_eq!(counted.pop().unwrap().passages, 4);
}

#[tokio::test]
async fn many_files_are_replaced_as_one_is() {
    let world = World::new();
    let memory = world.memory().await;
    let file = |number: usize, text: &str| {
        let path = format!("src/f{number}.rs");
        let passages = vec![code(&format!("{path}#L1-L2"), &format!("{text} {number}"))];
        (path, passages)
    };
    let all = |text| (0..600).map(|number| file(number, text)).collect();
    memory.replace_many(PROJECT, Kind::Code, all("old")).await.unwrap();
    memory.replace_many(PROJECT, Kind::Code, all("new")).await.unwrap();
    memory.replace_many(PROJECT, Kind::Code, vec![("src/f7.rs".into(), vec![])]).await.unwrap();
    assert_eq!(found(&memory, "old").await, [] as [&str; 0]);
    assert_eq!(found(&memory, "new 599").await[0], "new 599");
    assert_eq!(world.number("SELECT count(*) FROM passages"), 599);
}

#[tokio::test]
async fn replacing_by_nothing_forgets_the_file() {
    let world = World::new();
    let memory = world.memory().await;
    memory.remember(vec![code("src/a.rs#L1-L2", "fn gone() {}")]).await.unwrap();
    memory.replace(PROJECT, Kind::Code, "src/a.rs", Vec::new()).await.unwrap();
    assert_eq!(memory.page(&Filter::default(), None, 10).await.unwrap(), []);
}

#[tokio::test]
async fn forgetting_says_how_many_and_leaves_no_trace_in_the_tables() {
    let world = World::new();
    let memory = world.memory().await;
    let notes: Vec<_> = (0..600).map(|number| note(&format!("xylophone {number}"))).collect();
    memory.remember(notes).await.unwrap();
    memory.remember(vec![code("a.rs", "xylophone stays")]).await.unwrap();
    let notes = Filter { kinds: vec![Kind::Note], ..of_project() };
    assert_eq!(memory.forget(&notes).await.unwrap(), 600);
    assert_eq!(memory.forget(&notes).await.unwrap(), 0);
    assert_eq!(found(&memory, "xylophone").await, ["xylophone stays"]);
    for table in ["passages", "texts"] {
        assert_eq!(world.number(&format!("SELECT count(*) FROM {table}")), 1);
    }
    assert_eq!(world.number("SELECT sum(passages) FROM shelves"), 1);
    assert_eq!(world.number("SELECT sum(terms) FROM shelves"), 3);
}

#[tokio::test]
async fn forgetting_a_project_takes_what_it_shared_and_nothing_of_others() {
    let world = World::new();
    let memory = world.memory().await;
    let shared = Passage { shared: true, ..note("shared by us") };
    let theirs = Passage { project: OTHER.to_owned(), ..note("by them") };
    memory.remember(vec![note("ours"), shared, theirs.clone()]).await.unwrap();
    assert_eq!(memory.forget(&of_project()).await.unwrap(), 2);
    assert_eq!(memory.page(&Filter::default(), None, 10).await.unwrap(), [theirs]);
}

#[tokio::test]
async fn pages_follow_each_other_and_leave_nothing_out() {
    let world = World::new();
    let memory = world.memory().await;
    let all: Vec<_> = (0..25).map(|number| note(&format!("note {number}"))).collect();
    memory.remember(all.clone()).await.unwrap();
    let (mut read, mut after) = (Vec::new(), None);
    loop {
        let page = memory.page(&of_project(), after, 10).await.unwrap();
        let Some(last) = page.last() else { break };
        after = Some(last.id());
        read.extend(page);
    }
    assert!(read.is_sorted_by_key(Passage::id));
    let mut expected = all;
    expected.sort_by_key(Passage::id);
    assert_eq!(read, expected);
}

#[tokio::test]
async fn what_has_expired_is_not_there() {
    let world = World::new();
    let memory = world.memory().await;
    let expired = Passage { expires: Some(1_000), ..note("stale bread") };
    memory.remember(vec![expired.clone(), note("fresh bread")]).await.unwrap();
    assert_eq!(found(&memory, "bread").await, ["fresh bread"]);
    assert_eq!(memory.page(&Filter::default(), None, 10).await.unwrap(), [note("fresh bread")]);
    memory.remember(vec![note("butter")]).await.unwrap();
    assert_eq!(world.number("SELECT count(*) FROM passages"), 2, "a later write sweeps it away");

    let renewed = Passage { expires: None, ..expired };
    memory.remember(vec![renewed]).await.unwrap();
    assert_eq!(found(&memory, "stale").await, ["stale bread"]);
}

#[tokio::test]
async fn a_passage_that_expires_later_is_there_until_then() {
    let world = World::new();
    let memory = world.memory().await;
    memory.remember(vec![Passage { expires: Some(u64::MAX), ..note("wine") }]).await.unwrap();
    assert_eq!(found(&memory, "wine").await, ["wine"]);
    // Read again, and known by now to be outdated.
    memory.remember(vec![Passage { expires: Some(2_000), ..note("wine") }]).await.unwrap();
    assert_eq!(found(&memory, "wine").await, [] as [&str; 0]);
}

#[tokio::test]
async fn stats_count_by_project_and_kind() {
    let world = World::new();
    let memory = world.memory().await;
    let theirs = Passage { project: OTHER.to_owned(), shared: true, ..note("by them") };
    memory.remember(vec![note("one"), note("two"), code("a.rs", "three"), theirs]).await.unwrap();
    let count =
        |project: &str, kind, passages| KindCount { project: project.to_owned(), kind, passages };
    let Stats { place, counts, without_vector, bytes } = memory.stats().await.unwrap();
    assert_eq!(place, world.file().display().to_string());
    assert_eq!(
        counts,
        [count(PROJECT, Kind::Code, 1), count(PROJECT, Kind::Note, 2), count(OTHER, Kind::Note, 1)]
    );
    assert_eq!(without_vector, 4);
    assert!(bytes.unwrap() >= 4_096);
}
