//! Several editors and terminals on one workspace.

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use scripted_model::Gate;
use serde_json::{Value, json};

use crate::session::{Client, Session};
use crate::world::{World, code, plan};

/// A world whose first task is held within its plan.
async fn two_tasks(gate: &Gate) -> World {
    World::new(vec![
        plan("Write a.txt", &["a.txt"], &[]).when("first task").chunks(5).gate(1, gate),
        code("Add a", &[("a.txt", "a\n")]).when("first task"),
        plan("Write b.txt", &["b.txt"], &[]).when("second task"),
        code("Add b", &[("b.txt", "b\n")]).when("second task"),
    ])
    .await
}

fn is_event(message: &Value, task: i64, name: &str) -> bool {
    let told = &message["params"];
    message["method"] == "devika/event" && told["event"] == name && told["task"] == task
}

#[tokio::test(flavor = "multi_thread")]
async fn every_editor_sees_what_is_done_in_the_others_while_it_is_done() {
    let gate = Gate::default();
    let world = two_tasks(&gate).await;
    let mut first = Session::start(&world, Client::Extension).await;
    let mut second = Session::start(&world, Client::Plain).await;
    let mut third = Session::start(&world, Client::Extension).await;
    third.execute("devika.task.list", json!({})).await.unwrap();
    first.execute("devika.task.start", json!({ "prompt": "The first task" })).await.unwrap();
    gate.reached().await;
    third.until(|message| is_event(message, 1, "turn_started")).await;
    second.execute("devika.task.start", json!({ "prompt": "The second task" })).await.unwrap();
    let warning = third.until(|message| is_event(message, 2, "warning")).await;
    assert_eq!(
        warning["params"]["text"],
        "Task 1 in Extension editor runs on this folder; waiting until it is done."
    );
    gate.release();
    for watching in [&mut first, &mut third] {
        for task in [1, 2] {
            watching.until(|message| is_event(message, task, "completed")).await;
        }
    }
    assert_eq!((world.read("a.txt"), world.read("b.txt")), ("a\n".to_owned(), "b\n".to_owned()));
    world.model.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_whose_editor_died_is_taken_over_by_the_one_who_waits() {
    let gate = Gate::default();
    let world = two_tasks(&gate).await;
    let mut first = Session::start(&world, Client::Extension).await;
    first.execute("devika.task.start", json!({ "prompt": "The first task" })).await.unwrap();
    gate.reached().await;
    let mut second = Session::start(&world, Client::Extension).await;
    second.execute("devika.task.start", json!({ "prompt": "The second task" })).await.unwrap();
    second.until(|message| is_event(message, 2, "warning")).await;
    kill(Pid::from_raw(first.pid()), Signal::SIGKILL).unwrap();
    second.until(|message| is_event(message, 2, "completed")).await;
    assert_eq!((world.has("a.txt"), world.read("b.txt")), (false, "b\n".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_done_in_another_folder_is_not_shown() {
    let world =
        World::new(vec![plan("Write a.txt", &["a.txt"], &[]), code("Add a", &[("a.txt", "a\n")])])
            .await;
    let other = world.home().join("elsewhere");
    std::fs::create_dir(&other).unwrap();
    let mut editor = Session::start(&world, Client::Extension).await;
    editor.execute("devika.task.list", json!({})).await.unwrap();
    let ran = world.run(&["run", "-C", other.to_str().unwrap(), "--yes", "Write a"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    world.model.push(plan("Write b.txt", &["b.txt"], &[]));
    world.model.push(code("Add b", &[("b.txt", "b\n")]));
    assert_eq!(world.run(&["run", "--yes", "Write b"]).code, Some(0));
    // In their order: had the first been shown, it had come before.
    let first = editor.until(|message| message["method"] == "devika/event").await;
    assert_eq!(first["params"]["task"], 2, "{first}");
}
