//! A task from an editor: through executeCommand, as workspace edits, saved and committed.

use scripted_model::{Gate, Reply};
use serde_json::{Value, json};

use crate::session::{Client, Session};
use crate::world::{World, code, decision, plan};

fn hello() -> Vec<Reply> {
    vec![
        plan("Write hello.py", &["hello.py"], &["python3 hello.py"]),
        code("Add hello", &[("hello.py", "print('Hello')\n")]),
    ]
}

fn change_a() -> Vec<Reply> {
    vec![plan("Change a.txt", &["a.txt"], &[]), code("Change a", &[("a.txt", "one\nTWO\nthree\n")])]
}

#[tokio::test(flavor = "multi_thread")]
async fn with_the_extension_a_sentence_becomes_saved_and_committed_edits() {
    let world = World::new(hello()).await;
    let mut editor = Session::start(&world, Client::Extension).await;
    let reply =
        editor.execute("devika.task.start", json!({ "prompt": "Write hello" })).await.unwrap();
    assert_eq!(reply, json!({ "task": 1 }));
    let plan = editor.event("planned").await;
    assert_eq!(plan["plan"]["steps"][0]["text"], "Write hello.py");
    let asked = editor.event("asked").await;
    assert_eq!(asked["kind"], "command");
    assert!(asked["text"].as_str().unwrap().contains("python3 hello.py"), "{asked}");
    let approval = json!({ "task": 1, "ask": asked["ask"], "allow": true });
    editor.execute("devika.task.approve", approval).await.unwrap();
    let finished = editor.event("command_finished").await;
    assert_eq!(
        (&finished["exit"], &finished["output"]),
        (&json!({ "code": 0 }), &json!("Hello\n"))
    );
    editor.event("committed").await;
    editor.event("completed").await;
    assert_eq!(editor.text("hello.py"), "print('Hello')\n", "the edit went through the editor");
    assert_eq!(world.read("hello.py"), "print('Hello')\n");
    assert_eq!(world.log().len(), 1);
    assert!(editor.exit().await.success());
    world.model.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn without_any_extension_a_task_is_started_watched_and_approved() {
    let world = World::new(hello()).await;
    let mut editor = Session::start(&world, Client::Plain).await;
    editor.choose = Some("Allow");
    editor.execute("devika.task.start", json!({ "prompt": "Write hello" })).await.unwrap();
    editor.message("window/workDoneProgress/create").await;
    let begin = editor.message("$/progress").await;
    assert_eq!(begin["value"]["kind"], "begin");
    assert_eq!(begin["value"]["cancellable"], true);
    let end = editor.until(|message| message["params"]["value"]["kind"] == "end").await;
    assert_eq!(end["params"]["token"], begin["token"]);
    assert_eq!(world.read("hello.py"), "print('Hello')\n");
    assert_eq!(world.log().len(), 1);
    world.model.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bare_client_approves_by_code_action() {
    let world = World::new(hello()).await;
    let mut editor = Session::start(&world, Client::Bare).await;
    editor.execute("devika.task.start", json!({ "prompt": "Write hello" })).await.unwrap();
    let told = editor
        .until(|m| {
            m["method"] == "window/showMessage" && m.to_string().contains("python3 hello.py")
        })
        .await;
    assert!(told.to_string().contains("devika.task.approve"), "{told}");
    let range =
        json!({ "start": { "line": 0, "character": 0 }, "end": { "line": 0, "character": 0 } });
    let uri = crate::buffers::uri(&world.root().join("any.txt"));
    let actions = editor
        .request("textDocument/codeAction", json!({ "textDocument": { "uri": uri }, "range": range, "context": { "diagnostics": [] } }))
        .await
        .unwrap();
    let titles: Vec<&str> =
        actions.as_array().unwrap().iter().map(|a| a["title"].as_str().unwrap()).collect();
    assert!(
        titles.iter().any(|title| title.contains("cancel") || title.contains("Cancel")),
        "{titles:?}"
    );
    let allow = actions
        .as_array()
        .unwrap()
        .iter()
        .find(|a| a["title"].as_str().unwrap().contains("llow"))
        .unwrap();
    let command = if allow["command"].is_object() { &allow["command"] } else { allow };
    let params = json!({ "command": command["command"], "arguments": command["arguments"] });
    editor.request("workspace/executeCommand", params).await.unwrap();
    editor
        .until(|m| {
            m["method"] == "window/showMessage" && m.to_string().contains("task 1 is completed")
        })
        .await;
    assert_eq!(world.read("hello.py"), "print('Hello')\n");
    world.model.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_model_sees_unsaved_text_and_the_edit_lands_on_it() {
    let world = World::new(vec![
        plan("Change a.txt", &["a.txt"], &[]),
        Reply::text("Commit: Change\n\nFile: `a.txt`\n```\n<<<<<<< SEARCH\ntwo\n=======\nTWO\n>>>>>>> REPLACE\n```\n")
            .when("unsaved line"),
    ])
    .await;
    world.file("a.txt", "one\ntwo\nthree\n").committed();
    let mut editor = Session::start(&world, Client::Extension).await;
    editor.open("a.txt").await;
    editor.type_at_end("a.txt", "unsaved line\n").await;
    editor.execute("devika.task.start", json!({ "prompt": "Change a.txt" })).await.unwrap();
    editor.event("completed").await;
    assert_eq!(editor.text("a.txt"), "one\nTWO\nthree\nunsaved line\n");
    let repository = world.repository();
    let tree = repository.head().unwrap().peel_to_tree().unwrap();
    let blob =
        tree.get_name("a.txt").unwrap().to_object(&repository).unwrap().peel_to_blob().unwrap();
    assert_eq!(
        String::from_utf8_lossy(blob.content()),
        "one\nTWO\nthree\n",
        "the user's own line is not committed for them"
    );
    world.model.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_user_types_while_devika_works_is_merged() {
    let world = World::new(change_a()).await;
    world.file("a.txt", "one\ntwo\nthree\n").committed();
    let mut editor = Session::start(&world, Client::Extension).await;
    editor.open("a.txt").await;
    editor.types_before_edit = Some(("a.txt".to_owned(), "four, by the user\n".to_owned()));
    editor.execute("devika.task.start", json!({ "prompt": "Change a.txt" })).await.unwrap();
    editor.event("completed").await;
    assert_eq!(editor.text("a.txt"), "one\nTWO\nthree\nfour, by the user\n");
    world.model.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn where_both_change_the_same_line_the_users_stays_and_the_task_pauses() {
    let world = World::new(vec![
        plan("Change a.txt", &["a.txt"], &[]),
        code("Change a", &[("a.txt", "one\ntwo\nthree\nfour, by Devika\n")]),
    ])
    .await;
    world.file("a.txt", "one\ntwo\nthree\n").committed();
    let mut editor = Session::start(&world, Client::Extension).await;
    editor.open("a.txt").await;
    editor.types_before_edit = Some(("a.txt".to_owned(), "four, by the user\n".to_owned()));
    editor.execute("devika.task.start", json!({ "prompt": "Change a.txt" })).await.unwrap();
    let paused = editor.event("paused").await;
    assert_eq!(paused["reason"], "conflict");
    assert_eq!(editor.text("a.txt"), "one\ntwo\nthree\nfour, by the user\n");
    world.model.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_that_paused_for_a_conflict_goes_on_with_the_users_text() {
    let world = World::new(vec![
        plan("Change both", &["a.txt", "b.txt"], &[]),
        code("Change both", &[("a.txt", "one\ntwo, by Devika\n"), ("b.txt", "b, by Devika\n")]),
    ])
    .await;
    world.file("a.txt", "one\n").file("b.txt", "b\n").committed();
    let mut editor = Session::start(&world, Client::Extension).await;
    editor.open("a.txt").await;
    editor.types_before_edit = Some(("a.txt".to_owned(), "two, by the user\n".to_owned()));
    editor.execute("devika.task.start", json!({ "prompt": "Change both" })).await.unwrap();
    assert_eq!(editor.event("paused").await["reason"], "conflict");
    editor.execute("devika.task.resume", json!({ "task": 1 })).await.unwrap();
    editor.event("completed").await;
    assert_eq!(editor.text("a.txt"), "one\ntwo, by the user\n");
    assert_eq!(world.read("b.txt"), "b, by Devika\n");
    world.model.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn line_endings_byte_order_mark_and_missing_last_newline_survive() {
    let world = World::new(vec![
        plan("Change a.txt", &["a.txt"], &[]),
        Reply::text("Commit: Change\n\nFile: `a.txt`\n```\n<<<<<<< SEARCH\nzwei ü\n=======\nZWEI Ü 🦀\n>>>>>>> REPLACE\n```\n"),
    ])
    .await;
    world.file("a.txt", "\u{feff}eins\r\nzwei ü\r\ndrei 🦀 vier").committed();
    let mut editor = Session::start(&world, Client::Plain).await;
    editor.open("a.txt").await;
    editor.execute("devika.task.start", json!({ "prompt": "Change a.txt" })).await.unwrap();
    editor.message("workspace/applyEdit").await;
    editor.save("a.txt").await;
    editor.until(|message| message["params"]["value"]["kind"] == "end").await;
    assert_eq!(world.read("a.txt"), "\u{feff}eins\r\nZWEI Ü 🦀\r\ndrei 🦀 vier");
    assert_eq!(world.log().len(), 2);
    world.model.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_that_the_editor_refuses_is_not_marked_as_done() {
    let world = World::new(change_a()).await;
    world.file("a.txt", "one\ntwo\nthree\n").committed();
    let mut editor = Session::start(&world, Client::Extension).await;
    editor.open("a.txt").await;
    // The editor's version runs ahead of what it has told, as when its user types all the time.
    let uri = crate::buffers::uri(&world.root().join("a.txt"));
    editor.buffers.open.get_mut(&uri).unwrap().version = 99;
    editor.execute("devika.task.start", json!({ "prompt": "Change a.txt" })).await.unwrap();
    let end = editor
        .until(|m| ["failed", "paused"].iter().any(|name| m["params"]["event"] == *name))
        .await;
    assert!(end.to_string().contains("a.txt"), "{end}");
    assert_eq!(world.read("a.txt"), "one\ntwo\nthree\n");
    assert_eq!(world.log().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_is_asked_and_its_answer_goes_on_with_the_task() {
    let world = World::new(vec![
        decision(json!({ "kind": "ask", "question": "Which language?" })),
        plan("Write a.py", &["a.py"], &[]).when("The user answers: Python"),
        code("Add a", &[("a.py", "a = 1\n")]),
    ])
    .await;
    let mut editor = Session::start(&world, Client::Extension).await;
    editor.execute("devika.task.start", json!({ "prompt": "Write a program" })).await.unwrap();
    let asked = editor.event("asked").await;
    assert_eq!((&asked["kind"], &asked["text"]), (&json!("question"), &json!("Which language?")));
    let wrong = editor
        .execute("devika.task.approve", json!({ "task": 1, "allow": true }))
        .await
        .unwrap_err();
    assert!(wrong["message"].as_str().unwrap().contains("devika.task.reply"), "{wrong}");
    editor.execute("devika.task.reply", json!({ "task": 1, "answer": "Python" })).await.unwrap();
    editor.event("completed").await;
    assert!(world.has("a.py"));
    world.model.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn cancelling_reaches_the_models_stream() {
    let gate = Gate::default();
    let world =
        World::new(vec![plan("Write a.txt", &["a.txt"], &[]).chunks(5).gate(1, &gate)]).await;
    let mut editor = Session::start(&world, Client::Extension).await;
    editor.execute("devika.task.start", json!({ "prompt": "Write a" })).await.unwrap();
    let delta = editor.event("turn_delta").await;
    assert_eq!(delta["reasoning"], false);
    editor.execute("devika.task.cancel", json!({ "task": 1 })).await.unwrap();
    gate.client_gone().await;
    editor.event("cancelled").await;
    let listed = editor.execute("devika.task.list", json!({})).await.unwrap();
    assert_eq!(listed[0]["state"], "cancelled");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_progress_window_cancels_the_task() {
    let gate = Gate::default();
    let world =
        World::new(vec![plan("Write a.txt", &["a.txt"], &[]).chunks(5).gate(1, &gate)]).await;
    let mut editor = Session::start(&world, Client::Plain).await;
    editor.execute("devika.task.start", json!({ "prompt": "Write a" })).await.unwrap();
    let begin = editor.message("$/progress").await;
    gate.reached().await;
    editor.notify("window/workDoneProgress/cancel", json!({ "token": begin["token"] })).await;
    gate.client_gone().await;
    editor.until(|message| message["params"]["value"]["kind"] == "end").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn cancelling_kills_the_command_with_its_whole_tree() {
    let world = World::new(vec![
        plan("Write a.txt", &["a.txt"], &["setsid sleep 600 & echo started; sleep 600"]),
        code("Add a", &[("a.txt", "a\n")]),
    ])
    .await;
    let mut editor = Session::start(&world, Client::Extension).await;
    editor.execute("devika.task.start", json!({ "prompt": "Write a" })).await.unwrap();
    editor.event("asked").await;
    editor.execute("devika.task.approve", json!({ "task": 1, "allow": true })).await.unwrap();
    editor
        .until(|m| m["params"]["event"] == "command_output" && m.to_string().contains("started"))
        .await;
    let sleepers = until(|| Some(sleepers(editor.pid())).filter(|found| found.len() == 2));
    editor.execute("devika.task.cancel", json!({ "task": 1 })).await.unwrap();
    editor.event("cancelled").await;
    let gone = |pid: &i32| !std::path::Path::new(&format!("/proc/{pid}")).exists();
    until(|| sleepers.iter().all(gone).then_some(()));
}

/// Looks again and again, for five seconds at the most; processes tell nobody when they come and go.
fn until<T>(look: impl Fn() -> Option<T>) -> T {
    let end = std::time::Instant::now() + std::time::Duration::from_secs(5);
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(std::time::Instant::now() < end, "it did not happen within five seconds");
        std::thread::yield_now();
    }
}

/// The descendants of a process that are called `sleep`.
fn sleepers(pid: i32) -> Vec<i32> {
    let children = |pid: i32| -> Vec<i32> {
        let tasks = std::fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
        tasks
            .flat_map(|task| {
                let text =
                    std::fs::read_to_string(task.path().join("children")).unwrap_or_default();
                text.split_whitespace().map(|pid| pid.parse().unwrap()).collect::<Vec<_>>()
            })
            .collect()
    };
    let mut found = Vec::new();
    let mut open = vec![pid];
    while let Some(pid) = open.pop() {
        let name = std::fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
        if name.trim() == "sleep" {
            found.push(pid);
        }
        open.extend(children(pid));
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn tasks_of_one_workspace_run_one_after_the_other() {
    let gate = Gate::default();
    let world = World::new(vec![
        plan("Write a.txt", &["a.txt"], &[]).when("first task").chunks(5).gate(1, &gate),
        code("Add a", &[("a.txt", "a\n")]).when("first task"),
        plan("Write b.txt", &["b.txt"], &[]).when("second task"),
        code("Add b", &[("b.txt", "b\n")]).when("second task"),
    ])
    .await;
    let mut editor = Session::start(&world, Client::Extension).await;
    editor.execute("devika.task.start", json!({ "prompt": "The first task" })).await.unwrap();
    gate.reached().await;
    editor.execute("devika.task.start", json!({ "prompt": "The second task" })).await.unwrap();
    let queued =
        editor.until(|m| m["params"]["event"] == "queued" && m["params"]["task"] == 2).await;
    assert_eq!(queued["params"]["ahead"], 1);
    gate.release();
    editor.until(|m| m["params"]["event"] == "completed" && m["params"]["task"] == 1).await;
    editor.until(|m| m["params"]["event"] == "completed" && m["params"]["task"] == 2).await;
    assert_eq!((world.read("a.txt"), world.read("b.txt")), ("a\n".to_owned(), "b\n".to_owned()));
    world.model.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restarted_server_offers_the_interrupted_task_and_resumes_it() {
    let gate = Gate::default();
    let world = World::new(vec![
        plan("Write a.txt", &["a.txt"], &[]),
        code("Add a", &[("a.txt", "a\n")]).chunks(5).gate(1, &gate),
        code("Add a", &[("a.txt", "a\n")]),
    ])
    .await;
    let mut editor = Session::start(&world, Client::Extension).await;
    editor.execute("devika.task.start", json!({ "prompt": "Write a" })).await.unwrap();
    gate.reached().await;
    nix::sys::signal::kill(
        nix::unistd::Pid::from_raw(editor.pid()),
        nix::sys::signal::Signal::SIGKILL,
    )
    .unwrap();
    gate.client_gone().await;

    let mut editor = Session::start(&world, Client::Extension).await;
    let offer = editor
        .until(|m| m["method"].as_str().is_some_and(|m| m.starts_with("window/showMessage")))
        .await;
    assert!(offer.to_string().contains("interrupted"), "{offer}");
    editor.execute("devika.task.resume", json!({ "task": 1 })).await.unwrap();
    editor.event("completed").await;
    assert_eq!(world.read("a.txt"), "a\n");
    assert_eq!(world.model.requests().len(), 3, "the plan is not paid for twice");
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_arguments_get_an_error_that_names_the_field() {
    let world = World::new(Vec::new()).await;
    let mut editor = Session::start(&world, Client::Plain).await;
    for (command, argument, part) in [
        ("devika.task.start", json!({ "promt": "x" }), "promt"),
        ("devika.task.start", json!({ "prompt": "" }), "prompt is empty"),
        ("devika.task.start", json!({ "prompt": "x", "mode": "wild" }), "wild"),
        ("devika.task.cancel", json!({ "task": "seven" }), "task"),
        ("devika.task.show", json!({ "task": 77 }), "no task 77"),
        ("devika.task.reply", json!({ "task": 77, "answer": "x" }), "no task 77"),
        ("devika.nonsense", Value::Null, "devika.nonsense"),
    ] {
        let error = editor.execute(command, argument).await.unwrap_err();
        assert!(error["message"].as_str().unwrap().contains(part), "{command}: {error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_user_types_while_the_model_writes_a_file_anew_stays() {
    let gate = Gate::default();
    let anew = code("Change two", &[("a.txt", "one\n2\nthree\nfour\n")]).chunks(5);
    let world = World::new(vec![plan("Change a.txt", &["a.txt"], &[]), anew.gate(1, &gate)]).await;
    world.file("a.txt", "one\ntwo\nthree\nfour\n").committed();
    let mut editor = Session::start(&world, Client::Extension).await;
    editor.open("a.txt").await;
    editor.execute("devika.task.start", json!({ "prompt": "Change two" })).await.unwrap();
    gate.reached().await;
    editor.type_at_end("a.txt", "typed\n").await;
    // Answered behind what was typed, so that the server has it.
    editor.execute("devika.task.list", json!({})).await.unwrap();
    gate.release();
    editor.event("completed").await;
    assert_eq!(editor.text("a.txt"), "one\n2\nthree\nfour\ntyped\n");
    let repository = world.repository();
    let blob = repository.revparse_single("HEAD:a.txt").unwrap();
    assert_eq!(blob.as_blob().unwrap().content(), b"one\n2\nthree\nfour\n");
    editor.exit().await;
}
