//! Finding by words.

use devika_memory::{Kind, Memory, Passage, Query};

use super::world::{code, found, note, of_p, remember, texts};

pub(crate) async fn what_is_remembered_is_found_by_its_words(memory: &dyn Memory) {
    let deploy = note("We deploy on Fridays, and never after lunch.");
    remember(memory, [deploy.clone(), note("The tests need a database.")]).await;
    let found = found(memory, "when do we deploy?").await;
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].passage, deploy);
}

pub(crate) async fn an_identifier_is_found_by_a_part_of_it_and_as_a_whole(memory: &dyn Memory) {
    let parse = code("src/http.rs#L1-L3", "fn parseHTTPRequest(bytes: &[u8]) {}");
    remember(memory, [parse.clone(), code("src/log.rs#L1", "fn write_line() {}")]).await;
    for words in ["request", "parse_http_request", "parseHTTPRequest", "the parser's http parse"] {
        assert_eq!(texts(&found(memory, words).await), [parse.text.as_str()], "{words}");
    }
}

pub(crate) async fn rare_words_count_more_than_common_ones(memory: &dyn Memory) {
    let common = (0..20).map(|n| note(&format!("server number {n}")));
    remember(memory, common.chain([note("zebra crossing")])).await;
    assert_eq!(found(memory, "server zebra").await[0].passage.text, "zebra crossing");
}

pub(crate) async fn a_search_gives_no_more_than_it_may_best_first(memory: &dyn Memory) {
    remember(memory, (0..20).map(|n| note(&format!("lantern {n}")))).await;
    remember(memory, [note("lantern lantern oil")]).await;
    let query = |limit| Query { text: "lantern oil".to_owned(), filter: of_p(), limit };
    let found = memory.search(&query(3)).await.expect("the memory is there");
    assert_eq!(found.len(), 3);
    assert_eq!(found[0].passage.text, "lantern lantern oil");
    assert!(found.is_sorted_by(|one, next| one.score >= next.score), "{found:?}");
    assert_eq!(memory.search(&query(0)).await.expect("the memory is there"), []);
}

pub(crate) async fn what_nobody_speaks_of_is_not_found(memory: &dyn Memory) {
    assert_eq!(found(memory, "anything").await, []);
    remember(memory, [note("The tests need a database.")]).await;
    for words in ["giraffe", "", "   ", "?!", "the of and"] {
        assert_eq!(found(memory, words).await, [], "{words:?}");
    }
}

pub(crate) async fn a_passage_comes_back_as_it_was(memory: &dyn Memory) {
    let plain = note("marker");
    let odd = [
        Passage { title: "Getting started › Install".to_owned(), ..plain.clone() },
        Passage {
            text: "marker \u{1f980} naïve 東京\n\r\n\t\"quoted\" \\ '; --".to_owned(),
            ..plain.clone()
        },
        Passage { text: format!("marker {}", "long ".repeat(20_000)), ..plain.clone() },
        Passage { source: "https://example.org/a?b=c#d".to_owned(), ..plain.clone() },
        Passage { kind: Kind::Outcome, expires: Some(4_000_000_000_000), ..plain.clone() },
        Passage { shared: true, at: 0, source: String::new(), ..plain.clone() },
    ];
    remember(memory, odd.clone()).await;
    let found = found(memory, "marker").await;
    assert_eq!(found.len(), odd.len());
    for passage in odd {
        assert!(found.iter().any(|found| found.passage == passage), "{passage:?}");
    }
}
