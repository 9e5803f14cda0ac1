//! Pushing to git's own server program.

use std::{
    io::{Read, Write as _},
    path::PathBuf,
    process::{Command, Stdio},
};

use devika_vcs::{PushServer, Pushed, VcsError};
use tempfile::TempDir;

use crate::world::{World, git, step};

/// `git receive-pack`, which is what answers behind every address.
struct ReceivePack(PathBuf);

impl ReceivePack {
    fn start(&self, options: &[&str], input: &[u8]) -> Box<dyn Read + '_> {
        let mut program = Command::new("git")
            .arg("receive-pack")
            .args(options)
            .arg(&self.0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        program.stdin.take().unwrap().write_all(input).unwrap();
        Box::new(std::io::Cursor::new(program.wait_with_output().unwrap().stdout))
    }
}

impl PushServer for ReceivePack {
    fn references(&mut self) -> Result<Box<dyn Read + '_>, String> {
        let service = b"001f# service=git-receive-pack\n0000".as_slice();
        Ok(Box::new(service.chain(self.start(&["--stateless-rpc", "--advertise-refs"], b""))))
    }

    fn receive(&mut self, request: Vec<u8>) -> Result<Box<dyn Read + '_>, String> {
        Ok(self.start(&["--stateless-rpc"], &request))
    }
}

/// A repository on the branch of a task, and a server that has its `main`.
fn with_server() -> (World, TempDir, ReceivePack) {
    let world = World::with(&[("a", "1\n")]);
    let folder = TempDir::new().unwrap();
    let bare = folder.path().join("server.git");
    let (root, place) = (world.root(), bare.display().to_string());
    git(&root, &["clone", "-q", "--bare", ".", &place]);
    world.open().begin("task").unwrap();
    world.open().commit(&step([world.devika_writes("a", "2\n")])).unwrap();
    (world, folder, ReceivePack(bare))
}

#[test]
fn a_branch_is_pushed_with_what_the_server_lacks_and_once() {
    let (world, _folder, mut server) = with_server();
    let tip = world.open().head().unwrap().unwrap();
    let pushed = world.open().push(&mut server, "devika/task").unwrap();
    assert_eq!(pushed, Pushed { commit: tip.clone(), was_there: false });
    assert_eq!(git(&server.0, &["rev-parse", "devika/task"]), tip);
    assert_eq!(git(&server.0, &["show", "devika/task:a"]), "2");
    assert_eq!(git(&server.0, &["fsck", "--strict"]), "");
    let again = world.open().push(&mut server, "devika/task").unwrap();
    assert_eq!(again, Pushed { commit: tip, was_there: true });

    world.open().commit(&step([world.devika_writes("b", "new\n")])).unwrap();
    world.open().push(&mut server, "devika/task").unwrap();
    assert_eq!(git(&server.0, &["show", "devika/task:b"]), "new");
}

#[test]
fn what_others_pushed_is_never_overwritten() {
    let (world, folder, mut server) = with_server();
    let other = folder.path().join("other");
    git(folder.path(), &["clone", "-q", "server.git", "other"]);
    git(&other, &["checkout", "-qb", "devika/task"]);
    git(&other, &["commit", "-q", "--allow-empty", "-m", "Theirs"]);
    git(&other, &["push", "-q", "origin", "devika/task"]);
    let theirs = git(&server.0, &["rev-parse", "devika/task"]);
    let refused = world.open().push(&mut server, "devika/task").unwrap_err();
    assert!(refused.to_string().contains("commits that are not in yours"), "{refused}");
    assert_eq!(git(&server.0, &["rev-parse", "devika/task"]), theirs);
}

#[test]
fn a_server_that_refuses_is_quoted() {
    let (world, _folder, mut server) = with_server();
    git(&server.0, &["config", "receive.denyCurrentBranch", "refuse"]);
    let hook = server.0.join("hooks/pre-receive");
    std::fs::create_dir_all(hook.parent().unwrap()).unwrap();
    std::fs::write(&hook, "#!/bin/sh\nexit 1\n").unwrap();
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(&hook, mode).unwrap();
    let refused = world.open().push(&mut server, "devika/task").unwrap_err();
    let expected = "the server says: pre-receive hook declined".to_owned();
    assert_eq!(refused, VcsError::Push { why: expected });
}
