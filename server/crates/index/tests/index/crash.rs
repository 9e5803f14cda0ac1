//! A program that is killed while it indexes.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use devika_index::Index;
use tokio_util::sync::CancellationToken;

use crate::world::{self, Remembered, World};

/// Where the child finds project and index; unset in all tests but this one.
const FOLDER: &str = "DEVIKA_INDEX_TEST_FOLDER";

/// What the child says once its first batch is kept.
const KEPT: &str = "a batch is kept";

/// Indexes, and waits after the first batch to be killed. Only [`the test`] starts it.
///
/// [`the test`]: a_program_that_is_killed_keeps_the_batches_that_were_done
#[tokio::test]
async fn child() {
    let Ok(folder) = std::env::var(FOLDER) else { return };
    let folder = Path::new(&folder);
    let index = Index::open(&folder.join("project"), &folder.join("code.db")).unwrap();
    let wait = |_| {
        eprintln!("{KEPT}");
        std::thread::park();
    };
    index.refresh(&Remembered::new("here"), wait, &CancellationToken::new()).await.unwrap();
}

#[tokio::test]
async fn a_program_that_is_killed_keeps_the_batches_that_were_done() {
    let files: Vec<(String, String)> =
        (0..600).map(|at| (format!("f{at:03}.rs"), format!("fn f{at}() {{}}\n"))).collect();
    let files: Vec<(&str, &str)> = files.iter().map(|(p, t)| (p.as_str(), t.as_str())).collect();
    let world = World::of(&files);
    kill_after_a_batch(world.file().parent().unwrap());

    // The memory of the child went with it, but for what this one says it has.
    let index = world.another();
    let kept = index.stats().await.unwrap().files;
    assert_eq!(kept, 256);
    let memory = Remembered::holding("here", &world.root(), kept);
    let done = world::refresh(&index, &memory).await;
    assert_eq!((done.changed, done.is_complete), (600 - 256, true));
    assert_eq!(index.stats().await.unwrap().files, 600);
}

fn kill_after_a_batch(folder: &Path) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "crash::child", "--nocapture"])
        .env(FOLDER, folder)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let said = BufReader::new(child.stderr.take().unwrap()).lines();
    assert!(said.map_while(Result::ok).any(|line| line == KEPT), "the child keeps a batch");
    child.kill().unwrap();
    child.wait().unwrap();
}
