//! What Devika remembers, on the command line: found again, kept apart by project, exported, forgotten.

use crate::world::World;

async fn world() -> World {
    let world = World::new(vec![]).await;
    world.file("a.py", "1\n");
    world
}

#[tokio::test(flavor = "multi_thread")]
async fn a_note_is_found_by_its_words_and_gone_when_it_is_forgotten() {
    let world = world().await;
    let ran =
        world.run(&["memory", "remember", "Release", "notes", "live", "in", "docs/changes.md"]);
    assert_eq!((ran.code, ran.out.as_str()), (Some(0), "remembered\n"), "{ran:?}");
    let found = world.run(&["memory", "search", "where are the release notes"]);
    assert_eq!(found.out, "note  you\n    Release notes live in docs/changes.md\n\n", "{found:?}");
    assert_eq!(world.run(&["memory", "forget", "--kind", "note"]).out, "1 passages forgotten\n");
    assert_eq!(world.run(&["memory", "search", "release notes"]).out, "");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_project_finds_only_what_is_shared() {
    let world = world().await;
    let other = world.home().join("other");
    std::fs::create_dir(&other).unwrap();
    let other = other.to_str().unwrap();
    world.run(&["memory", "remember", "The secret recipe is soup"]);
    world.run(&["memory", "remember", "--shared", "Everyone likes recipe books"]);
    let found = world.run(&["memory", "-C", other, "search", "recipe"]);
    assert_eq!(found.out, "note  you\n    Everyone likes recipe books\n\n", "{found:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_forgotten_without_naming_what() {
    let world = world().await;
    world.run(&["memory", "remember", "Keep me"]);
    let ran = world.run(&["memory", "forget"]);
    assert_eq!(ran.code, Some(2), "{ran:?}");
    assert!(ran.err.contains("--everything"), "{ran:?}");
    let exported = world.run(&["memory", "export"]);
    let note: serde_json::Value = serde_json::from_str(exported.out.trim()).unwrap();
    assert_eq!(note["text"], "Keep me");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_not_there_is_named_with_what_to_do() {
    let world = world().await;
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    world.configure(&format!(
        "[memory]\nkind = \"qdrant\"\n[memory.qdrant]\nurl = \"http://{free}\"\nfallback = \"refuse\"\n"
    ));
    let ran = world.run(&["memory", "search", "anything"]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(
        ran.err.contains(&free.to_string()) && ran.err.contains("cannot be reached"),
        "{ran:?}"
    );
}
