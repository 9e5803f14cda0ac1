//! Approvals: a command runs when the user allows this very command, and for as long as they said.

use scripted_model::Reply;
use serde_json::json;

use crate::session::{Client, Session};
use crate::world::{World, code, plan, plan_of};

/// A task whose check is a script of the project, and which writes a file.
fn checked_by_script() -> Vec<Reply> {
    let planned = plan("Write a.txt", &["a.txt"], &["sh check.sh"]);
    vec![planned, code("Add a", &[("a.txt", "a\n")])]
}

async fn world(replies: Vec<Reply>) -> World {
    let world = World::new(replies).await;
    world.file("check.sh", "true\n").committed();
    world
}

/// Runs a task to its end, answering each approval with `scope`; returns how many there were.
pub async fn run_task(editor: &mut Session, scope: &str) -> usize {
    editor.execute("devika.task.start", json!({ "prompt": "Write a" })).await.unwrap();
    let mut asked = 0;
    loop {
        let event = editor.until(|m| m["method"] == "devika/event").await["params"].clone();
        match event["event"].as_str().unwrap() {
            "asked" => {
                asked += 1;
                let scope = Some(scope).filter(|scope| *scope != "no");
                let args = json!({
                    "task": event["task"],
                    "ask": event["ask"],
                    "allow": scope.is_some(),
                    "scope": scope,
                });
                editor.execute("devika.task.approve", args).await.unwrap();
            }
            "completed" => return asked,
            "failed" | "cancelled" | "paused" => panic!("{event}"),
            _ => {}
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_that_is_allowed_for_the_task_is_asked_about_once() {
    let world = world(checked_by_script()).await;
    let mut editor = Session::start(&world, Client::Extension).await;
    assert_eq!(run_task(&mut editor, "task").await, 1, "it runs before and after the work");
    assert_eq!(world.log().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_that_is_allowed_once_is_asked_about_again() {
    let world = world(checked_by_script()).await;
    let mut editor = Session::start(&world, Client::Extension).await;
    assert_eq!(run_task(&mut editor, "once").await, 2, "it runs before and after the work");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_allowed_for_good_is_not_asked_again_until_its_script_changes() {
    let replies = [checked_by_script(), checked_by_script(), checked_by_script()].concat();
    let world = world(replies).await;
    let mut editor = Session::start(&world, Client::Extension).await;
    assert_eq!(run_task(&mut editor, "project").await, 1);
    assert_eq!(run_task(&mut editor, "project").await, 0);
    world.file("check.sh", "true # changed\n");
    assert_eq!(run_task(&mut editor, "project").await, 1);
    let kept_in_project = crate::world::all_bytes(&world.root());
    assert!(!kept_in_project.windows(11).any(|bytes| bytes == b"fingerprint"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_no_is_told_to_the_model_and_the_work_goes_on_without_the_command() {
    let world = world(vec![
        plan_of(
            &[("Write a", &["a.txt", "b.txt"]), ("Write c", &["c.txt", "d.txt"])],
            &["sh check.sh"],
        ),
        code("Add a and b", &[("a.txt", "a\n"), ("b.txt", "b\n")]),
        code("Add c and d", &[("c.txt", "c\n"), ("d.txt", "d\n")])
            .when("The user did not allow these commands; do without them:\nsh check.sh"),
    ])
    .await;
    let mut editor = Session::start(&world, Client::Extension).await;
    assert_eq!(run_task(&mut editor, "no").await, 1);
    world.model.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_command_can_be_allowed_for_good() {
    let world = world(checked_by_script()).await;
    let mut editor = Session::start(&world, Client::Extension).await;
    editor
        .execute("devika.task.start", json!({ "prompt": "Write a", "mode": "plan" }))
        .await
        .unwrap();
    let asked = editor.event("asked").await;
    assert_eq!(asked["kind"], "plan");
    let error = editor
        .execute("devika.task.approve", json!({ "task": 1, "allow": true, "scope": "project" }))
        .await
        .unwrap_err();
    assert!(
        error.to_string().contains("only a command, a host for it, or a finding can be allowed"),
        "{error}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_script_that_changes_while_the_user_is_asked_is_asked_about_again() {
    let world = world(checked_by_script()).await;
    let mut editor = Session::start(&world, Client::Extension).await;
    editor.execute("devika.task.start", json!({ "prompt": "Write a" })).await.unwrap();
    let first = editor.event("asked").await;
    world.file("check.sh", "touch other; true\n");
    let allow = json!({ "task": 1, "ask": first["ask"], "allow": true });
    editor.execute("devika.task.approve", allow).await.unwrap();
    let second = editor.event("asked").await;
    assert_eq!((&second["kind"], &second["text"]), (&first["kind"], &first["text"]));
    assert_ne!(second["ask"], first["ask"]);
    let deny = json!({ "task": 1, "ask": second["ask"], "allow": false });
    editor.execute("devika.task.approve", deny).await.unwrap();
    editor.event("completed").await;
    assert!(!world.has("other"), "what was not allowed was not run");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_script_that_a_command_changes_is_asked_about_again_in_the_same_task() {
    let world = world(checked_by_script()).await;
    world.file("check.sh", "echo '# more' >> check.sh\n");
    let mut editor = Session::start(&world, Client::Extension).await;
    assert_eq!(run_task(&mut editor, "task").await, 2, "it runs before and after the work");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_allowed_in_one_folder_is_asked_about_in_another() {
    let world = world([checked_by_script(), checked_by_script()].concat()).await;
    let mut editor = Session::start(&world, Client::Extension).await;
    assert_eq!(run_task(&mut editor, "project").await, 1);
    editor.exit().await;
    let other = world.root().with_file_name("other");
    std::fs::create_dir(&other).unwrap();
    std::fs::write(other.join("check.sh"), "true\n").unwrap();
    let repository = git2::Repository::init(&other).unwrap();
    let mut index = repository.index().unwrap();
    index.add_path("check.sh".as_ref()).unwrap();
    let tree = repository.find_tree(index.write_tree().unwrap()).unwrap();
    let ada = git2::Signature::now("Ada", "ada@example.org").unwrap();
    repository.commit(Some("HEAD"), &ada, &ada, "Begin", &tree, &[]).unwrap();
    index.write().unwrap();
    let ran = world.devika(&["run", "--trust", "Write a"]).current_dir(&other).output().unwrap();
    assert_eq!(ran.status.code(), Some(3), "{ran:?}");
    let said = String::from_utf8_lossy(&ran.stdout).into_owned();
    let asks = format!("Run this command in {}?", other.canonicalize().unwrap().display());
    assert!(said.contains(&asks), "{ran:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_line_of_an_allowed_program_is_asked_about() {
    let other = plan("Write a.txt", &["a.txt"], &["sh check.sh; true"]);
    let replies = [checked_by_script(), vec![other, code("Add a", &[("a.txt", "A\n")])]].concat();
    let world = world(replies).await;
    let mut editor = Session::start(&world, Client::Extension).await;
    assert_eq!(run_task(&mut editor, "project").await, 1);
    assert_eq!(run_task(&mut editor, "task").await, 1);
}
