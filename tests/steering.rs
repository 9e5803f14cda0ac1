//! The user speaks while a task runs: more words for it, or a pause.

use scripted_model::{Gate, Reply};
use serde_json::{Value, json};

use crate::session::{Client, Session};
use crate::world::{World, code, decision, plan};

const HELLO: &str = "print('Hello')\n";

async fn start(editor: &mut Session, prompt: &str) {
    editor.execute("devika.task.start", json!({ "prompt": prompt })).await.unwrap();
}

/// What the last message of a request says.
fn last_of(world: &World, request: usize) -> String {
    world.model.requests()[request].messages.last().unwrap().text.clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_user_adds_while_the_planner_thinks_reaches_the_coder() {
    let gate = Gate::default();
    let world = World::new(vec![
        plan("Write hello.py", &["hello.py"], &[]).chunks(5).gate(1, &gate),
        code("Add hello", &[("hello.py", HELLO)]),
    ])
    .await;
    let mut editor = Session::start(&world, Client::Extension).await;
    start(&mut editor, "Write hello").await;
    gate.reached().await;
    editor.execute("devika.task.steer", json!({ "text": "In German, please" })).await.unwrap();
    assert_eq!(editor.event("steered").await["text"], "In German, please");
    gate.release();
    editor.event("completed").await;
    assert!(!last_of(&world, 0).contains("The user adds"));
    assert!(last_of(&world, 1).ends_with("The user adds: In German, please"));
    assert_eq!(world.model.requests().len(), 2, "it costs no turn of its own");
    world.model.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_after_the_last_turn_becomes_a_further_step() {
    let gate = Gate::default();
    let world = World::new(vec![
        plan("Write hello.py", &["hello.py"], &[]),
        code("Add hello", &[("hello.py", HELLO)]).chunks(5).gate(1, &gate),
        code("Greet in German", &[("hello.py", "print('Hallo')\n")]).when("Do step 2 of 2"),
    ])
    .await;
    let mut editor = Session::start(&world, Client::Extension).await;
    start(&mut editor, "Write hello").await;
    gate.reached().await;
    let words = json!({ "task": 1, "text": "In German, please" });
    editor.execute("devika.task.steer", words).await.unwrap();
    gate.release();
    editor.event("completed").await;
    assert_eq!(world.read("hello.py"), "print('Hallo')\n");
    assert_eq!(world.log().len(), 2, "each step is a commit");
    world.model.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_too_late_for_an_answer_is_told_and_kept_for_the_next_task() {
    let gate = Gate::default();
    let world = World::new(vec![
        decision(json!({ "kind": "answer" })),
        Reply::text("It is empty.").chunks(2).gate(1, &gate),
        decision(json!({ "kind": "answer" })).when("> And be brief"),
        Reply::text("Yes."),
    ])
    .await;
    let mut editor = Session::start(&world, Client::Extension).await;
    start(&mut editor, "What is here?").await;
    gate.reached().await;
    editor.execute("devika.task.steer", json!({ "text": "And be brief" })).await.unwrap();
    gate.release();
    let warning = editor.event("warning").await;
    assert!(warning["text"].as_str().unwrap().contains("“And be brief” came too late"));
    editor.event("completed").await;
    start(&mut editor, "Really?").await;
    editor.event("completed").await;
    world.model.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paused_task_stops_after_what_it_does_and_goes_on_without_paying_twice() {
    let gate = Gate::default();
    let world = World::new(vec![
        plan("Write hello.py", &["hello.py"], &[]).chunks(5).gate(1, &gate),
        code("Add hello", &[("hello.py", HELLO)]).when("The user adds: With a comma"),
    ])
    .await;
    let mut editor = Session::start(&world, Client::Extension).await;
    start(&mut editor, "Write hello").await;
    gate.reached().await;
    editor.execute("devika.task.pause", json!({})).await.unwrap();
    gate.release();
    let paused = editor.event("paused").await;
    assert_eq!(paused["reason"], "user");
    assert!(!world.has("hello.py"));
    let words = json!({ "task": 1, "text": "With a comma" });
    editor.execute("devika.task.steer", words).await.unwrap();
    editor.execute("devika.task.resume", json!({ "task": 1 })).await.unwrap();
    editor.event("completed").await;
    assert_eq!(world.read("hello.py"), HELLO);
    assert_eq!(world.model.requests().len(), 2, "the plan is paid for once");
    world.model.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_that_waits_for_the_user_or_for_its_place_pauses_at_once() {
    let world = World::new(vec![
        plan("Write hello.py", &["hello.py"], &["python3 hello.py"]),
        code("Add hello", &[("hello.py", HELLO)]),
    ])
    .await;
    let mut editor = Session::start(&world, Client::Extension).await;
    start(&mut editor, "Write hello").await;
    editor.event("asked").await;
    start(&mut editor, "Write more").await;
    editor.execute("devika.task.pause", json!({ "task": 2 })).await.unwrap();
    assert_eq!(editor.event("paused").await["task"], 2);
    editor.execute("devika.task.pause", json!({ "task": 1 })).await.unwrap();
    assert_eq!(editor.event("paused").await["task"], 1);
    let told = editor.execute("devika.task.pause", json!({ "task": 1 })).await.unwrap_err();
    assert_eq!(told["message"], "task 1 is paused; only one that runs can be paused");
}

#[tokio::test(flavor = "multi_thread")]
async fn words_from_another_terminal_reach_a_task_that_runs_here() {
    let gate = Gate::default();
    let world = World::new(vec![
        plan("Write hello.py", &["hello.py"], &[]).chunks(5).gate(1, &gate),
        code("Add hello", &[("hello.py", HELLO)]).when("The user adds: In German"),
    ])
    .await;
    let child = world.devika(&["run", "--yes", "Write hello"]).spawn().unwrap();
    gate.reached().await;
    let steered = world.run(&["tasks", "steer", "1", "In", "German"]);
    assert_eq!(steered.code, Some(0), "{steered:?}");
    gate.release();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    let late = world.run(&["tasks", "steer", "1", "More"]);
    assert_eq!(late.code, Some(2), "{late:?}");
    assert!(late.err.contains("task 1 is completed; start a new one"), "{late:?}");
    world.model.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_that_is_killed_and_resumed_still_knows_what_the_user_added() {
    let gate = Gate::default();
    let world = World::new(vec![
        plan("Write hello.py", &["hello.py"], &[]),
        code("Add hello", &[("hello.py", HELLO)])
            .when("The user adds: In German")
            .chunks(5)
            .gate(1, &gate),
        code("Add hello", &[("hello.py", HELLO)]).when("The user adds: In German"),
    ])
    .await;
    let planning = world.run(&["run", "--trust", "--mode", "plan", "Write hello"]);
    assert_eq!(planning.code, Some(3), "{planning:?}");
    assert_eq!(world.run(&["tasks", "steer", "1", "In German"]).code, Some(0));
    let mut child = world.devika(&["tasks", "resume", "1", "--yes"]).spawn().unwrap();
    gate.reached().await;
    child.kill().unwrap();
    child.wait().unwrap();
    let resumed = world.run(&["tasks", "resume", "1", "--yes", "--json"]);
    assert_eq!(resumed.code, Some(0), "{resumed:?}");
    let told: Vec<Value> =
        resumed.events().into_iter().filter(|event| event["event"] == "steered").collect();
    assert_eq!(told, Vec::<Value>::new(), "it is told once, when it is said");
    assert_eq!(world.read("hello.py"), HELLO);
}
