//! Steps are undone and files restored while the user has unsaved text in them: nothing of it is lost.

use serde_json::{Value, json};

use crate::checkpoints::{TASK, checked_by};
use crate::endings::done;
use crate::session::{Client, Session};
use crate::world::World;

/// What is committed of a file.
fn in_head(world: &World, path: &str) -> String {
    let repository = world.repository();
    let tree = repository.head().unwrap().peel_to_tree().unwrap();
    let blob = tree.get_name(path).unwrap().to_object(&repository).unwrap();
    String::from_utf8(blob.as_blob().unwrap().content().to_vec()).unwrap()
}

/// The paths of what stays as the user has it, with the reasons.
fn kept(undone: &Value) -> Vec<(&str, &str)> {
    let kept = undone["kept"].as_array().map(Vec::as_slice).unwrap_or_default();
    kept.iter().map(|it| (it["path"].as_str().unwrap(), it["why"].as_str().unwrap())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_is_undone_and_redone_around_unsaved_text_elsewhere_in_the_file() {
    let world = done().await;
    let mut editor = Session::start(&world, Client::Extension).await;
    editor.open("a.py").await;
    editor.type_at_end("a.py", "# mine, unsaved\n").await;
    editor.execute("devika.task.undo", json!({ "task": 1, "step": 1 })).await.unwrap();
    let undone = editor.event("undone").await;
    assert_eq!((&undone["paths"], kept(&undone)), (&json!(["a.py"]), vec![]));
    assert_eq!(editor.text("a.py"), "top = 1\nprint('hello')\nend = 1\n# mine, unsaved\n");
    assert_eq!(in_head(&world, "a.py"), "top = 1\nprint('hello')\nend = 1\n");
    let edit = editor.message("workspace/applyEdit").await;
    assert_eq!(edit["edit"]["documentChanges"][0]["textDocument"]["version"], 2, "{edit}");
    editor.type_at_end("a.py", "# and more\n").await;
    editor.execute("devika.task.redo", json!({ "task": 1, "step": 1 })).await.unwrap();
    let redone = editor.event("undone").await;
    assert_eq!((&redone["paths"], kept(&redone)), (&json!(["a.py"]), vec![]));
    assert_eq!(
        editor.text("a.py"),
        "top = 1\nprint('HELLO')\nend = 1\n# mine, unsaved\n# and more\n"
    );
    assert_eq!(in_head(&world, "a.py"), "top = 1\nprint('HELLO')\nend = 1\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn where_only_the_user_saves_the_text_stays_unsaved_until_they_do() {
    let world = done().await;
    let mut editor = Session::start(&world, Client::Plain).await;
    editor.open("a.py").await;
    editor.type_at_end("a.py", "# mine, unsaved\n").await;
    editor.execute("devika.task.undo", json!({ "task": 1, "step": 1 })).await.unwrap();
    let asks = |message: &Value| {
        message["method"] == "window/showMessage" && message.to_string().contains("save it")
    };
    editor.until(asks).await;
    let merged = "top = 1\nprint('hello')\nend = 1\n# mine, unsaved\n";
    assert_eq!(editor.text("a.py"), merged);
    assert_eq!(world.read("a.py"), "top = 1\nprint('HELLO')\nend = 1\n");
    editor.save("a.py").await;
    let told = |message: &Value| {
        message["method"] == "window/logMessage" && message.to_string().contains("undone: a.py")
    };
    editor.until(told).await;
    assert_eq!(world.read("a.py"), merged);
    assert_eq!(in_head(&world, "a.py"), "top = 1\nprint('hello')\nend = 1\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn unsaved_text_on_the_lines_of_a_step_stays_and_its_file_is_named() {
    let world = done().await;
    let mut editor = Session::start(&world, Client::Extension).await;
    editor.open("a.py").await;
    editor.type_over("a.py", "'HELLO'", "'mine, unsaved'").await;
    editor.execute("devika.task.undo", json!({ "task": 1, "step": 1 })).await.unwrap();
    let undone = editor.event("undone").await;
    assert_eq!(undone["paths"], json!([]));
    assert_eq!(kept(&undone), [("a.py", "you have changed the same lines since")]);
    assert_eq!(editor.text("a.py"), "top = 1\nprint('mine, unsaved')\nend = 1\n");
    for committed in [world.read("a.py"), in_head(&world, "a.py")] {
        assert_eq!(committed, "top = 1\nprint('HELLO')\nend = 1\n");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_a_step_made_stays_where_it_has_unsaved_text() {
    let world = done().await;
    let mut editor = Session::start(&world, Client::Extension).await;
    editor.open("b.py").await;
    editor.type_at_end("b.py", "# mine, unsaved\n").await;
    editor.execute("devika.task.undo", json!({ "task": 1 })).await.unwrap();
    let undone = editor.event("undone").await;
    assert_eq!(undone["paths"], json!(["a.py", "c.py", "d.py"]));
    let why = "you have changed it since; delete it if you do not need it";
    assert_eq!(kept(&undone), [("b.py", why)]);
    assert_eq!(editor.text("b.py"), "print('bye')\n# mine, unsaved\n");
    assert!(world.has("b.py") && !world.has("c.py"));
}

/// A project whose task has run a command, an editor with `a.txt` open, and the checkpoint before the
/// command.
async fn after(command: &str) -> (World, Session, Value) {
    let world = checked_by(&[command]).await;
    let ran = world.run(&TASK);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let mut editor = Session::start(&world, Client::Extension).await;
    editor.open("a.txt").await;
    let checkpoints = editor.execute("devika.task.checkpoints", json!({ "task": 1 })).await;
    let checkpoints = checkpoints.unwrap();
    let before = checkpoints.as_array().unwrap().iter().find(|it| it["command"] == command);
    (world, editor, before.unwrap().clone())
}

/// Has all files restored; what is told of it.
async fn restored(editor: &mut Session, checkpoint: &Value) -> String {
    let args = json!({ "task": 1, "checkpoint": checkpoint["name"] });
    editor.execute("devika.task.restore", args).await.unwrap();
    let told = |message: &Value| {
        message["method"] == "window/showMessage"
            && message.to_string().contains("What was there before is checkpoint restore-1")
    };
    editor.until(told).await["params"]["message"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn files_are_restored_from_the_editor_around_unsaved_text() {
    let command = "printf 'ONE\\ntwo\\n' > a.txt; rm data.bin; test -f b.txt";
    let (world, mut editor, before) = after(command).await;
    assert_eq!(before["about"], format!("before `{command}`"));
    editor.type_at_end("a.txt", "mine, unsaved\n").await;
    let told = restored(&mut editor, &before).await;
    assert!(told.contains("Restored: a.txt, ") && told.contains("data.bin"), "{told}");
    assert_eq!(editor.text("a.txt"), "one\ntwo\nmine, unsaved\n");
    assert_eq!(std::fs::read(world.root().join("data.bin")).unwrap(), b"\0\x01\x02");
    let edit = editor.message("workspace/applyEdit").await;
    let changed = &edit["edit"]["documentChanges"][0]["textDocument"];
    assert!(changed["uri"].as_str().unwrap().ends_with("/a.txt"), "{edit}");
}

#[tokio::test(flavor = "multi_thread")]
async fn unsaved_text_on_restored_lines_stays_and_its_file_is_named() {
    let command = "printf 'ONE\\ntwo\\n' > a.txt; rm data.bin; test -f b.txt";
    let (world, mut editor, before) = after(command).await;
    editor.type_over("a.txt", "ONE", "mine, unsaved").await;
    let told = restored(&mut editor, &before).await;
    assert!(told.contains("Restored: ") && told.contains("data.bin"), "{told}");
    assert!(
        told.contains("`a.txt` stays as it is: you have changed the same lines since."),
        "{told}"
    );
    assert_eq!(editor.text("a.txt"), "mine, unsaved\ntwo\n");
    assert_eq!(world.read("a.txt"), "ONE\ntwo\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_edit_can_restore_stays_while_it_has_unsaved_text() {
    let (world, mut editor, before) =
        after("printf 'one\\r\\ntwo\\r\\n' > a.txt; test -f b.txt").await;
    editor.type_at_end("a.txt", "mine, unsaved\r\n").await;
    let told = restored(&mut editor, &before).await;
    assert!(
        told.contains("`a.txt` stays as it is: it has unsaved changes in the editor."),
        "{told}"
    );
    assert_eq!(editor.text("a.txt"), "one\r\ntwo\r\nmine, unsaved\r\n");
    assert_eq!(world.read("a.txt"), "one\r\ntwo\r\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_checkpoint_that_does_not_exist_is_told_to_the_editor() {
    let (world, mut editor, _) = after("test -f b.txt").await;
    let args = json!({ "task": 1, "checkpoint": "99" });
    editor.execute("devika.task.restore", args).await.unwrap();
    let told = editor.message("window/showMessage").await;
    assert!(told["message"].as_str().unwrap().contains("task 1 has no checkpoint 99"), "{told}");
    assert_eq!(world.read("a.txt"), "one\ntwo\n");
}
