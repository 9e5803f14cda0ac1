//! The floor: what works in a client that has no extension, and can do next to nothing.

use scripted_model::Reply;
use serde_json::{Value, json};

use crate::buffers::uri;
use crate::session::{Client, Session};
use crate::world::{World, code, decision, plan};

const BEFORE: &str = "# devika: greet louder\nprint('hello')\n";
const AFTER: &str = "print('HELLO')\n";

/// A project with a comment to Devika, and a model that does what it says.
async fn world() -> World {
    let world = World::new(vec![
        plan("Greet louder", &["a.py"], &["python3 a.py"]).when("greet louder"),
        code("Greet louder", &[("a.py", AFTER)]),
    ])
    .await;
    world.file("a.py", BEFORE).committed();
    world
}

/// What is offered on a line of a file.
async fn offers(editor: &mut Session, world: &World, path: &str, line: u32) -> Vec<Value> {
    let at = json!({ "line": line, "character": 0 });
    let params = json!({
        "textDocument": { "uri": uri(&world.root().join(path)) },
        "range": { "start": at, "end": at },
        "context": { "diagnostics": [] }
    });
    let offers = editor.request("textDocument/codeAction", params).await.unwrap();
    offers.as_array().unwrap().clone()
}

/// Chooses the offer whose title holds a text.
async fn choose(editor: &mut Session, world: &World, line: u32, title: &str) {
    let offers = offers(editor, world, "a.py", line).await;
    let offer = offers.iter().find(|offer| offer["title"].as_str().unwrap().contains(title));
    let offer = offer.unwrap_or_else(|| panic!("{title} is not among {offers:#?}"));
    let params = json!({ "command": offer["command"], "arguments": offer["arguments"] });
    editor.request("workspace/executeCommand", params).await.unwrap();
}

/// The next message to the user that holds a text.
async fn told(editor: &mut Session, text: &str) -> String {
    let message = editor
        .until(|message| {
            let words = message["params"]["message"].as_str();
            message["method"] == "window/showMessage" && words.is_some_and(|it| it.contains(text))
        })
        .await;
    message["params"]["message"].as_str().unwrap().to_owned()
}

