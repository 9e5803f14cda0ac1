//! What was acknowledged is there after the process is killed.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Command, Stdio},
};

use devika_protocol::TaskState;
use devika_store::{OpenOptions, Store};
use serde_json::json;
use tempfile::TempDir;

use crate::world::{reply, task_in};

/// Names the file to the child, which is this test binary again.
const FILE: &str = "DEVIKA_STORE_TEST_FILE";
const CRASH_AFTER: &str = "DEVIKA_STORE_TEST_CRASH_AFTER";

fn child(test: &str, file: &Path, crash_after: u64) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", test, "--nocapture", "--include-ignored"]);
    command.env(FILE, file).env(CRASH_AFTER, crash_after.to_string());
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    command
}

/// Run in the child only: writes, and prints the number of each acknowledged event.
#[tokio::test]
#[ignore = "the part of the killed process"]
#[expect(clippy::print_stdout, reason = "the parent reads it")]
async fn writes_until_it_is_killed() {
    let Ok(file) = std::env::var(FILE) else { return };
    let store = Store::open(Path::new(&file)).unwrap();
    let task = store.create_task(task_in("/project")).await.unwrap();
    store.set_state(task, TaskState::Running).await.unwrap();
    for n in 0.. {
        store.append(task, reply(n));
        let seq = store.append_and_wait(task, reply(n)).await.unwrap();
        println!("acknowledged {seq}");
    }
}

#[tokio::test]
async fn no_acknowledged_event_is_lost_by_kill_9() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("devika.db");
    for round in 1..=5_usize {
        let mut child = child("killed::writes_until_it_is_killed", &file, 0).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let acknowledged =
            lines.filter_map(|line| line.strip_prefix("acknowledged ")?.parse().ok());
        let last: i64 = acknowledged.take(40 * round).last().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();

        let store = Store::open(&file).unwrap();
        let task = store.tasks(&[], 1).await.unwrap().remove(0);
        let events = store.events(task.id).await.unwrap();
        assert!(events.last().unwrap().seq >= last);
        assert_eq!(
            events[0].seq + i64::try_from(events.len()).unwrap() - 1,
            events.last().unwrap().seq
        );
        assert_eq!(store.mark_interrupted().await.unwrap(), [task.id]);
    }
}

/// Run in the child only: three acts, of two journal writes each.
#[tokio::test]
#[ignore = "the part of the crashing process"]
async fn acts_until_it_crashes() {
    let Ok(file) = std::env::var(FILE) else { return };
    let crash_after = std::env::var(CRASH_AFTER).unwrap().parse().ok();
    let store = Store::open_with(Path::new(&file), OpenOptions { crash_after }).unwrap();
    let task = store.create_task(task_in("/project")).await.unwrap();
    for act in 1..=3 {
        let entry = store.intend(task, &format!("act/{act}"), "turn", json!({})).await.unwrap();
        store.settle(entry.id, json!({"act": act})).await.unwrap();
    }
}

#[tokio::test]
async fn a_crash_can_be_had_after_each_journal_write() {
    for crash_after in 1..=6 {
        let folder = TempDir::new().unwrap();
        let file = folder.path().join("devika.db");
        let status = child("killed::acts_until_it_crashes", &file, crash_after).status().unwrap();
        assert!(!status.success());
        let store = Store::open(&file).unwrap();
        let task = store.tasks(&[], 1).await.unwrap()[0].id;
        let entries = store.entries(task).await.unwrap();
        let settled = entries.iter().filter(|entry| entry.outcome.is_some()).count() as u64;
        assert_eq!((entries.len() as u64, settled), (crash_after.div_ceil(2), crash_after / 2));
    }
}
