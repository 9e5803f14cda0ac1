//! What the project held before each command of a task, and going back to it.

use scripted_model::Reply;

use crate::world::{Ran, World, code, plan};

/// A project, and a task of one step that is checked by these lines.
pub async fn checked_by(lines: &[&str]) -> World {
    let world = World::new(vec![
        code("Add b", &[("b.txt", "b\n")]).when("Do this now").repeated(),
        plan("Write b.txt", &["b.txt"], lines).repeated(),
    ])
    .await;
    world.file("a.txt", "one\ntwo\n").file("data.bin", "\0\u{1}\u{2}").committed();
    world
}

pub const TASK: [&str; 3] = ["run", "--yes", "Write b.txt"];

/// The checkpoints' names, and the commands after them.
fn listed(world: &World) -> Vec<(String, Option<String>)> {
    let text = |value: &serde_json::Value| value.as_str().map(str::to_owned);
    let events = world.run(&["tasks", "checkpoints", "1", "--json"]).events();
    events.iter().map(|it| (text(&it["name"]).unwrap(), text(&it["command"]))).collect()
}

fn kept(world: &World, name: &str, path: &str) -> Option<Vec<u8>> {
    let repository = world.repository();
    let object = repository.revparse_single(&format!("refs/devika/1/{name}:{path}")).ok()?;
    Some(object.as_blob()?.content().to_vec())
}

fn warning(ran: &Ran, part: &str) -> bool {
    ran.events()
        .iter()
        .any(|event| event["event"] == "warning" && event["text"].as_str().unwrap().contains(part))
}

