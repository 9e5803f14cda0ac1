//! What was acknowledged is there after the process is killed, at whatever point.

use std::{
    collections::BTreeSet,
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

use devika_memory::{Embedded, Embedder, Filter, Kind, Memory, Passage};

use crate::world::{PROJECT, Senses, World, code, found, note};

/// Names the file to the child, which is this test binary again.
const FILE: &str = "DEVIKA_MEMORY_TEST_FILE";

fn child(file: &Path) -> Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args([
        "--exact",
        "killed::remembers_until_it_is_killed",
        "--nocapture",
        "--include-ignored",
    ]);
    command.env(FILE, file).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    command.spawn().unwrap()
}

/// What is remembered in round `n`.
fn notes(n: usize) -> Vec<Passage> {
    (0..3).map(|part| note(&format!("leaf{n} part{part}"))).collect()
}

/// What the file has in round `n`.
fn functions(n: usize) -> Vec<Passage> {
    (0..3).map(|part| code(&format!("src/a.rs#L{part}"), &format!("fn round{n}() {{}}"))).collect()
}

/// Run in the child only: remembers, replaces and embeds, and prints what is acknowledged.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "the part of the killed process"]
#[expect(clippy::print_stdout, reason = "the parent reads it")]
async fn remembers_until_it_is_killed() {
    let Ok(file) = std::env::var(FILE) else { return };
    let embedder: std::sync::Arc<dyn Embedder> = Senses::new("test/senses");
    let memory = Embedded::open(Path::new(&file), Some(embedder)).await.unwrap();
    let first = memory.page(&Filter::default(), None, usize::MAX).await.unwrap().len();
    for n in first.. {
        memory.remember(notes(n)).await.unwrap();
        memory.replace(PROJECT, Kind::Code, "src/a.rs", functions(n)).await.unwrap();
        println!("acknowledged {n}");
    }
}

#[tokio::test]
async fn no_acknowledged_passage_is_lost_by_kill_9() {
    let world = World::new();
    let mut acknowledged = Vec::new();
    for round in 1..=8 {
        let mut child = child(&world.file());
        let lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let numbers =
            lines.filter_map(|line| line.strip_prefix("acknowledged ")?.parse::<usize>().ok());
        acknowledged.extend(numbers.take(7 * round));
        child.kill().unwrap();
        child.wait().unwrap();

        let memory = world.memory().await;
        let there = memory.page(&Filter::default(), None, usize::MAX).await.unwrap();
        let lost: Vec<_> = acknowledged
            .iter()
            .flat_map(|n| notes(*n))
            .filter(|passage| !there.contains(passage))
            .collect();
        assert_eq!(lost, []);
        // The file was replaced as a whole or not at all. A round remembers its notes first, so the
        // file is that of the newest notes or of the ones before; how many rounds the child went on
        // after the last line that was read depends on the machine alone.
        let last: usize = *acknowledged.last().unwrap();
        let rounds = rounds_of(&there);
        assert!(rounds.last() >= Some(&last), "{rounds:?}");
        let mut of_file: Vec<_> =
            there.into_iter().filter(|passage| passage.kind == Kind::Code).collect();
        of_file.sort_by(|one, other| one.source.cmp(&other.source));
        let whole = rounds.iter().rev().take(2).any(|n| of_file == functions(*n));
        assert!(whole, "{of_file:?} after {:?}", rounds.last());
        assert!(found(&memory, &format!("leaf{last}")).await.len() >= 3);
        assert!(is_whole(&world));
    }
    let senses = Senses::new("test/senses");
    let memory = world.memory_with(&senses).await;
    memory.wait_until_embedded().await.unwrap();
    assert_eq!(memory.stats().await.unwrap().without_vector, 0, "what was left is embedded");
}

/// The rounds whose notes are among `passages`, the newest last.
fn rounds_of(passages: &[Passage]) -> BTreeSet<usize> {
    let leaves = passages.iter().filter_map(|passage| passage.text.strip_prefix("leaf"));
    leaves.filter_map(|text| text.split(' ').next()?.parse().ok()).collect()
}

/// Whether the file is sound, and its parts agree with each other.
fn is_whole(world: &World) -> bool {
    let file = world.sql();
    let check: String = file.pragma_query_value(None, "integrity_check", |row| row.get(0)).unwrap();
    let shelves: i64 = file.query_row("SELECT max(id) FROM shelves", [], |row| row.get(0)).unwrap();
    for shelf in 0..=shelves {
        let sql = format!("INSERT INTO words_{shelf} (words_{shelf}) VALUES ('integrity-check')");
        file.execute(&sql, []).unwrap();
    }
    check == "ok"
        && world.number("SELECT sum(passages) FROM shelves")
            == world.number("SELECT count(*) FROM passages")
        && world.number("SELECT count(*) FROM texts")
            == world.number("SELECT count(*) FROM passages")
        && world.number(
            "SELECT count(*) FROM codes WHERE passage NOT IN (SELECT place FROM passages)
             OR vector NOT IN (SELECT id FROM vectors)",
        ) == 0
}
