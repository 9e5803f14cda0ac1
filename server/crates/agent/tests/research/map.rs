//! Large projects: what stands for the list of files, and finds files that nobody named.

use std::path::Path;
use std::sync::Mutex;

use async_trait::async_trait;
use devika_agent::CodeMap;
use devika_edit::RelPath;

use crate::doubles::lock;
use crate::world::{World, code, plan};

/// Finds `deep/widget.py`, and knows that it matters.
#[derive(Default)]
pub(crate) struct Atlas(pub(crate) Mutex<Vec<String>>);

#[async_trait]
impl CodeMap for Atlas {
    async fn map(&self, _root: &Path, about: &str, _tokens: usize) -> Option<String> {
        lock(&self.0).push(format!("map {about}"));
        Some("deep/widget.py:\n  1: def connect(port)".to_owned())
    }

    async fn find(&self, _root: &Path, about: &str, _limit: usize) -> Vec<RelPath> {
        lock(&self.0).push(format!("find {about}"));
        vec![RelPath::new("deep/widget.py").unwrap()]
    }
}

/// A project of so many files besides `deep/widget.py`.
fn world(files: usize) -> World {
    let world = World::new();
    world.file("deep/widget.py", "def connect(port): pass\n");
    for number in 0..files {
        world.file(&format!("a/f{number:03}.txt"), "x\n");
    }
    world.committed();
    world.says([plan(&[]), code("print(1)")]);
    world
}

#[tokio::test]
async fn in_a_large_project_the_planner_sees_a_map_and_the_coder_what_it_finds() {
    let world = world(420);
    let ended = world.run("Write a client for it").await;
    let requests = world.requests();
    assert!(
        requests[0].starts_with(
            "The project is large. What matters most in it:\ndeep/widget.py:\n  1: def connect(port)\n"
        ),
        "{}",
        requests[0]
    );
    assert!(!requests[0].contains("a/f001.txt"));
    assert!(requests[1].contains("File: `deep/widget.py`\n```\ndef connect(port): pass\n```"));
    let trajectory = world.trajectory(ended.task).await;
    let replay = trajectory.replay(&world.settings()).await.unwrap();
    assert_eq!(replay, devika_agent::Replay::Same { turns: 2, commands: 1 });
    assert_eq!(lock(&world.atlas.0).len(), 2, "a replay asks nobody");
}

#[tokio::test]
async fn the_files_of_a_small_project_are_listed() {
    let world = world(3);
    world.run("Write a client for it").await;
    assert!(world.requests()[0].starts_with("Files of the project:\na/f000.txt\n"));
    assert_eq!(*lock(&world.atlas.0), [""; 0]);
}