#[tokio::test(flavor = "multi_thread")]
async fn each_command_has_one_checkpoint_of_what_was_there_before_it() {
    let world = checked_by(&["test -f a.txt", "test -f b.txt"]).await;
    world.file("mine.txt", "untracked\n");
    let ran = world.run(&TASK);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let repository = world.repository();
    let journal = rusqlite::Connection::open(world.home().join("state/devika.db")).unwrap();
    let commands = "SELECT count(*) FROM journal WHERE kind = 'command'";
    let commands: usize = journal.query_row(commands, [], |row| row.get(0)).unwrap();
    let names: Vec<String> = listed(&world).into_iter().map(|(name, _)| name).collect();
    let numbers: Vec<String> = (1..=commands).map(|number| number.to_string()).collect();
    assert_eq!(names, numbers);
    assert_eq!(listed(&world).last().unwrap().1.as_deref(), Some("test -f b.txt"));
    let last = names.last().unwrap();
    assert_eq!(kept(&world, last, "b.txt").unwrap(), b"b\n");
    assert_eq!(kept(&world, last, "mine.txt").unwrap(), b"untracked\n");
    let branches = repository.branches(None).unwrap().count();
    assert_eq!(branches, 2, "no list of branches shows them");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_command_destroyed_is_told_and_restored_to_the_byte() {
    let world = checked_by(&["rm -f a.txt data.bin; test -f b.txt"]).await;
    let ran = world.run(&["run", "--yes", "--json", "Write b.txt"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(!world.has("a.txt") && !world.has("data.bin"));
    assert!(warning(&ran, "`a.txt`, `data.bin` were removed. `devika tasks restore 1 "), "{ran:?}");
    world.file("later.txt", "the user's, since\n");
    let (name, _) = listed(&world).into_iter().find(|(_, line)| line.is_some()).unwrap();
    let restored = world.run(&["tasks", "restore", "1", &name]);
    assert_eq!(restored.code, Some(0), "{restored:?}");
    assert_eq!(world.read("a.txt"), "one\ntwo\n");
    assert_eq!(std::fs::read(world.root().join("data.bin")).unwrap(), b"\0\x01\x02");
    assert_eq!(kept(&world, "restore-1", "later.txt").unwrap(), b"the user's, since\n");
    assert!(
        restored.out.contains("What was there before is checkpoint restore-1."),
        "{restored:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn one_file_is_restored_and_the_rest_stays() {
    let world = checked_by(&["echo bad > a.txt; rm data.bin; test -f b.txt"]).await;
    assert_eq!(world.run(&TASK).code, Some(0));
    let (name, _) = listed(&world).into_iter().find(|(_, line)| line.is_some()).unwrap();
    let restored = world.run(&["tasks", "restore", "1", &name, "--path", "a.txt"]);
    assert_eq!(restored.code, Some(0), "{restored:?}");
    assert_eq!(world.read("a.txt"), "one\ntwo\n");
    assert!(!world.has("data.bin"));
}

#[tokio::test(flavor = "multi_thread")]
async fn line_ends_that_a_command_changed_are_restored() {
    let world = checked_by(&["printf 'one\\r\\ntwo\\r\\n' > a.txt; test -f b.txt"]).await;
    assert_eq!(world.run(&TASK).code, Some(0));
    assert_eq!(world.read("a.txt"), "one\r\ntwo\r\n");
    let (name, _) = listed(&world).into_iter().find(|(_, line)| line.is_some()).unwrap();
    assert_eq!(world.run(&["tasks", "restore", "1", &name]).code, Some(0));
    assert_eq!(world.read("a.txt"), "one\ntwo\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn undoing_a_task_leaves_what_changed_while_commands_ran_and_restoring_brings_it_back() {
    let world = checked_by(&["printf 'ONE\\ntwo\\n' > a.txt; test -f b.txt"]).await;
    assert_eq!(world.run(&TASK).code, Some(0));
    let undone = world.run(&["tasks", "undo", "1"]);
    assert_eq!(undone.code, Some(0), "{undone:?}");
    assert_eq!(world.read("a.txt"), "ONE\ntwo\n", "it may be the user who saved it");
    assert!(!world.has("b.txt"));
    let (name, _) = listed(&world).into_iter().find(|(_, line)| line.is_some()).unwrap();
    assert_eq!(world.run(&["tasks", "restore", "1", &name, "--path", "a.txt"]).code, Some(0));
    assert_eq!(world.read("a.txt"), "one\ntwo\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_checkpoint_that_does_not_exist_changes_nothing_and_says_where_to_look() {
    let world = checked_by(&["test -f b.txt"]).await;
    assert_eq!(world.run(&TASK).code, Some(0));
    let ran = world.run(&["tasks", "restore", "1", "99"]);
    assert_eq!(ran.code, Some(2), "{ran:?}");
    assert!(ran.err.contains("`devika tasks checkpoints 1` lists what there is"), "{ran:?}");
    assert!(listed(&world).iter().all(|(name, _)| !name.starts_with("restore")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_is_not_run_where_what_is_there_cannot_be_kept() {
    let world = checked_by(&["touch ran; test -f b.txt"]).await;
    // As on a disk that cannot be written: nothing can be made where the references are.
    let below = world.root().join(".git/refs/devika");
    std::fs::create_dir_all(&below).unwrap();
    std::fs::write(below.join("1"), "in the way").unwrap();
    let config = std::fs::read_to_string(world.home().join("config.toml")).unwrap();
    world.configure(&format!("{config}\n[git]\nmode = \"current\"\n"));
    let ran = world.run(&TASK);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    let said = format!("{}{}", ran.out, ran.err);
    assert!(
        said.contains("was not run, because what is here could not be kept before it"),
        "{said}"
    );
    assert!(!world.has("ran"));
    std::fs::remove_file(below.join("1")).unwrap();
    let resumed = world.run(&["tasks", "resume", "1", "--yes"]);
    assert_eq!(resumed.code, Some(0), "{resumed:?}");
    assert!(world.has("ran"));
}

#[tokio::test(flavor = "multi_thread")]
async fn they_can_be_turned_off() {
    let world = checked_by(&["test -f b.txt"]).await;
    let config = std::fs::read_to_string(world.home().join("config.toml")).unwrap();
    world.configure(&format!("{config}\n[checkpoints]\non = false\n"));
    assert_eq!(world.run(&TASK).code, Some(0));
    assert_eq!(listed(&world), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_any_write_a_resumed_task_has_one_checkpoint_a_command() {
    for point in 1..=crate::crashes::WRITES {
        let world = World::new(vec![
            code("Add a", &[("a.txt", "a\n")]).when("Do this now").repeated(),
            plan("Write a.txt", &["a.txt"], &["test -f a.txt"]).repeated(),
        ] as Vec<Reply>)
        .await;
        let killed = world
            .devika(&["run", "--yes", "Write a"])
            .env("DEVIKA_CRASH_AFTER", point.to_string())
            .output()
            .unwrap();
        assert_eq!(killed.status.code(), None, "point {point}: {killed:?}");
        let resumed = world.run(&["tasks", "resume", "1", "--yes", "--json"]);
        assert_eq!(resumed.code, Some(0), "point {point}: {resumed:?}");
        let one = [("1".to_owned(), Some("test -f a.txt".to_owned()))];
        assert_eq!(listed(&world), one, "point {point}");
    }
}
