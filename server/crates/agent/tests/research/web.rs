//! Queries of the planner: what is searched, read, quoted, cited, and read only once.

use serde_json::json;

use crate::doubles::lock;
use crate::world::{World, code, plan};

const DOCS: &str = "https://acme.example/widget";

/// A web that knows the widget, and another page with some of the words.
fn world() -> World {
    let world = World::new();
    world.web.page(
        DOCS,
        "Acme widget",
        "# Acme widget\n\nIt hums.\n\n## Connecting\n\nThe acme widget listens on port 7341.\n\n## Colours\n\nGreen.",
    );
    world.web.page("https://blog.example/acme", "My acme", "I like the acme port wine, once.");
    world
}

#[tokio::test]
async fn the_coder_is_quoted_what_a_page_says_and_the_commit_names_the_page() {
    let world = world();
    world.says([plan(&["acme widget port"]), code("print(7341)")]);
    let ended = world.run("Write a client for the acme widget").await;
    let requests = world.requests();
    assert!(!requests[0].contains("7341"), "the planner has seen no page");
    let from = requests[1].find("What was read on the web.").unwrap();
    let quoted = "From https://acme.example/widget:\n```\n# Acme widget > Connecting\nThe acme widget listens on port 7341.\n```";
    assert!(requests[1][from..].contains(quoted), "{}", requests[1]);
    let message = world.commit();
    assert!(message.contains("\n\nSources:\n- https://acme.example/widget\n"), "{message}");
    assert!(
        ended.summary().contains("Sources:\n- <https://acme.example/widget>"),
        "{ended:?}",
        ended = ended.summary()
    );
    assert_eq!(
        ended.research(),
        [
            json!({ "event": "searched", "query": "acme widget port", "found": 2 }),
            json!({ "event": "page_read", "address": DOCS, "title": "Acme widget" }),
            json!({ "event": "page_read", "address": "https://blog.example/acme", "title": "My acme" }),
            json!({ "event": "passages_used", "step": 1, "sources": [DOCS, "https://blog.example/acme"] }),
        ]
    );
}

#[tokio::test]
async fn the_coders_request_begins_with_the_planners_to_the_letter() {
    let world = world();
    world.says([plan(&["acme widget port"]), code("print(7341)")]);
    world.run("Write a client for the acme widget").await;
    let requests = world.requests();
    let opening = requests[0].split("\n\nDo not write code yet.").next().unwrap();
    assert!(requests[1].starts_with(opening), "{requests:?}");
}

#[tokio::test]
async fn a_task_that_needs_nothing_from_the_web_asks_it_nothing() {
    let world = world();
    world.says([plan(&[]), code("print(1)")]);
    let ended = world.run("Write a client for the acme widget").await;
    assert_eq!(*lock(&world.web.asked), [""; 0]);
    assert_eq!(ended.research(), [json!(null); 0]);
    assert!(!world.commit().contains("Sources"), "{}", world.commit());
}

#[tokio::test]
async fn a_later_task_finds_what_was_read_in_memory_without_the_network() {
    let world = world();
    world.says([plan(&["acme widget port"]), code("print(7341)")]);
    world.run("Write a client for the acme widget").await;
    world.requests();
    *lock(&world.web.is_down) = true;
    lock(&world.web.asked).clear();
    world.says([plan(&["port of the acme widget"]), code("print(7342)")]);
    let ended = world.run("Make another widget thing").await;
    assert_eq!(*lock(&world.web.asked), [""; 0], "the web is not asked");
    assert!(world.requests()[1].contains("listens on port 7341"));
    assert!(
        world.commit().contains("Sources:\n- https://acme.example/widget"),
        "{:?}",
        ended.summary()
    );
}

#[tokio::test]
async fn a_page_that_fails_is_told_and_the_next_ones_are_read() {
    let world = world();
    world.web.page("https://a.example/acme", "Acme widget port, but broken", "");
    world.says([plan(&["acme widget port"]), code("print(7341)")]);
    let ended = world.run("Write a client").await;
    assert_eq!(world.web.reads(), ["https://a.example/acme", DOCS, "https://blog.example/acme"]);
    assert_eq!(
        ended.warnings(),
        ["https://a.example/acme cannot be read: the connection was closed."]
    );
}

#[tokio::test]
async fn without_a_network_the_task_goes_on_and_says_so() {
    let world = world();
    *lock(&world.web.is_down) = true;
    world.says([plan(&["acme widget port"]), code("print(0)")]);
    let ended = world.run("Write a client").await;
    assert_eq!(
        ended.warnings(),
        ["“acme widget port” was not looked up: nothing could be searched: there is no network."]
    );
    assert_eq!(world.read("client.py"), "print(0)\n");
}

#[tokio::test]
async fn more_than_three_queries_are_not_asked() {
    let world = world();
    world.says([plan(&["acme a", "acme b", "acme c", "acme d"]), code("print(0)")]);
    world.run("Write a client").await;
    let asked = lock(&world.web.asked);
    assert_eq!(asked.iter().filter(|it| it.starts_with("search")).count(), 3, "{asked:?}");
}

#[tokio::test]
async fn without_a_memory_the_best_passages_are_found_by_their_words() {
    let world = world().without_memory();
    world.says([plan(&["acme widget port"]), code("print(7341)")]);
    world.run("Write a client").await;
    assert!(world.requests()[1].contains("listens on port 7341"));
}

#[tokio::test]
async fn without_a_web_a_plan_with_queries_is_carried_out_all_the_same() {
    let world = World::new().without_web().without_memory();
    world.says([plan(&["acme widget port"]), code("print(0)")]);
    let ended = world.run("Write a client").await;
    assert_eq!(ended.research(), [json!(null); 0]);
    assert_eq!(world.read("client.py"), "print(0)\n");
}

#[tokio::test]
async fn a_task_that_is_taken_up_again_reads_nothing_twice_and_tells_nothing_twice() {
    let world = world();
    // The coder's turn fails: the script is at its end.
    world.says([plan(&["acme widget port"])]);
    let failed = world.run("Write a client for the acme widget").await;
    assert_eq!(world.web.reads().len(), 2);
    world.says([code("print(7341)")]);
    let ended = world.resume(failed.task).await;
    assert_eq!(world.web.reads().len(), 2);
    assert_eq!(ended.research().len(), 4, "{:?}", ended.research());
    assert!(world.commit().contains("Sources:\n- https://acme.example/widget"));
}

#[tokio::test]
async fn a_replay_needs_neither_the_web_nor_the_memory() {
    let world = world();
    world.says([plan(&["acme widget port"])]);
    let failed = world.run("Write a client for the acme widget").await;
    world.says([code("print(7341)")]);
    let ended = world.resume(failed.task).await;
    let trajectory = world.trajectory(ended.task).await;
    let mut settings = World::new().without_web().without_memory().settings();
    settings.knowledge = None;
    let replay = trajectory.replay(&settings).await.unwrap();
    assert_eq!(replay, devika_agent::Replay::Same { turns: 2, commands: 1 });
}
