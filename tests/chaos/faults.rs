//! Disks that are full or read-only, a clock that jumps, a database and an index that somebody else holds:
//! each is said in words, nothing is lost, and the task goes on once it is over.

use std::path::PathBuf;
use std::process::Command;

use rusqlite::Connection;

use super::census;
use super::picture::Picture;
use super::project::{Project, TURNS};
use crate::world::{Ran, World};

const RUN: &str = "run --yes --json 'Do the work in three steps'";
const RESUME: &str = "tasks resume 1 --yes --json";

/// What the task said last, and what was complained of.
fn last_words(ran: &Ran) -> String {
    let end = ran.events().pop().map(|event| event.to_string());
    format!("{}{}", end.unwrap_or_default(), ran.err)
}

/// Takes the task up again, and checks that all is as if nothing had happened.
fn goes_on(project: &Project) {
    let ran = project.world.run(&["tasks", "resume", "1", "--yes", "--json"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    is_done(project, &project.world);
    assert_eq!(project.world.model.requests().len(), TURNS, "no turn is paid for twice");
}

/// The task is done in this world, and nothing of the user's is elsewhere than it should be.
fn is_done(project: &Project, world: &World) {
    let differences = Picture::of(&world.root()).differences(&project.wanted);
    assert_eq!(differences, [""; 0]);
    assert_eq!(census::stray_locks(world), [""; 0]);
    assert_eq!(census::corrupt_databases(world), [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lock_that_another_git_left_is_named_and_kept_and_the_task_goes_on_without_it() {
    let project = Project::new().await;
    let lock = project.world.root().join(".git/index.lock");
    std::fs::write(&lock, "").unwrap();
    let ran = project.world.run(&["run", "--yes", "--json", "Do the work in three steps"]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    let words = last_words(&ran);
    assert!(words.contains("index.lock") && words.contains("delete the file"), "{words}");
    assert!(lock.exists());
    std::fs::remove_file(&lock).unwrap();
    goes_on(&project);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_held_for_long_is_said_and_the_task_goes_on_when_it_is_free() {
    let project = Project::new().await;
    assert_eq!(project.world.run(&["tasks"]).code, Some(0));
    let database = project.world.home().join("state/devika.db");
    let mut connection = Connection::open(database).unwrap();
    let running = project
        .world
        .devika(&["run", "--yes", "--json", "Do the work in three steps"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    // Once the model was asked, the task is known.
    while project.world.model.requests().is_empty() {
        std::thread::yield_now();
    }
    let held = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate);
    let held = held.unwrap();
    let ran: Ran = running.wait_with_output().unwrap().into();
    drop(held);
    assert_ne!(ran.code, Some(0), "{ran:?}");
    assert!(last_words(&ran).contains("another program holds"), "{ran:?}");
    let ran = project.world.run(&["tasks", "resume", "1", "--yes", "--json"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    is_done(&project, &project.world);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_jumps_by_a_year_between_a_crash_and_the_resume_changes_nothing() {
    for year in ["+1 year", "-1 year"] {
        let project = Project::new().await;
        let mut command = project.world.devika(&["run", "--yes", "Do the work in three steps"]);
        let killed = command.env("DEVIKA_CRASH_AFTER", "20").output().unwrap();
        assert_eq!(killed.status.code(), None);
        let asked = project.world.model.requests().len();
        let settled = census::settled_turns(&project.world).len();
        let database = project.world.home().join("state/devika.db");
        let connection = Connection::open(database).unwrap();
        for (table, column) in
            [("tasks", "created"), ("events", "time"), ("journal", "started"), ("usage", "time")]
        {
            let format = "strftime('%Y-%m-%dT%H:%M:%fZ', ";
            let sql = format!("UPDATE {table} SET {column} = {format} {column}, ?1)");
            assert!(connection.execute(&sql, [year]).unwrap() > 0, "{table}");
        }
        drop(connection);
        let ran = project.world.run(&["tasks", "resume", "1", "--yes", "--json"]);
        assert_eq!(ran.code, Some(0), "{year}: {ran:?}");
        is_done(&project, &project.world);
        let again = project.world.model.requests().len() - asked;
        assert_eq!(again, TURNS - settled, "{year}: no turn is paid for twice");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_said_and_the_task_goes_on_when_there_is_room() {
    // Full from the beginning, in the middle, and towards the end.
    for free_kib in [0, 200, 300, 400, 800] {
        let project = Project::new().await;
        let fill = format!(
            "free=$(df -k --output=avail . | tail -1); head -c $(((free - {free_kib}) * 1024)) /dev/zero > ../ballast"
        );
        let Some((ran, resumed, world)) = disturbed(&project, &fill, "rm ../ballast").await else {
            return;
        };
        if ran.code != Some(0) {
            let words = last_words(&ran).to_lowercase();
            assert!(words.contains("full") || words.contains("space"), "{free_kib}: {words}");
        }
        assert_eq!(resumed.code, Some(0), "{free_kib}: {ran:?} {resumed:?}");
        is_done(&project, &world);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_project_that_is_mounted_read_only_is_said_and_the_task_goes_on_when_it_is_writable() {
    let project = Project::new().await;
    let shut = "mount --bind . . && cd \"$PWD\" && mount -o remount,bind,ro .";
    let open = "mount -o remount,bind,rw .";
    let Some((ran, resumed, world)) = disturbed(&project, shut, open).await else { return };
    assert_eq!(ran.code, Some(1), "{ran:?}");
    let words = last_words(&ran).to_lowercase();
    assert!(words.contains("read-only"), "{words}");
    assert_eq!(resumed.code, Some(0), "{resumed:?}");
    is_done(&project, &world);
}

/// Runs the task on a small disk of its own, which `disturb` spoils before it and `mend` mends after it;
/// then takes it up again. What both runs came to, and the world after them; none where the system does
/// not let a test mount a disk.
async fn disturbed(project: &Project, disturb: &str, mend: &str) -> Option<(Ran, Ran, World)> {
    let world = &project.world;
    let after = World::new(Vec::new()).await;
    let (place, out) = (world.home(), after.home());
    let (place, out) = (place.parent().unwrap(), out.parent().unwrap());
    let script = format!(
        "set -e
        cp -a \"$PLACE\" \"$OUT/before\"
        mount -t tmpfs -o size=16m,mode=700 tmpfs \"$PLACE\"
        cp -a \"$OUT/before/.\" \"$PLACE\"
        cd \"$PLACE/project\"
        {disturb}
        set +e
        devika() {{ \"$DEVIKA\" \"$@\"; echo $? > \"$OUT/$name.code\"; }}
        name=ran; devika {RUN} > \"$OUT/ran.out\" 2> \"$OUT/ran.err\"
        {mend}
        [ -z \"$(\"$DEVIKA\" tasks)\" ] && again=\"run --yes --json Do\" || again='{RESUME}'
        name=resumed; devika $again > \"$OUT/resumed.out\" 2> \"$OUT/resumed.err\"
        cp -a \"$PLACE/project\" \"$PLACE/home\" \"$OUT\""
    );
    for name in ["project", "home"] {
        std::fs::remove_dir_all(out.join(name)).unwrap();
    }
    let mut shell = Command::new("unshare");
    shell.args(["--user", "--map-root-user", "--mount", "sh", "-c", &script]).env_clear();
    shell.env("PATH", std::env::var_os("PATH").unwrap_or_default());
    shell.env("PLACE", place).env("OUT", out).env("DEVIKA", env!("CARGO_BIN_EXE_devika"));
    shell.env("HOME", world.home()).env("DEVIKA_HOME", world.home());
    let ended: Ran = match shell.output() {
        Ok(output) => output.into(),
        Err(error) => return skipped(&error.to_string()),
    };
    if !out.join("ran.code").exists() {
        return skipped(&ended.err);
    }
    let ran = |name: &str| {
        let read = |ending: &str| {
            std::fs::read_to_string(PathBuf::from(out).join(format!("{name}.{ending}"))).unwrap()
        };
        Ran { code: read("code").trim().parse().ok(), out: read("out"), err: read("err") }
    };
    let (ran, resumed) = (ran("ran"), ran("resumed"));
    Some((ran, resumed, after))
}

#[expect(clippy::print_stderr, reason = "a test that tests nothing says so")]
fn skipped<T>(why: &str) -> Option<T> {
    eprintln!("SKIPPED: no disk can be mounted for a test here: {why}");
    None
}
