//! What Devika remembers, from an editor.

use serde_json::{Value, json};

use crate::session::{Client, Session};
use crate::world::World;

async fn session(world: &World) -> Session {
    world.file("a.py", "1\n");
    Session::start(world, Client::Plain).await
}

async fn texts(editor: &mut Session, args: Value) -> Vec<String> {
    let found = editor.execute("devika.memory.search", args).await.unwrap();
    let text = |passage: &Value| passage["text"].as_str().unwrap().to_owned();
    found.as_array().unwrap().iter().map(text).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_note_is_remembered_found_counted_and_forgotten() {
    let world = World::new(vec![]).await;
    let mut editor = session(&world).await;
    let note = json!({ "text": "Release notes live in docs/changes.md" });
    assert_eq!(editor.execute("devika.memory.remember", note).await.unwrap(), Value::Null);
    let found = editor
        .execute("devika.memory.search", json!({ "text": "where are the release notes" }))
        .await
        .unwrap();
    let at = found[0]["at"].clone();
    assert_eq!(
        found,
        json!([{
            "kind": "note", "source": "you", "title": "", "at": at, "shared": false,
            "text": "Release notes live in docs/changes.md"
        }])
    );
    let stats = editor.execute("devika.memory.stats", json!({})).await.unwrap();
    let project = world.root().display().to_string();
    assert_eq!(stats["counts"], json!([{ "project": project, "kind": "note", "passages": 1 }]));
    let told = world.run(&["memory", "search", "release notes"]);
    assert!(told.out.contains("docs/changes.md"), "the command line finds the same: {told:?}");
    let forget = json!({ "kind": "note" });
    let forgotten = editor.execute("devika.memory.forget", forget).await.unwrap();
    assert_eq!(forgotten, json!({ "forgotten": 1 }));
    assert_eq!(texts(&mut editor, json!({ "text": "release" })).await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_only_asks_makes_no_file() {
    let world = World::new(vec![]).await;
    let mut editor = session(&world).await;
    assert_eq!(texts(&mut editor, json!({ "text": "anything" })).await, Vec::<String>::new());
    let stats = editor.execute("devika.memory.stats", json!({})).await.unwrap();
    assert_eq!((&stats["counts"], &stats["bytes"]), (&json!([]), &Value::Null));
    editor.execute("devika.memory.forget", json!({ "everything": true })).await.unwrap();
    assert!(!world.home().join("state/memory.db").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn other_projects_are_nobodys_business() {
    let world = World::new(vec![]).await;
    let other = world.home().join("other");
    std::fs::create_dir(&other).unwrap();
    let other = other.to_str().unwrap().to_owned();
    world.run(&["memory", "-C", &other, "remember", "The secret recipe is soup"]);
    let mut editor = session(&world).await;
    assert_eq!(texts(&mut editor, json!({ "text": "recipe" })).await, Vec::<String>::new());
    let stats = editor.execute("devika.memory.stats", json!({})).await.unwrap();
    assert_eq!(stats["counts"], json!([]));
    editor.execute("devika.memory.forget", json!({ "everything": true })).await.unwrap();
    let kept = world.run(&["memory", "-C", &other, "search", "recipe"]);
    assert!(kept.out.contains("soup"), "{kept:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_asked_wrongly_is_told() {
    let world = World::new(vec![]).await;
    let mut editor = session(&world).await;
    for (command, argument, part) in [
        ("devika.memory.forget", json!({}), "name what is to be forgotten"),
        ("devika.memory.search", json!({ "text": "x", "kind": "dream" }), "the kinds are research"),
        ("devika.memory.remember", json!({ "text": " " }), "the note is empty"),
        ("devika.memory.search", json!({}), "missing field `text`"),
    ] {
        let error = editor.execute(command, argument).await.unwrap_err();
        assert_eq!(error["code"], -32602, "{error}");
        assert!(error["message"].as_str().unwrap().contains(part), "{command}: {error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_memory_that_is_off_says_so() {
    let world = World::new(vec![]).await;
    world.configure("[memory]\non = false\n");
    let mut editor = session(&world).await;
    let refused = editor.execute("devika.memory.stats", json!({})).await.unwrap_err();
    assert_eq!(refused["message"], "nothing is remembered: the memory is off (`memory.on`)");
}
