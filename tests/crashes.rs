//! After a crash at any point of the journal, the task is resumed: nothing is paid for, applied or
//! committed twice.

use scripted_model::Reply;

use crate::world::{World, code, plan};

/// Journal writes of the task below; the last test checks the number.
pub const WRITES: u64 = 20;

fn replies() -> Vec<Reply> {
    vec![
        code("Add a", &[("a.txt", "a\n")]).when("Do this now"),
        plan("Write a.txt", &["a.txt"], &["test -f a.txt"]),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_killed_after_any_journal_write_is_resumed_without_doing_anything_twice() {
    for point in 1..=WRITES {
        // The model would answer each turn again; it counts how often it is asked.
        let world = World::new(replies().into_iter().map(Reply::repeated).collect()).await;
        let killed = world
            .devika(&["run", "--yes", "Write a"])
            .env("DEVIKA_CRASH_AFTER", point.to_string())
            .output()
            .unwrap();
        assert_eq!(killed.status.code(), None, "point {point}: {killed:?}");

        let listed = world.run(&["tasks"]);
        assert!(listed.out.contains("interrupted"), "point {point}: {listed:?}");
        let resumed = world.run(&["tasks", "resume", "1", "--yes", "--json"]);
        assert_eq!(resumed.code, Some(0), "point {point}: {resumed:?}");

        assert_eq!(world.read("a.txt"), "a\n", "point {point}");
        let log = world.log();
        assert_eq!(log.len(), 1, "point {point}: {log:?}");
        assert_eq!(world.model.requests().len(), 2, "point {point}: a turn was paid for twice");

        let shown = world.run(&["tasks", "show", "1", "--json"]);
        let names = shown.event_names();
        for once in ["queued", "planned", "edit_applied", "committed", "step_finished", "completed"]
        {
            let count = names.iter().filter(|name| *name == once).count();
            assert_eq!(count, 1, "point {point}: {once} was told {count} times: {names:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_crash_points_above_are_all_there_are() {
    let world = World::new(replies()).await;
    let ran = world
        .devika(&["run", "--yes", "Write a"])
        .env("DEVIKA_CRASH_AFTER", (WRITES + 1).to_string())
        .output()
        .unwrap();
    assert_eq!(ran.status.code(), Some(0), "{ran:?}");
    world.model.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_user_types_into_a_file_after_the_crash_is_no_conflict_and_not_committed() {
    for point in 1..=WRITES {
        let world = World::new(replies()).await;
        let killed = world
            .devika(&["run", "--yes", "Write a"])
            .env("DEVIKA_CRASH_AFTER", point.to_string())
            .output()
            .unwrap();
        assert_eq!(killed.status.code(), None, "point {point}: {killed:?}");
        let journal = rusqlite::Connection::open(world.home().join("state/devika.db")).unwrap();
        let begun = "SELECT count(*) FROM journal WHERE kind = 'apply' AND outcome IS NULL";
        if journal.query_row(begun, [], |row| row.get::<_, i64>(0)).unwrap() == 0 {
            world.model.take_problems();
            continue;
        }
        // As where the crash came a moment later: the edit is made, and the journal does not know.
        world.file("a.txt", "a\ntyped\n");
        let resumed = world.run(&["tasks", "resume", "1", "--yes", "--json"]);
        assert_eq!(resumed.code, Some(0), "{resumed:?}");
        assert_eq!(world.read("a.txt"), "a\ntyped\n");
        let repository = world.repository();
        let blob = repository.revparse_single("HEAD:a.txt").unwrap();
        assert_eq!(blob.as_blob().unwrap().content(), b"a\n");
        return;
    }
    panic!("no write to the journal begins an edit");
}
