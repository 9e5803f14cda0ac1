//! A process that is killed while its writes wait on disk.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;

use devika_memory::qdrant::{Options, QdrantMemory};
use devika_memory::{Fallback, Memory, Queue, Served, USUAL_QUEUE_BYTES};

use crate::contract::{note, of_p, remember};
use crate::double::Double;

/// Names the folder of what waits to the process that is to be killed.
const FOLDER: &str = "DEVIKA_TEST_KILLED_IN";

async fn served(address: String, folder: PathBuf) -> Served {
    let memory = Arc::new(QdrantMemory::new(Options::at(address), None).unwrap());
    let queue = Queue::open(folder, USUAL_QUEUE_BYTES).unwrap();
    Served::start(memory, Ok(()), Fallback::Refuse, queue).await.unwrap()
}

/// The process that is to be killed: writes without end, to a server that is not there.
#[tokio::test]
async fn writer() {
    let Ok(folder) = std::env::var(FOLDER) else { return };
    let memory = served("http://127.0.0.1:1".to_owned(), folder.into()).await;
    for n in 0.. {
        remember(&memory, [note(&format!("note {n}"))]).await;
        writeln!(std::io::stdout(), "\nkept note {n}").unwrap();
    }
}

#[tokio::test]
async fn what_was_acknowledged_survives_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let mut acknowledged: Vec<String> = Vec::new();
    for most in [1, 20, 50] {
        let mut writer = Command::new(std::env::current_exe().unwrap())
            .args(["killed::writer", "--exact", "--nocapture"])
            .env(FOLDER, folder.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(writer.stdout.take().unwrap()).lines();
        let kept = lines
            .map_while(Result::ok)
            .filter_map(|line| line.strip_prefix("kept ").map(str::to_owned));
        acknowledged.extend(kept.take(most));
        writer.kill().unwrap();
        writer.wait().unwrap();
    }
    assert_eq!(acknowledged.len(), 71);

    let server = Double::start();
    let memory = served(server.address(), folder.path().into()).await;
    remember(&memory, [note("the one after")]).await;
    let found = memory.page(&of_p(), None, 10_000).await.unwrap();
    let found: Vec<_> = found.iter().map(|passage| passage.text.as_str()).collect();
    let lost: Vec<_> = acknowledged.iter().filter(|text| !found.contains(&text.as_str())).collect();
    assert_eq!(lost, Vec::<&String>::new());
    assert!(found.contains(&"the one after"));
}
