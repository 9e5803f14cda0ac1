//! Projects on the command line.

use scripted_model::Reply;
use serde_json::json;

use crate::world::{World, decision};

/// A project with a question that was answered and a note.
async fn asked() -> World {
    let world = World::new(vec![decision(json!({ "kind": "answer" })), Reply::text("One.")]).await;
    assert_eq!(world.run(&["run", "--yes", "What is one?"]).code, Some(0));
    world.run(&["memory", "remember", "One is the loneliest number"]);
    world
}

#[tokio::test(flavor = "multi_thread")]
async fn a_project_is_listed_put_aside_and_taken_up_again() {
    let world = asked().await;
    let root = world.root().display().to_string();
    let listed = world.run(&["projects"]).out;
    assert!(listed.contains(&format!("  {root}  1 tasks, ")), "{listed}");
    assert_eq!(world.run(&["projects", "archive", "project"]).code, Some(0));
    assert_eq!(world.run(&["projects"]).out, "");
    assert!(world.run(&["projects", "--all"]).out.contains("(put aside)"));
    assert_eq!(world.run(&["projects", "open", "project"]).out, format!("{root}\n"));
    assert_eq!(world.run(&["projects"]).out, listed);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_project_is_made_where_projects_are_and_never_over_another() {
    let world = World::new(vec![]).await;
    let made = world.run(&["projects", "new", "shop"]);
    let path = std::path::PathBuf::from(made.out.trim());
    assert!(path.is_dir() && path.ends_with("projects/shop"), "{made:?}");
    let again = world.run(&["projects", "new", "shop"]);
    assert_eq!(again.code, Some(2), "{again:?}");
    assert!(again.err.contains("exists already"), "{again:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_deleted_is_forgotten_and_the_files_stay() {
    let world = asked().await;
    world.file("mine.txt", "mine\n");
    let refused = world.run(&["projects", "delete", "project"]);
    assert_eq!(refused.code, Some(2), "{refused:?}");
    let ran = world.run(&["projects", "delete", "project", "--yes"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.out.starts_with("1 tasks and ") && ran.out.contains("files are untouched"));
    assert_eq!(world.read("mine.txt"), "mine\n");
    assert_eq!(world.run(&["projects", "--all"]).out, "");
    assert_eq!(world.run(&["tasks"]).out, "");
    assert_eq!(world.run(&["memory", "search", "loneliest"]).out, "");
    assert_eq!(world.run(&["audit", "verify"]).code, Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_exported_project_is_taken_up_elsewhere_with_its_memory() {
    let (from, to) = (asked().await, World::new(vec![]).await);
    let file = from.home().join("project.zip");
    let zip = file.to_str().unwrap();
    let ran = from.run(&["projects", "export", "project", zip]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let again = from.run(&["projects", "export", "project", zip]);
    assert!(again.err.contains("Name a new file"), "{again:?}");
    let ran = to.run(&["projects", "import", zip]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(to.run(&["tasks"]).out.contains("What is one?"));
    assert!(to.run(&["memory", "search", "loneliest"]).out.contains("One is the loneliest number"));
    let shown = |world: &World| world.run(&["tasks", "show", "1"]).out;
    assert_eq!(
        shown(&to).lines().skip(1).collect::<Vec<_>>(),
        shown(&from).lines().skip(1).collect::<Vec<_>>()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_not_exported_is_refused_and_nothing_changes() {
    let world = asked().await;
    let before = world.run(&["projects"]).out;
    world.file("other.zip", "no archive");
    let ran = world.run(&["projects", "import", "other.zip"]);
    assert_eq!(ran.code, Some(2), "{ran:?}");
    assert!(ran.err.contains("is not what `devika projects export` writes"), "{ran:?}");
    let ran = world.run(&["projects", "open", "nowhere"]);
    assert!(ran.err.contains("there is no project nowhere"), "{ran:?}");
    assert_eq!(world.run(&["projects"]).out, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn tasks_are_forgotten_after_the_days_that_are_configured() {
    let answer = || [decision(json!({ "kind": "answer" })), Reply::text("One.")];
    let world = World::new(answer().into_iter().chain(answer()).collect()).await;
    let ask = || assert_eq!(world.run(&["run", "--yes", "What is one?"]).code, Some(0));
    ask();
    let file = world.home().join("state/devika.db");
    rusqlite::Connection::open(file)
        .unwrap()
        .execute("UPDATE tasks SET created = '2020-01-01T00:00:00.000Z'", [])
        .unwrap();
    let listed = || world.run(&["tasks"]).out.lines().count();
    ask();
    assert_eq!(listed(), 2, "kept for ever where nothing is said");
    let configured = std::fs::read_to_string(world.home().join("config.toml")).unwrap();
    world.configure(&format!("{configured}[tasks]\nkeep_days = 30\n"));
    assert_eq!(listed(), 1, "the old one is gone, the new one is there");
}
