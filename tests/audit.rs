//! The log of what was done in the user's name.

use scripted_model::Reply;
use serde_json::{Value, json};

use crate::world::{World, code, decision, plan};

/// A task that was carried out.
async fn carried_out() -> World {
    let world = World::new(vec![
        plan("Say hello", &["hello.py"], &["python3 hello.py"]),
        code("Say hello", &[("hello.py", "print('hello')\n")]),
    ])
    .await;
    world.file("README.md", "A project.\n").committed();
    assert_eq!(world.run(&["run", "--yes", "Write a program that says hello"]).code, Some(0));
    world
}

/// The acts and the names of their details.
fn acts(world: &World) -> Vec<(String, Value)> {
    let ran = world.run(&["audit", "--json"]);
    let rows = ran.out.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    rows.map(|row| (row["act"].as_str().unwrap().to_owned(), row["detail"].clone())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_leaves_a_row_for_each_thing_that_it_did() {
    let world = carried_out().await;
    let rows = acts(&world);
    let order: Vec<&str> = rows.iter().map(|(act, _)| act.as_str()).collect();
    assert_eq!(
        order,
        [
            "task",
            "task",
            "configuration",
            "turn",
            "turn",
            "write",
            "approval",
            "approval",
            "command",
            "command",
            "commit",
            "task"
        ]
    );
    let of = |act: &str| rows.iter().find(|(name, _)| name == act).unwrap().1.clone();
    assert_eq!(of("write")["path"], "hello.py");
    assert_eq!(of("command")["line"], "python3 hello.py");
    assert!(of("commit")["commit"].as_str().is_some_and(|id| id.len() == 40), "{rows:?}");
    let all = world.run(&["audit"]).out;
    assert!(!all.contains("says hello"), "the user's words are not kept: {all}");
}

#[tokio::test(flavor = "multi_thread")]
async fn where_a_key_came_from_is_told_and_the_key_is_not() {
    let world = World::new(vec![decision(json!({ "kind": "answer" })), Reply::text("One.")]).await;
    let file = world.home().join("key");
    std::fs::write(&file, "sk-canary-1234567890").unwrap();
    world.configure(&format!(
        "[models]\ndefault = \"scripted/model\"\n[providers.scripted]\nkind = \"openai\"\n\
         base_url = \"{}\"\nkey_command = \"cat {}\"\n",
        world.model.openai_url(),
        file.display()
    ));
    assert_eq!(world.run(&["run", "--yes", "What is one?"]).code, Some(0));
    let keys: Vec<_> = acts(&world).into_iter().filter(|(act, _)| act == "key").collect();
    let config = world.home().join("config.toml");
    let source = format!("providers.scripted.key_command in {}:6:1", config.display());
    let told = json!({ "provider": "scripted", "source": source });
    assert_eq!(keys, [("key".to_owned(), told)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_is_verified_against_a_hash_that_was_noted_before() {
    let world = carried_out().await;
    let ran = world.run(&["audit", "verify"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let head = ran.out.trim().rsplit(' ').next().unwrap().to_owned();
    assert_eq!(world.run(&["audit", "verify", "--expect", &head]).code, Some(0));
    let other = "0".repeat(64);
    let ran = world.run(&["audit", "verify", "--expect", &other]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.err.contains("written anew"), "{ran:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_somebody_changed_is_named() {
    let world = carried_out().await;
    let file = world.home().join("state/devika.db");
    let store = rusqlite::Connection::open(file).unwrap();
    store
        .execute_batch(
            "DROP TRIGGER audit_rows_stay_as_they_are;
             UPDATE audit SET detail = replace(detail, 'hello.py', 'other.py') WHERE act = 'write';",
        )
        .unwrap();
    let ran = world.run(&["audit", "verify"]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.err.contains("of the audit log, or the row before it, was changed"), "{ran:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_done_yet_is_said() {
    let world = World::new(vec![]).await;
    let ran = world.run(&["audit"]);
    assert_eq!((ran.code, ran.out.as_str()), (Some(0), "nothing was done yet\n"), "{ran:?}");
}
