//! The editor's other language servers are the compiler: what they say counts as a check.

use scripted_model::Reply;
use serde_json::json;

use crate::session::{Client, Session};
use crate::world::{World, code, plan, plan_of};

pub async fn run(world: &World, prompt: &str) -> Vec<String> {
    let mut editor = Session::start(world, Client::Programming).await;
    editor.open("old.txt").await;
    editor.execute("devika.task.start", json!({ "prompt": prompt })).await.unwrap();
    let mut complaints = Vec::new();
    loop {
        let event = editor.until(|m| m["method"] == "devika/event").await["params"].clone();
        match event["event"].as_str().unwrap() {
            "complaint" => complaints.push(event["text"].as_str().unwrap().to_owned()),
            "completed" => return complaints,
            "failed" | "cancelled" | "paused" => panic!("{event}"),
            _ => {}
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_that_the_step_brought_goes_to_the_patcher_and_old_ones_do_not() {
    let world = World::new(vec![
        plan("Write a.txt", &["a.txt"], &[]),
        code("Add a", &[("a.txt", "fine\nnew wrong\n")]),
        code("Mend a", &[("a.txt", "fine\nnew\n")])
            .when("Command: Checker\nIt reports errors that were not there before. Output:\n```\na.txt:2: error: new wrong is wrong\n```"),
    ])
    .await;
    world.file("old.txt", "old wrong\n").committed();
    let complaints = run(&world, "Write a.txt").await;
    assert_eq!(
        complaints,
        [
            "Checker reports errors that were not there before:\na.txt:2: error: new wrong is wrong\n"
        ]
    );
    assert_eq!(world.read("a.txt"), "fine\nnew\n");
    world.model.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn errors_that_were_there_before_stop_nothing() {
    let world = World::new(vec![
        plan("Write a.txt", &["a.txt"], &[]),
        code("Add a", &[("a.txt", "fine\n")]),
    ])
    .await;
    world.file("old.txt", "old wrong\n").committed();
    assert_eq!(run(&world, "Write a.txt").await, [""; 0]);
    world.model.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn files_that_define_or_use_what_the_user_names_are_shown_to_the_coder() {
    let world = World::new(vec![
        plan("Rename it", &["lib/greet.py"], &[]),
        code("Rename", &[("lib/greet.py", "def welcome_all(): pass\n")])
            .when("File: `main.py`\n```\nfrom lib.greet import greet_all"),
        Reply::text("unused").when("never"),
    ])
    .await;
    world
        .file("lib/greet.py", "def greet_all(): pass\n")
        .file("main.py", "from lib.greet import greet_all\n")
        .file("old.txt", "x\n")
        .committed();
    assert_eq!(run(&world, "Rename greet_all to welcome_all").await, [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_never_answers_is_asked_once() {
    let world = World::new(vec![
        plan_of(&[("Write a", &["a.txt", "b.txt"]), ("Write c", &["c.txt", "d.txt"])], &[]),
        code("Add a and b", &[("a.txt", "1\n"), ("b.txt", "2\n")]),
        code("Add c and d", &[("c.txt", "3\n"), ("d.txt", "4\n")]),
    ])
    .await;
    world.committed();
    let mut editor = Session::start(&world, Client::Unhelpful).await;
    editor.execute("devika.task.start", json!({ "prompt": "Write a to d" })).await.unwrap();
    let mut asked = Vec::new();
    loop {
        let message = editor.until(|m| m["method"].is_string()).await;
        match message["method"].as_str().unwrap() {
            "devika/event" if message["params"]["event"] == "completed" => break,
            method @ ("devika/diagnostics" | "devika/symbols") => asked.push(method.to_owned()),
            _ => {}
        }
    }
    assert_eq!(asked, ["devika/diagnostics"]);
    world.model.finish();
}