/// The file that the end of a message names.
fn named(message: &str) -> String {
    std::fs::read_to_string(message.rsplit(' ').next().unwrap()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_can_do_nothing_starts_allows_reads_and_undoes_by_code_action() {
    let world = world().await;
    let mut editor = Session::start(&world, Client::Nothing).await;
    editor.open("a.py").await;
    choose(&mut editor, &world, 0, "“greet louder”").await;
    told(&mut editor, "python3 a.py").await;
    choose(&mut editor, &world, 0, "allow a command of task 1").await;
    let end = told(&mut editor, "task 1 is completed").await;
    assert_eq!(world.read("a.py"), AFTER, "the file, since nobody may change the buffer");
    let page = named(&end);
    assert!(page.contains("1. [x] Greet louder (a.py)"), "{page}");
    assert!(page.contains("   - `a.py` (+1 -2)\n"), "{page}");
    let log = editor.until(|message| {
        message["method"] == "window/logMessage" && message.to_string().contains("commit")
    });
    assert!(log.await.to_string().contains("greet louder"));

    editor.reload("a.py").await;
    choose(&mut editor, &world, 0, "undo task 1").await;
    told(&mut editor, "all steps undone: a.py").await;
    assert_eq!(world.read("a.py"), BEFORE);
    world.model.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_that_is_done_is_accepted_discarded_or_read_by_code_action() {
    let world = world().await;
    let mut editor = Session::start(&world, Client::Nothing).await;
    editor.open("a.py").await;
    choose(&mut editor, &world, 0, "“greet louder”").await;
    told(&mut editor, "python3 a.py").await;
    choose(&mut editor, &world, 0, "allow a command").await;
    told(&mut editor, "task 1 is completed").await;
    let offers = offers(&mut editor, &world, "a.py", 0).await;
    let of_task = |offer: &&Value| offer["title"].as_str().unwrap().contains("task 1");
    let words = |offer: &Value| {
        let title = offer["title"].as_str().unwrap();
        title.split(' ').nth(1).unwrap().to_owned()
    };
    let found: Vec<String> = offers.iter().filter(of_task).map(words).collect();
    assert_eq!(found, ["undo", "accept", "discard", "read"]);
    choose(&mut editor, &world, 0, "read task 1").await;
    let page = named(&told(&mut editor, "task 1 is told in").await);
    assert!(page.starts_with("# Task 1: completed\n\n> greet louder\n"), "{page}");
    choose(&mut editor, &world, 0, "accept task 1").await;
    told(&mut editor, "task 1 is accepted; its work is on `main`").await;
    assert_eq!(world.branch(), "main");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_is_answered_by_a_comment() {
    let world = World::new(vec![
        decision(json!({ "kind": "ask", "question": "Which word?" })),
        plan("Greet", &["a.py"], &[]).when("The user answers: salut"),
        code("Greet", &[("a.py", AFTER)]),
    ])
    .await;
    world.file("a.py", "# devika: salut\nprint('hello')\n").committed();
    let mut editor = Session::start(&world, Client::Nothing).await;
    editor.execute("devika.task.start", json!({ "prompt": "Greet" })).await.unwrap();
    told(&mut editor, "Which word?").await;
    editor.open("a.py").await;
    choose(&mut editor, &world, 0, "answer task 1, “Which word?” with “salut”").await;
    told(&mut editor, "task 1 is completed").await;
    world.model.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_to_be_asked_first_is_asked_before_anything_is_planned() {
    let world = World::new(vec![
        plan("Rename", &["a.py"], &[]).when("You asked: How?\nThe user answers: by names"),
        code("Rename", &[("a.py", AFTER)]),
    ])
    .await;
    world.file("a.py", "print('hello')\n").committed();
    let mut editor = Session::start(&world, Client::Bare).await;
    let prompt = "Refactor line 1 of `a.py`.\n\nAsk me: How?";
    editor.execute("devika.task.start", json!({ "prompt": prompt })).await.unwrap();
    told(&mut editor, "How?").await;
    assert!(world.model.requests().is_empty(), "nothing is paid for before the answer");
    let answer = json!({ "task": 1, "answer": "by names" });
    editor.execute("devika.task.reply", answer).await.unwrap();
    told(&mut editor, "task 1 is completed").await;
    world.model.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_to_be_allowed_is_shown_as_a_file() {
    let world = World::new(vec![plan("Greet louder", &["a.py"], &[])]).await;
    world.file("a.py", "print('hello')\n").committed();
    let mut editor = Session::start(&world, Client::Plain).await;
    let start = json!({ "prompt": "Greet", "mode": "plan" });
    editor.execute("devika.task.start", start).await.unwrap();
    let shown = editor.message("window/showDocument").await;
    let file = shown["uri"].as_str().unwrap().strip_prefix("file://").unwrap().to_owned();
    let page = std::fs::read_to_string(file).unwrap();
    assert!(page.contains("1. [ ] Greet louder (a.py)"), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_explanation_changes_nothing_whatever_the_model_likes() {
    let world = World::new(vec![
        decision(json!({ "kind": "answer" })),
        Reply::text("It greets.").when("Explain line 1"),
    ])
    .await;
    world.file("a.py", "print('hello')\n").committed();
    let mut editor = Session::start(&world, Client::Nothing).await;
    editor.open("a.py").await;
    choose(&mut editor, &world, 0, "explain this").await;
    told(&mut editor, "It greets.").await;
    let kinds = world.model.requests()[0].body["response_format"].to_string();
    assert!(kinds.contains("answer") && !kinds.contains("\"code\""), "{kinds}");
    world.model.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn hovering_tells_who_wrote_a_line_until_it_is_changed() {
    let world = World::new(vec![
        plan("Greet louder", &["a.py"], &[]),
        code("Greet louder", &[("a.py", "print('HELLO')\nprint('bye')\n")]),
    ])
    .await;
    world.file("a.py", "print('hello')\nprint('bye')\n").committed();
    let mut editor = Session::start(&world, Client::Plain).await;
    editor.open("a.py").await;
    let document = uri(&world.root().join("a.py"));
    let at = |line: u32| {
        let position = json!({ "line": line, "character": 1 });
        json!({ "textDocument": { "uri": document }, "position": position })
    };
    assert_eq!(editor.request("textDocument/hover", at(0)).await.unwrap(), Value::Null);
    editor.execute("devika.task.start", json!({ "prompt": "Greet" })).await.unwrap();
    editor.message("workspace/applyEdit").await;
    editor.save("a.py").await;
    told(&mut editor, "task 1 is completed").await;
    let hover = editor.request("textDocument/hover", at(0)).await.unwrap();
    assert_eq!(
        hover["contents"],
        json!({
            "kind": "plaintext",
            "value": "Devika, task 1 “Greet”\nstep 1/1: Greet louder\nby scripted/model\n“This is simple.”"
        })
    );
    assert_eq!(editor.request("textDocument/hover", at(1)).await.unwrap(), Value::Null);
    editor.type_at_start("a.py", "# mine\n").await;
    assert_eq!(editor.request("textDocument/hover", at(0)).await.unwrap(), Value::Null);
    assert_ne!(editor.request("textDocument/hover", at(1)).await.unwrap(), Value::Null);
}
