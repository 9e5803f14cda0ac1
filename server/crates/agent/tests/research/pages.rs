//! Pages that the user names: read for an answer, and for code.

use serde_json::json;

use crate::doubles::lock;
use crate::world::{World, code, decision, plan};

const PAGE: &str = "https://acme.example/widget";

fn world() -> World {
    let world = World::new();
    world.web.page(
        PAGE,
        "Acme widget",
        "# Acme widget\n\nIt hums.\n\n## Ports\n\nIt listens on 7341.",
    );
    world
}

#[tokio::test]
async fn a_question_about_a_page_is_answered_from_it_with_its_address() {
    let world = world();
    world.says([decision(json!({ "kind": "page" })), "It listens on **7341**.".to_owned()]);
    let ended = world.run(&format!("Read {PAGE} and tell me the port")).await;
    assert_eq!(ended.summary(), format!("It listens on **7341**.\n\nSources:\n- <{PAGE}>"));
    assert!(world.requests()[1].contains("It hums."), "the whole page is shown");
    assert_eq!(lock(&world.memory.passages).iter().filter(|it| it.source == PAGE).count(), 2);
}

#[tokio::test]
async fn the_kind_is_offered_only_where_the_user_names_an_address() {
    let world = world();
    world.says([plan(&[]), code("print(1)"), plan(&[]), code("print(2)")]);
    world.run("Write a client").await;
    assert!(!world.requests()[0].contains("\"page\""));
    world.run(&format!("Look at {PAGE} and write a client")).await;
    assert!(world.requests()[0].contains("\"page\" to read the web page"));
}

#[tokio::test]
async fn a_page_that_cannot_be_read_ends_the_task_with_the_reason() {
    let world = world();
    world.says([decision(json!({ "kind": "page" }))]);
    let ended = world.run("Read https://gone.example/ and tell me").await;
    assert_eq!(
        (ended.summary(), ended.warnings()),
        (
            "The page was not read: the notes above say why. Nothing was changed.",
            vec!["https://gone.example/ cannot be read: the connection was closed."]
        )
    );
}

#[tokio::test]
async fn where_the_web_is_off_the_task_says_how_to_turn_it_on() {
    let world = world().without_web();
    world.says([decision(json!({ "kind": "page" }))]);
    let ended = world.run(&format!("Read {PAGE} and tell me")).await;
    assert_eq!(
        ended.warnings(),
        [format!("{PAGE} is not read: reading the web is off (`research.on`).")]
    );
}

#[tokio::test]
async fn a_page_that_the_user_says_to_look_at_is_read_for_code() {
    let world = world();
    world.says([plan(&[]), code("print(7341)")]);
    world.run(&format!("See {PAGE} and write a client")).await;
    assert_eq!(world.web.reads(), [PAGE]);
    assert!(world.requests()[1].contains("It listens on 7341."));
    assert!(world.commit().contains(&format!("Sources:\n- {PAGE}")));
}

#[tokio::test]
async fn an_address_that_is_only_to_be_written_down_is_not_read() {
    let world = world();
    world.says([plan(&[]), code("print(1)")]);
    world.run(&format!("Add a link to {PAGE} to the footer")).await;
    assert_eq!(*lock(&world.web.asked), [""; 0]);
}

#[tokio::test]
async fn a_question_that_the_planner_wants_looked_up_is_answered_with_sources() {
    let world = world();
    world.says([
        decision(json!({ "kind": "answer", "queries": ["acme widget ports"] })),
        "7341.".to_owned(),
    ]);
    let ended = world.run("On which port does the acme widget listen?").await;
    assert_eq!(ended.summary(), format!("7341.\n\nSources:\n- <{PAGE}>"));
}
