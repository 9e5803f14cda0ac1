//! Review: the user sees a step's edits before they are applied, and refuses files of them, or hunks.

use scripted_model::Reply;
use serde_json::{Value, json};

use crate::buffers::uri;
use crate::session::{Client, Session};
use crate::world::{World, code, plan};

/// A file of twenty lines, with these first and last ones.
fn lines(first: &str, last: &str) -> String {
    let middle: String = (2..20).map(|number| format!("line {number}\n")).collect();
    format!("{first}\n{middle}{last}\n")
}

/// A model that changes both ends of a file and adds another; whatever comes after that is `more`.
async fn world(check: &str, more: Vec<Reply>) -> World {
    let proposed = [("a.txt", &*lines("FIRST", "LAST")), ("b.txt", "b\n")];
    let first = [plan("Shout", &["a.txt", "b.txt"], &[check]), code("Shout", &proposed)];
    let world = World::new([first.to_vec(), more].concat()).await;
    let config = std::fs::read_to_string(world.home().join("config.toml")).unwrap();
    let review = "[tasks]\nmode = \"review\"\n[commands]\napprove = \"always\"\n";
    world.configure(&format!("{config}{review}"));
    world.file("a.txt", &lines("first", "last")).committed();
    world
}

async fn start(world: &World) -> (Session, Value) {
    let mut editor = Session::start(world, Client::Extension).await;
    editor.execute("devika.task.start", json!({ "prompt": "Shout" })).await.unwrap();
    let asked = edits(&mut editor).await;
    (editor, asked)
}

/// The next ask about edits.
async fn edits(editor: &mut Session) -> Value {
    let message = editor.until(|m| m["params"]["kind"] == "edits").await;
    message["params"].clone()
}

/// Allows edits but for these parts of them.
async fn allow_but(editor: &mut Session, asked: &Value, refused: Value) -> Result<Value, Value> {
    let args = json!({
        "task": asked["task"], "ask": asked["ask"], "allow": true, "refused": refused,
    });
    editor.execute("devika.task.approve", args).await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_allowed_is_applied_and_committed_without_the_hunks_and_files_that_are_refused() {
    let world = world("grep -q FIRST a.txt", Vec::new()).await;
    let (mut editor, asked) = start(&world).await;
    assert_eq!(asked["text"].as_str().unwrap().matches("\n@@ ").count(), 3);
    let refused = json!([{ "path": "a.txt", "hunks": [2] }, { "path": "b.txt" }]);
    allow_but(&mut editor, &asked, refused.clone()).await.unwrap();
    let answered = editor.event("answered").await;
    assert_eq!((&answered["answer"], &answered["refused"]), (&json!("partly"), &refused));
    let completed = editor.event("completed").await;
    assert_eq!(world.read("a.txt"), lines("FIRST", "last"));
    assert!(!world.has("b.txt"));
    assert_eq!(world.log()[0].1, ["a.txt"]);
    let summary = completed["summary"].as_str().unwrap();
    assert!(summary.contains("- You refused change 2 of `a.txt`; it is not made."), "{summary}");
    assert!(
        summary.contains("- You refused the changes of `b.txt`; they are not made."),
        "{summary}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_is_told_to_the_model_that_repairs_the_step() {
    let told = "The user refused these changes; do not make them:\n```\n--- a/a.txt\n+++ b/a.txt";
    let repair = code("Shout", &[("b.txt", "B\n")]).when(told);
    let world = world("grep -q B b.txt", vec![repair]).await;
    let (mut editor, asked) = start(&world).await;
    allow_but(&mut editor, &asked, json!([{ "path": "a.txt", "hunks": [2] }])).await.unwrap();
    let asked = edits(&mut editor).await;
    allow_but(&mut editor, &asked, json!([])).await.unwrap();
    editor.event("completed").await;
    assert_eq!(world.read("a.txt"), lines("FIRST", "last"));
    world.model.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_while_the_task_is_away_holds_when_it_is_resumed_and_is_not_asked_again() {
    let world = world("true", Vec::new()).await;
    let (editor, asked) = start(&world).await;
    editor.exit().await;
    let mut editor = Session::start(&world, Client::Extension).await;
    allow_but(&mut editor, &asked, json!([{ "path": "a.txt", "hunks": [1] }])).await.unwrap();
    editor.execute("devika.task.resume", json!({ "task": asked["task"] })).await.unwrap();
    let next = editor
        .until(|m| m["params"]["event"] == "completed" || m["params"]["event"] == "asked")
        .await;
    assert_eq!(next["params"]["event"], "completed", "{next}");
    assert_eq!(world.read("a.txt"), lines("first", "LAST"));
    assert_eq!(world.read("b.txt"), "b\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_part_that_there_is_not_is_not_refused_in_silence() {
    let world = world("true", Vec::new()).await;
    let (mut editor, asked) = start(&world).await;
    let wrong = json!([{ "path": "a.txt", "hunks": [3] }]);
    let error = allow_but(&mut editor, &asked, wrong).await.unwrap_err();
    let words = error["message"].as_str().unwrap();
    assert!(words.contains("there is no hunk 3 of `a.txt`; it has 2"), "{words}");
    allow_but(&mut editor, &asked, json!([])).await.unwrap();
    editor.event("completed").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn any_client_allows_one_file_alone_by_code_action() {
    let world = world("true", Vec::new()).await;
    let (mut editor, _) = start(&world).await;
    let at = json!({ "line": 0, "character": 0 });
    let params = json!({
        "textDocument": { "uri": uri(&world.root().join("a.txt")) },
        "range": { "start": at, "end": at },
        "context": { "diagnostics": [] }
    });
    let offers = editor.request("textDocument/codeAction", params).await.unwrap();
    let offers = offers.as_array().unwrap();
    let of_files = offers.iter().filter(|offer| offer["title"].as_str().unwrap().contains(", of "));
    let titles: Vec<&str> = of_files.map(|offer| offer["title"].as_str().unwrap()).collect();
    assert_eq!(
        titles,
        [
            "Devika: allow only, of the edits of task 1: a.txt",
            "Devika: allow all but, of the edits of task 1: a.txt",
            "Devika: allow only, of the edits of task 1: b.txt",
            "Devika: allow all but, of the edits of task 1: b.txt",
        ]
    );
    let alone = offers.iter().find(|offer| offer["title"] == titles[2]).unwrap();
    let params = json!({ "command": alone["command"], "arguments": alone["arguments"] });
    editor.request("workspace/executeCommand", params).await.unwrap();
    editor.event("completed").await;
    assert_eq!((world.read("a.txt"), world.read("b.txt")), (lines("first", "last"), "b\n".into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn refusing_every_part_is_the_same_as_a_no() {
    let world = world("true", Vec::new()).await;
    let (mut editor, asked) = start(&world).await;
    let all = json!([{ "path": "a.txt", "hunks": [1, 2] }, { "path": "b.txt" }]);
    allow_but(&mut editor, &asked, all).await.unwrap();
    editor.until(|m| ["failed", "cancelled"].iter().any(|end| m["params"]["event"] == *end)).await;
    assert_eq!(world.read("a.txt"), lines("first", "last"));
    assert_eq!(world.log().len(), 1);
}
