//! What gets by while a command runs is undone when it has ended.

use std::fs;
use std::os::unix::fs::symlink;

use devika_sandbox::{Fallback, Outcome, Slipped};

use crate::world::World;

/// The slips by their paths in the workspace, and what happened.
fn slipped(world: &World, outcome: &Outcome) -> Vec<(String, &'static str)> {
    let name = |slip: &devika_sandbox::Slip| {
        assert_eq!(slip.left, None, "{slip:?}");
        let path = slip.path.strip_prefix(&world.command.workspace).unwrap();
        let what = match slip.what {
            Slipped::Created { .. } => "created",
            Slipped::Changed => "changed",
            Slipped::Removed => "removed",
        };
        (path.display().to_string(), what)
    };
    outcome.slipped.iter().map(name).collect()
}

fn with_landlock_alone() -> World {
    let mut world = World::new();
    world.sandbox.search_path = None;
    world.sandbox.fallback = Fallback::Landlock;
    world
}

#[tokio::test]
async fn a_hook_planted_by_renaming_the_folder_above_is_set_aside() {
    let world = World::new();
    world.write("sub/.git/config", "[core]\n");
    let line = "mv sub old; mkdir -p sub/.git/hooks; echo x > sub/.git/hooks/pre-commit; \
                ls sub/.git/hooks";
    let outcome = world.run(line).await;
    assert_eq!(outcome.output, "pre-commit\n");
    assert_eq!(slipped(&world, &outcome), [("sub/.git".to_owned(), "created")]);
    assert!(!world.file("sub/.git").exists());
    assert!(world.file("sub/.git.set-aside/hooks/pre-commit").exists());
    assert_eq!(fs::read_to_string(world.file("old/.git/config")).unwrap(), "[core]\n");
}

#[tokio::test]
async fn settings_that_are_replaced_by_renaming_the_folder_above_are_set_aside() {
    let world = World::new();
    world.write("sub/.envrc", "good\n");
    let line = "mv sub old; mkdir sub; echo bad > sub/.envrc; cat sub/.envrc";
    let outcome = world.run(line).await;
    assert_eq!(outcome.output, "bad\n");
    assert_eq!(slipped(&world, &outcome), [("sub/.envrc".to_owned(), "created")]);
    assert!(!world.file("sub/.envrc").exists());
    assert_eq!(fs::read_to_string(world.file("old/.envrc")).unwrap(), "good\n");
}

#[tokio::test]
async fn what_cannot_be_foreseen_is_set_aside() {
    let world = World::new();
    let line = "echo x > a.code-workspace; mkdir -p lib/.vscode; echo x > lib/.vscode/tasks.json; \
                echo x > .nvim-local; mkdir -p node_modules/a/.vscode";
    let outcome = world.run(line).await;
    let mut slips = slipped(&world, &outcome);
    slips.sort();
    let created = |path: &str| (path.to_owned(), "created");
    assert_eq!(
        slips,
        [created(".nvim-local"), created("a.code-workspace"), created("lib/.vscode")]
    );
    assert_eq!(
        world.names("home/project"),
        [".git", ".nvim-local.set-aside", "a.code-workspace.set-aside", "lib", "node_modules"]
    );
}

#[tokio::test]
async fn a_git_that_is_a_link_leads_where_it_led() {
    let world = World::new();
    fs::rename(world.file(".git"), world.file("real")).unwrap();
    symlink("real", world.file(".git")).unwrap();
    let line =
        "echo bad > .git/config; rm .git; mkdir -p .git/hooks; echo x > .git/hooks/pre-commit";
    let outcome = world.run(line).await;
    assert_eq!(fs::read_link(world.file(".git")).unwrap().to_str(), Some("real"));
    assert_eq!(fs::read_to_string(world.file(".git/config")).unwrap(), "[core]\n");
    assert!(!world.file(".git/hooks/pre-commit").exists());
    let git = || ".git".to_owned();
    assert_eq!(slipped(&world, &outcome), [(git(), "created"), (git(), "removed")]);
}

#[tokio::test]
async fn without_read_only_places_their_content_is_written_back() {
    let world = with_landlock_alone();
    world.write(".vscode/settings.json", "{}");
    world.write(".envrc", "good\n");
    world.write(".devika.toml", "good\n");
    let line = "echo bad > .git/config; echo x > .git/hooks/pre-commit; \
                echo bad > .vscode/settings.json; echo x > .vscode/tasks.json; \
                rm .devika.toml; rm .envrc; echo bad > .envrc; mkdir .idea";
    let outcome = world.run(line).await;
    let mut slips = slipped(&world, &outcome);
    slips.sort();
    let all = [
        (".devika.toml", "removed"),
        (".envrc", "created"),
        (".envrc", "removed"),
        (".git", "changed"),
        (".idea", "created"),
        (".vscode", "changed"),
    ];
    assert_eq!(slips, all.map(|(path, what)| (path.to_owned(), what)));
    let read = |path: &str| fs::read_to_string(world.file(path)).unwrap();
    assert_eq!(read(".git/config"), "[core]\n");
    assert_eq!(read(".vscode/settings.json"), "{}");
    assert_eq!((read(".envrc"), read(".devika.toml")), ("good\n".into(), "good\n".into()));
    assert!(!world.file(".git/hooks/pre-commit").exists());
    assert!(!world.file(".vscode/tasks.json").exists() && !world.file(".idea").exists());
}

#[tokio::test]
async fn a_link_in_the_place_of_a_file_is_not_written_through() {
    let world = with_landlock_alone();
    world.write(".git/info/exclude", "good\n");
    let line = format!("ln -sf {} .git/info/exclude", world.at("outside/theirs").display());
    let outcome = world.run(&line).await;
    assert_eq!(slipped(&world, &outcome), [(".git".to_owned(), "changed")]);
    assert_eq!(fs::read_to_string(world.at("outside/theirs")).unwrap(), "theirs\n");
    assert!(world.file(".git/info/exclude").symlink_metadata().unwrap().is_file());
}

#[tokio::test]
async fn what_the_user_does_meanwhile_stays() {
    let world = World::new();
    world.write(".vscode/settings.json", "{}");
    let life = world.life();
    let line = format!("{}; while [ ! -e go ]; do sleep 0.01; done", life.hold());
    let users_work = async {
        life.begun().await;
        world.write(".vscode/settings.json", "{\"theirs\": 1}");
        world.write(".git/hooks/pre-commit", "theirs");
        // In place of one that stands in for it.
        world.write(".idea/workspace.xml", "theirs");
        world.write("go", "");
    };
    let (outcome, ()) = tokio::join!(world.run(&line), users_work);
    assert_eq!(outcome.slipped, []);
    assert_eq!(fs::read_to_string(world.file(".vscode/settings.json")).unwrap(), "{\"theirs\": 1}");
    assert!(world.file(".git/hooks/pre-commit").exists());
    assert!(world.file(".idea/workspace.xml").exists());
}
